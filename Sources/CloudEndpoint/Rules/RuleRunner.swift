#if Endpoint
internal import Foundation
internal import IoTTime
internal import MQTTBroker
internal import MQTTCodec
public import JSONDocument
public import RulesSQL
internal import RulesSQLSystem

/// A message on its way through the rules.
struct RuleMessage: Sendable {
    let message: Broker.PublishedMessage
    let context: MessageContext
    /// How many rules made it: 0 for a client's own.
    let depth: Int

    var topic: [UInt8] {
        let name = message.topicName
        return name.indices.map { name[$0] }
    }

    var payload: [UInt8] {
        let payload = message.payload
        return [UInt8](capacity: payload.count) { (output: inout OutputSpan<UInt8>) in
            for index in payload.indices { output.append(payload[index]) }
        }
    }

    /// What rules may ask about a message.
    static func context(_ message: Broker.PublishedMessage, _ now: WallClock) -> MessageContext {
        let client = message.client
        var context = MessageContext(
            now: now,
            clientID: client?.identifier.description,
            principal: client?.peer.principal,
            sourceIP: client?.peer.address
        )
        let properties = message.properties
        if let text = properties.contentType { context.contentType = string(text) }
        if let text = properties.responseTopic { context.responseTopic = string(text) }
        if let format = properties.payloadFormatIndicator {
            context.formatIndicator = format == .text ? "UTF8_DATA" : "UNSPECIFIED_BYTES"
        }
        if let data = properties.correlationData {
            context.correlationData = Data(data.indices.map { data[$0] }).base64EncodedString()
        }
        if properties.contains(.userProperty) {
            context.userProperties = properties.owned().userProperties
        }
        return context
    }

    private static func string(_ bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}

/// Evaluates statements and templates; one at a time.
struct RuleRunner: ~Copyable {
    var evaluator: Evaluator
    let host: any RuleHost
    /// The rule whose actions are prepared.
    var ruleName = ""
    /// 1 while an error action is prepared: a message at the depth limit can still be reported.
    var extraDepth = 0

    init(host: any RuleHost) {
        evaluator = Evaluator(environment: .system())
        self.host = host
    }

    /// Runs a rule that needs the host.
    mutating func evaluate(
        _ program: Program,
        _ message: RuleMessage,
        into output: inout [UInt8]
    ) async -> Outcome {
        await evaluator.evaluate(
            program,
            topic: message.topic,
            payload: message.payload,
            context: message.context,
            host: host,
            into: &output
        )
    }

    /// Writes a template's text.
    mutating func expand(
        _ template: Template,
        _ message: RuleMessage
    ) async throws(ActionFailure) -> String {
        var answers = HostAnswers()
        while true {
            var output: [UInt8] = []
            let outcome = evaluator.expand(
                template,
                topic: message.message.topicName,
                payload: message.message.payload,
                context: message.context,
                answers: &answers,
                into: &output
            )
            switch outcome {
            case .produced(let range): return String(decoding: output[range], as: UTF8.self)
            case .needsHost(let call): answers.answers.append(await host.reply(to: call))
            case .failed(let error): throw ActionFailure("template", "\(error.violation)")
            default: throw ActionFailure("template", "has no value")
            }
        }
    }
}

extension RuleHost {
    fileprivate func reply(to call: HostCall) async -> HostAnswer {
        do { return .value(try await answer(call)) } catch { return .failure("\(error)") }
    }
}

/// Knows nothing of the outside world: every function that asks it is Undefined.
public struct UndefinedHost: RuleHost {
    /// Makes one.
    public init() {}

    /// `nil`, which is Undefined.
    public func answer(_ call: HostCall) async throws -> JSONValue? { nil }
}
#endif
