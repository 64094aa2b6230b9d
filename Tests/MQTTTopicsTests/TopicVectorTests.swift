import Foundation
import IoTTestSupport
import MQTTTopics
import Testing

/// One case of `Tests/Vectors/topics`.
struct TopicVector: Decodable {
    struct Repetition: Decodable {
        var bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            let unit = Array(try list.decode(String.self).utf8)
            let count = try list.decode(Int.self)
            let suffix = Array(try list.decode(String.self).utf8)
            bytes = [[UInt8]](repeating: unit, count: count).flatMap { $0 } + suffix
        }
    }

    struct Share: Decodable {
        var group: String
        var filter: String
    }

    struct File: Decodable { var cases: [TopicVector] }

    var id: String
    var filter: String?
    var filterHex: String?
    var filterRep: Repetition?
    var topic: String?
    var topicHex: String?
    var topicRep: Repetition?
    var filterValid: Bool
    var topicValid: Bool
    var matches: Bool
    var matchesAws: Bool
    var mqtt5Shared: Bool?
    var share: Share?
    var contested: Bool?

    var filterBytes: [UInt8] { filterRep?.bytes ?? Self.bytes(filter, filterHex) }
    var topicBytes: [UInt8] { topicRep?.bytes ?? Self.bytes(topic, topicHex) }

    private static func bytes(_ text: String?, _ hex: String?) -> [UInt8] {
        guard let hex else { return Array((text ?? "").utf8) }
        let digits = hex.compactMap { $0.hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    /// What is wrong with our answer; empty where nothing is.
    func mistakes() -> [String] {
        var found: [String] = []
        func check(_ condition: Bool, _ what: String) { if !condition { found.append(what) } }

        let filterBytes = filterBytes
        let topicBytes = topicBytes
        let subscription: SubscriptionFilter? =
            mqtt5Shared == true
            ? try? SubscriptionFilter(utf8: filterBytes.span)
            : (try? TopicFilter(utf8: filterBytes.span)).map { .nonShared($0) }
        let name = try? TopicName(utf8: topicBytes.span)
        check((subscription != nil) == filterValid, "filterValid")
        check((name != nil) == topicValid, "topicValid")
        if let share {
            check(subscription?.shareName?.rawValue == share.group, "group")
            check(subscription?.topicFilter.rawValue == share.filter, "shared filter")
        } else {
            check(subscription?.shareName == nil, "no group")
        }
        if let subscription {
            check(Array(subscription.rawValue.utf8) == filterBytes, "rawValue")
        }
        for (dialect, expected) in [(TopicDialect.oasis, matches), (.aws, matchesAws)] {
            guard let subscription, let name else { continue }
            let filter = subscription.topicFilter
            check(filter.matches(name, dialect: dialect) == expected, "\(dialect) pair")
            check(filter.matches(name.view, dialect: dialect) == expected, "\(dialect) view")
            check(
                Self.indexMatches(subscription, name, dialect) == expected,
                "\(dialect) index"
            )
        }
        return found
    }

    /// The same question to an index, with its trie empty and with its trie in use.
    static func indexMatches(
        _ filter: SubscriptionFilter,
        _ name: TopicName,
        _ dialect: TopicDialect
    ) -> Bool? {
        var answers: Set<Bool> = []
        for crowd in [[], TopicWorkload.blowUpFilters[..<80].map { "?/" + $0 }] {
            var index = SubscriptionIndex<String, Int>(
                dialect: dialect,
                limits: SubscriptionLimits(
                    maximumSubscriptions: 1000,
                    maximumFilterLevels: 65_536
                ),
                seed: 7
            )
            for text in crowd {
                guard let other = try? TopicFilter(text) else { return nil }
                _ = try? index.insert(other, "other", 0)
            }
            do { try index.insert(filter, "me", 1) } catch { return nil }
            var seen = 0
            index.forEachMatch(name) { if $0.subscriber == "me" { seen += 1 } }
            guard seen <= 1 else { return nil }
            answers.insert(seen == 1)
            guard index.remove(filter, "me") == 1 else { return nil }
            index.forEachMatch(name) { if $0.subscriber == "me" { seen += 10 } }
            guard seen <= 1 else { return nil }
        }
        return answers.count == 1 ? answers.first : nil
    }
}

@Suite("MQTT 5.0 §4.7, §4.8.2 topic vectors")
struct TopicVectorTests {
    static let suite = VectorSuite(
        label: "topics",
        variable: "IOT_VECTORS_TOPICS",
        vendored: "topics/topic-vectors.json"
    )

    @Test("every vector is answered as it says; contested ones are counted apart")
    func vectors() throws {
        guard let file = Self.suite.location else { return Self.suite.reportMissing() }
        let cases = try JSONDecoder().decode(
            TopicVector.File.self,
            from: Data(contentsOf: file)
        ).cases
        var failed = 0
        var contested = 0
        var contestedFailed: [String] = []
        for vector in cases {
            let mistakes = vector.mistakes()
            if vector.contested == true {
                contested += 1
                if !mistakes.isEmpty { contestedFailed.append(vector.id) }
            } else if !mistakes.isEmpty {
                failed += 1
                Issue.record("\(vector.id): \(mistakes.joined(separator: ", "))")
            }
        }
        Self.suite.report(
            passed: cases.count - failed - contestedFailed.count,
            failed: failed,
            skipped: contestedFailed.count
        )
        print(
            "topics: \(contested) of \(cases.count) are contested,"
                + " answered differently: \(contestedFailed)"
        )
        #expect(!cases.isEmpty)
    }
}
