#if Endpoint
import Foundation
import MQTTBroker
import MQTTCodec
import PrometheusMetrics
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
            // 0 was retained if it was counted before the client came; 1 follows.
            var bytes: [UInt8] = []
            while bytes.suffix(topic.count + 1) != topic + [0x31] {
                let more = socket.receive(count: 1)
                guard !more.isEmpty else { break }
                bytes += more
            }
            #expect(bytes.suffix(topic.count + 1) == topic + [0x31])
            socket.send([0x30, UInt8(topic.count + 3), 0, UInt8(topic.count)] + topic + [0x39])
            #expect(socket.receive(milliseconds: 500) == nil)
        }
    }

    @Test("proc(5): what the process takes, whatever its name is")
    func process() throws {
        let fields = "S 1 1 1 0 -1 4194304 9 0 0 0 250 50 0 0 20 0 4 0 1000 8192000 300 1"
        let reading = try #require(
            ProcessMetrics.reading(
                stat: "42 (a) b (c)) " + fields,
                uptime: "110.00 200.00\n",
                now: 1_000,
                ticks: 100,
                pageBytes: 4_096,
                files: (7, 1_024)
            )
        )
        #expect(reading.cpuSeconds == 3 && reading.startTime == 900)
        #expect(reading.virtualBytes == 8_192_000 && reading.residentBytes == 1_228_800)
        #expect(reading.openFiles == 7 && reading.maximumFiles == 1_024)
        for broken in ["", "42 (a", "42 (a) S 1", "42 (a) " + fields.replacing("300", with: "x")] {
            let reading = ProcessMetrics.reading(
                stat: broken,
                uptime: "1 1",
                now: 0,
                ticks: 100,
                pageBytes: 1,
                files: (0, 0)
            )
            #expect(reading == nil)
        }
    }

    @Test("backends of swift-metrics get what /metrics shows, without being asked")
    func backends() async throws {
        let other = PrometheusRegistry()
        try await withEndpoints {
            $0.http = .init(listeners: [.init(port: 0)])
            $0.metrics.backends = [other]
            $0.metrics.interval = .milliseconds(20)
        } _: { addresses in
            let mqtt = try #require(addresses.first { $0.scheme == "mqtt" })
            let socket = try #require(RawSocket(port: mqtt.port))
            socket.send(try Connect(clientIdentifier: "a").encoded(as: .v311, from: .client))
            for _ in 0..<250 where !other.text().contains("\niot_broker_sessions 1\n") {
                try await Task.sleep(for: .milliseconds(20))
            }
            let text = other.text()
            #expect(text.contains("\niot_broker_sessions 1\n"))
            #expect(text.contains("\niot_broker_messages_dropped_total{reason=\"too-large\"} 0\n"))
            #expect(text.contains("\niot_broker_bytes_received_total 15\n"))
            #expect(!text.contains("iot_broker_turn_seconds_count 0"))
        }
    }

    @Test(
        "prometheus_client reads /metrics: types, help and values",
        .enabled(
            if: Program.isInstalled(Program.python, for: "prometheus_client")
                && Program.hasPythonModules("prometheus_client")
        )
    )
    func prometheus() async throws {
        try await withEndpoints {
            $0.http = .init(listeners: [.init(port: 0)])
        } _: { addresses in
            let web = try #require(addresses.first { $0.scheme == "http" })
            let client = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/metrics_client.py"
            )
            let result = try await ChildProcess.run(Program.python, [client.path, "\(web.port)"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok\n")
        }
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
