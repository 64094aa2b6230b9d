#if Endpoint
internal import CloudEndpoint
internal import Foundation
internal import GRDB
internal import JSONDocument
internal import JSONDocumentCodable
internal import MQTTCodec
internal import MQTTPacketDump
internal import NIOHTTP1

/// Readings are published; a rule picks those that matter, and three actions get them.
struct TelemetryChapter {
    let stage: Stage
    let console: DeviceClient
    let device: StoryDevice

    /// What the rule's statement selects.
    private struct Alert: Decodable {
        var temperature: Double
        var color: String
        var requestId: String
        var clientId: String
        var timestamp: Int64
        var deviceId: String
        var sensorId: String
    }

    private static let statement = """
        SELECT *, newuuid() AS requestId, clientId() AS clientId, timestamp() AS timestamp, \
        topic(2) AS deviceId, topic(4) AS sensorId FROM 'device/+/sensor/+/v1' \
        WHERE temperature > 50 AND color <> 'red'
        """

    func play() async throws {
        let timeline = stage.timeline
        try stage.rules.set("hot", rule)
        timeline.did("operator", "rule: …WHERE temperature > 50 AND color <> 'red'")
        let topic = "device/\(Stage.device)/sensor/t1/v1"
        // What must not pass goes first: by the time the hot reading has arrived, it would have too.
        let readings = [
            #"{"temperature": 21.5, "color": "blue"}"#, #"{"temperature": 80, "color": "red"}"#,
            "no JSON at all", #"{"temperature": 71.25, "color": "blue"}"#,
        ]
        explain(topic, readings[3])
        for reading in readings { try await device.client().publish(topic, reading) }

        let message = try await console.next("alerts/\(Stage.device)")
        let value = try JSONValue(parsing: message.payload.span)
        let alert = try JSONValueDecoder().decode(Alert.self, from: value)
        timeline.check(
            "republished: the whole reading, and who sent it from where",
            alert.temperature == 71.25 && alert.color == "blue" && alert.clientId == Stage.device
                && alert.deviceId == Stage.device && alert.sensorId == "t1"
        )
        timeline.check(
            "a fresh UUID and the time of the endpoint",
            UUID(uuidString: alert.requestId) != nil
                && abs(Double(alert.timestamp) / 1_000 - Date().timeIntervalSince1970) < 60,
            found: alert.requestId
        )
        let post = await stage.posts.next()
        timeline.did("listener", "POST \(post?.path ?? "nothing came")")
        timeline.check(
            "posted: the same document, with the rule's header",
            post?.path == "/alerts/\(Stage.device)" && post?.headers.first(name: "X-Sensor") == "t1"
                && post?.body == message.payload
        )
        let rows = try await rows()
        timeline.check(
            "in the table: one row, the same request",
            rows == ["\(Stage.device)|t1|71.25|\(alert.requestId)"],
            found: rows.joined(separator: "; ")
        )
        let surplus = try await console.waiting("alerts/#")
        let metrics = stage.rules.metrics(of: "hot")
        timeline.check(
            "the cold, the red and the broken reading stop at WHERE",
            surplus == 0 && metrics?.matched == 4 && metrics?.fired == 1,
            found: "matched \(metrics?.matched ?? 0), fired \(metrics?.fired ?? 0)"
        )
    }

    /// Shows what the reading looks like on the wire.
    private func explain(_ topic: String, _ reading: String) {
        let publish = ControlPacket.publish(
            Publish(
                topicName: topic,
                payload: Array(reading.utf8),
                qos: .atLeastOnce,
                packetIdentifier: 1
            )
        )
        guard let bytes = try? publish.encoded(as: .v5, from: .client) else { return }
        let dump = PacketDump(bytes.span, from: .client)
        for line in dump.text.split(separator: "\n") { stage.timeline.did("wire", String(line)) }
    }

    private var rule: JSONValue {
        [
            "sql": .string(Self.statement), "awsIotSqlVersion": "2016-03-23",
            "actions": [
                ["republish": ["topic": "alerts/${topic(2)}", "qos": 1]],
                [
                    "sqlite": [
                        "table": "alerts",
                        "columns": ["deviceId", "sensorId", "temperature", "requestId"],
                    ]
                ],
                [
                    "http": [
                        "url": .string("http://127.0.0.1:\(stage.posts.port)/alerts/${topic(2)}"),
                        "headers": [["key": "X-Sensor", "value": "${topic(4)}"]],
                    ]
                ],
            ],
        ]
    }

    /// The table's rows as another program sees them; waits for the first.
    private func rows() async throws -> [String] {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let database = try DatabaseQueue(
            path: stage.folder + "/rules/rules.sqlite",
            configuration: configuration
        )
        for _ in 0..<500 {
            let rows = try await database.read { database in
                try Row.fetchAll(
                    database,
                    sql: "SELECT deviceId, sensorId, temperature, requestId FROM alerts"
                ).map { row in
                    let values: [DatabaseValue] = Array(row.databaseValues)
                    return values.map { $0.storage.value.map { "\($0)" } ?? "" }
                        .joined(separator: "|")
                }
            }
            if !rows.isEmpty { return rows }
            try await Task.sleep(for: .milliseconds(20))
        }
        return []
    }
}
#endif
