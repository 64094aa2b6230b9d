#if Endpoint
internal import Foundation
internal import JSONDocument
internal import MQTTBroker
internal import MQTTCodec
internal import RulesSQL

/// Publishes the output to another topic.
///
/// `{"topic": "a/${topic(2)}", "qos": 0, "retain": false, "headers": {"contentType": …,
/// "responseTopic": …, "correlationData": base 64, "messageExpiry": seconds,
/// "payloadFormatIndicator": "UTF8_DATA", "userProperties": [{"key": …, "value": …}]}}`; `$$aws/…`
/// means `$aws/…`.
struct RepublishAction: RuleAction {
    let kind = "republish"
    private let topic: Template
    private let qos: QoS
    private let retain: Bool
    private let headers: [(name: String, value: Template)]
    private let userProperties: [(key: Template, value: Template)]
    private let services: RuleServices

    var requiresHost: Bool {
        topic.requiresHost || headers.contains { $0.value.requiresHost }
            || userProperties.contains { $0.key.requiresHost || $0.value.requiresHost }
    }

    private static let headerNames = [
        "contentType", "responseTopic", "correlationData", "messageExpiry",
        "payloadFormatIndicator",
    ]

    init(
        _ reader: RuleReader,
        _ statement: SelectStatement,
        _ services: RuleServices
    ) throws(RuleConfigurationError) {
        try reader.allow(["topic", "qos", "retain", "headers", "roleArn"])
        guard let topic = try reader.template("topic", of: statement) else {
            throw reader.error("topic", "is missing")
        }
        self.topic = topic
        qos =
            try reader.integer("qos", in: 0...2).flatMap { QoS(rawValue: UInt8($0)) } ?? .atMostOnce
        retain = try reader.bool("retain") ?? false
        self.services = services
        guard let value = reader.object["headers"] else {
            headers = []
            userProperties = []
            return
        }
        let list = try RuleReader(value, at: reader.path + ".headers")
        try list.allow(Set(Self.headerNames + ["userProperties"]))
        var headers: [(String, Template)] = []
        for name in Self.headerNames {
            if let template = try list.template(name, of: statement) {
                headers.append((name, template))
            }
        }
        self.headers = headers
        var pairs: [(Template, Template)] = []
        for (index, value) in (try list.array("userProperties") ?? []).enumerated() {
            let pair = try RuleReader(value, at: "\(list.path).userProperties[\(index)]")
            guard let key = try pair.template("key", of: statement),
                let value = try pair.template("value", of: statement)
            else { throw pair.error("key", "and value are needed") }
            pairs.append((key, value))
        }
        userProperties = pairs
    }

    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction {
        var topic = try await runner.expand(self.topic, message)
        if topic.hasPrefix("$$") { topic.removeFirst() }
        guard !topic.hasPrefix("$aws/rules/"), !topic.hasPrefix("$SYS/") else {
            throw ActionFailure(topic, "this topic is reserved")
        }
        guard message.depth < services.configuration.maximumDepth + runner.extraDepth else {
            throw ActionFailure(topic, "the message has gone through too many rules")
        }
        var properties = Properties()
        var expiry: UInt32?
        for (name, template) in headers {
            let text = try await runner.expand(template, message)
            if name == "messageExpiry" {
                expiry = UInt32(text)
            } else if !text.isEmpty {
                try set(name, text, in: &properties, topic)
            }
        }
        for (key, value) in userProperties {
            let key = try await runner.expand(key, message)
            let value = try await runner.expand(value, message)
            do { try properties.append(.userProperty(name: key, value: value)) } catch {
                throw ActionFailure(topic, "a user property is too long")
            }
        }
        let content: SharedPublish
        do {
            content = try SharedPublish(
                topicName: topic,
                payload: payload.span,
                properties: properties
            )
        } catch { throw ActionFailure(topic, "no message can be like this: \(error)") }
        let (qos, retain, depth, services) = (qos, retain, message.depth + 1, services)
        return PreparedAction(resource: topic, worker: nil) { [expiry, topic] in
            let result = await services.publish(
                content,
                qos: qos,
                retain: retain,
                expiry: expiry,
                depth: depth
            )
            if case .accepted = result { return }
            throw ActionFailure(topic, "the broker did not accept it")
        }
    }

    private func set(
        _ name: String,
        _ text: String,
        in properties: inout Properties,
        _ topic: String
    ) throws(ActionFailure) {
        let property: Property
        switch name {
        case "contentType": property = .contentType(text)
        case "responseTopic": property = .responseTopic(text)
        case "payloadFormatIndicator":
            property = .payloadFormatIndicator(text == "UTF8_DATA" ? .text : .bytes)
        default:
            guard let data = Data(base64Encoded: text) else {
                throw ActionFailure(topic, "correlationData is not base 64")
            }
            property = .correlationData([UInt8](data))
        }
        do { try properties.set(property) } catch {
            throw ActionFailure(topic, "\(name): \(error)")
        }
    }
}
#endif
