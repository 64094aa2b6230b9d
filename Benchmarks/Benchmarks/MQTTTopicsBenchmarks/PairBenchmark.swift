import BenchmarkSupport
import IoTCMosquitto
import MQTTTopics

/// One filter against one topic, beside libmosquitto's `mosquitto_topic_matches_sub`.
enum PairBenchmark {
    static let pairs: [(name: String, filter: String, topic: String)] = [
        ("exact", "fleet/site17/device/d4711/sensor/s3", "fleet/site17/device/d4711/sensor/s3"),
        ("exact-differs", "fleet/site17/device/d4711/sensor/s3", "fleet/site17/device/d4712/x/s3"),
        ("plus", "fleet/+/device/+/sensor/s3", "fleet/site17/device/d4711/sensor/s3"),
        ("hash", "fleet/site17/#", "fleet/site17/device/d4711/sensor/s3"),
        ("plus-hash", "fleet/+/device/d4711/#", "fleet/site17/device/d4711/sensor/s3"),
        ("all-plus", "+/+/+/+/+/+", "fleet/site17/device/d4711/sensor/s3"),
        ("early-miss", "dt/app1/site3/thing-9/temp/v1", "fleet/site17/device/d4711/sensor/s3"),
        ("shadow", "$aws/things/+/shadow/update/#", "$aws/things/thing-815/shadow/update/delta"),
    ]

    static func run(_ program: BenchmarkProgram) throws {
        for pair in pairs {
            let filter = try TopicFilter(pair.filter)
            let topic = try TopicName(pair.topic)
            program.compare(
                "topics/pair-\(pair.name)",
                count: 1_000_000,
                bar: 1,
                peer: (
                    "libmosquitto",
                    { count in
                        pair.filter.withCString { filter in
                            pair.topic.withCString { topic in
                                var matches: UInt64 = 0
                                for _ in 0..<count {
                                    var result = false
                                    mosquitto_topic_matches_sub(filter, topic, &result)
                                    matches &+= result ? 1 : 0
                                }
                                return matches
                            }
                        }
                    }
                ),
                ours: { count in
                    var matches: UInt64 = 0
                    for _ in 0..<count { matches &+= match(filter, topic) ? 1 : 0 }
                    return matches
                }
            )
        }
        try checkedRow(program)
    }

    /// A real call, so that nothing is hoisted out of the loop.
    @inline(never)
    private static func match(_ filter: TopicFilter, _ topic: TopicName) -> Bool {
        filter.matches(topic)
    }

    /// Both texts checked from raw bytes, then matched: what libmosquitto's call checks along the
    /// way, and UTF-8 besides.
    private static func checkedRow(_ program: BenchmarkProgram) throws {
        let pair = pairs[2]
        let filter = Array(pair.filter.utf8)
        let topic = Array(pair.topic.utf8)
        program.compare(
            "topics/pair-checked-from-bytes",
            count: 1_000_000,
            ours: { count in
                var matches: UInt64 = 0
                for _ in 0..<count { matches &+= checkedMatch(filter, topic) ? 1 : 0 }
                return matches
            }
        )
    }

    @inline(never)
    private static func checkedMatch(_ filter: [UInt8], _ topic: [UInt8]) -> Bool {
        do throws(TopicError) {
            let filter = try TopicFilterView(validating: filter.span)
            let topic = try TopicView(validating: topic.span)
            return filter.matches(topic)
        } catch {
            return false
        }
    }
}
