#if Endpoint
import Foundation
import MQTTBroker
import MQTTCodec
import Testing

@testable import CloudEndpoint

@Suite("What an operator sees: $SYS topics and metrics")
struct OperationTests {
    @Test(
        "counters are retained below $SYS/broker, for those who ask, and clients cannot write them"
    )
    func systemTopics() async throws {
        try await withBlockingEndpoint {
            $0.systemTopicInterval = .milliseconds(200)
        } _: { port in
            let socket = try #require(RawSocket(port: port))
            socket.send(
                try Connect(clientIdentifier: "a").encoded(as: .v311, from: .client)
            )
            #expect(socket.receive(count: 4) == [0x20, 2, 0, 0])
            socket.send(
                try Subscribe(
                    packetIdentifier: 1,
                    subscriptions: [
                        Subscription(
                            topicFilter: "$SYS/broker/clients/connected",
                            maximumQoS: .atMostOnce
                        ),
                        Subscription(topicFilter: "#", maximumQoS: .atMostOnce),
                    ]
                ).encoded(as: .v311, from: .client)
            )
            let topic = Array("$SYS/broker/clients/connected".utf8)
            let expected = [0x30, UInt8(topic.count + 3), 0, UInt8(topic.count)] + topic + [0x31]
            let bytes = socket.receive(count: 6 + expected.count)
            // With RETAIN when it was there before, without when it changed afterwards.
            #expect(Array(bytes.dropFirst(6).dropFirst()) == Array(expected.dropFirst()))
            socket.send([0x30, UInt8(topic.count + 3), 0, UInt8(topic.count)] + topic + [0x39])
            #expect(socket.receive(milliseconds: 500) == nil)
        }
    }

    @Test("histograms grow by what is added, and say so as Prometheus reads it")
    func histogram() {
        var histogram = LatencyHistogram()
        for value in [0, 16_000, 16_001, 1_000_000, 100_000_000_000, -5] as [Int64] {
            histogram.add(value)
        }
        #expect(histogram.count == 6)
        #expect(histogram.buckets[0] == 3 && histogram.buckets[1] == 1)
        #expect(histogram.buckets.last == 1)
        var text = MetricsText()
        text.add("x_seconds", "Help.", histogram)
        let lines = text.text.split(separator: "\n")
        #expect(
            lines.prefix(3) == [
                "# HELP x_seconds Help.", "# TYPE x_seconds histogram",
                "x_seconds_bucket{le=\"1.6e-05\"} 3",
            ]
        )
        #expect(lines.contains("x_seconds_bucket{le=\"+Inf\"} 6"))
        #expect(lines.last == "x_seconds_count 6")
    }

    @Test("/metrics has the turns of the loop and the drops by reason")
    func metrics() async throws {
        try await withEndpoints {
            $0.http = .init(listeners: [.init(port: 0)])
        } _: { addresses in
            let web = try #require(addresses.first { $0.scheme == "http" })
            let text = try await HTTPClient(port: web.port).get("/metrics").text
            #expect(text.contains("iot_broker_turn_seconds_bucket{le=\"+Inf\"}"))
            #expect(text.contains("iot_broker_messages_dropped_total{reason=\"queue-full\"} 0"))
            #expect(text.contains("iot_broker_bytes_received_total"))
        }
    }
}
#endif
