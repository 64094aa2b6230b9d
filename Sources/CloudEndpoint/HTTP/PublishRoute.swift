#if Endpoint
internal import Foundation
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import JSONDocument
internal import MQTTBroker
internal import MQTTCodec

/// `POST /topics/{topic}`: publishes a message.
///
/// Query: `qos` 0 or 1, `retain`, `contentType`, `responseTopic`, `messageExpiry` in seconds. Fields:
/// `x-amz-mqtt5-payload-format-indicator`, `-correlation-data` and `-user-properties`, the latter two
/// in base 64.
struct PublishRoute: HTTPRoute {
    let broker: BrokerAccess
    let access: DataAccess
    let limits: CloudEndpoint.HTTPLimits

    let methods: [HTTPRequest.Method] = [.post]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        guard let query = RequestQuery(request.uri.query) else {
            throw invalid("the query is malformed")
        }
        // A client may leave the slashes of a topic as they are.
        let joined = Array(path.components.joined(separator: [UInt8(ascii: "/")]))
        guard let topic = String(validating: joined, as: UTF8.self), !topic.isEmpty else {
            throw invalid("the topic is no text")
        }
        guard !topic.hasPrefix("$SYS/") else { throw invalid("the topic is reserved") }
        let qos: QoS
        switch query["qos"] {
        case nil, "0": qos = .atMostOnce
        case "1": qos = .atLeastOnce
        default: throw invalid("qos is 0 or 1")
        }
        let retain: Bool
        switch query["retain"] {
        case nil, "false": retain = false
        case "true": retain = true
        default: throw invalid("retain is true or false")
        }
        try await access.check(request, context) { caller in
            caller.mayPublish(topic, retain: retain)
        }
        let expiry = try query["messageExpiry"].map { text throws -> UInt32 in
            guard let seconds = UInt32(text) else { throw invalid("messageExpiry is a number") }
            return seconds
        }
        let properties = try properties(request, query)
        let payload = try await request.bytes(upTo: limits.bodyBytes)
        let content: SharedPublish
        do {
            content = try SharedPublish(
                topicName: topic,
                payload: payload.span,
                properties: properties
            )
        } catch { throw invalid("no message can be like this: \(error)") }
        switch try await broker.publish(content, qos: qos, retain: retain, expiry: expiry) {
        case .accepted: return .json(.ok, ["message": "OK", "traceId": .string(UUID().uuidString)])
        case .refused(.retainedStoreFull):
            throw RequestFailure(
                .tooManyRequests,
                "there is no room for another retained message",
                code: "ThrottlingException"
            )
        case .refused: throw invalid("the broker does not accept it")
        }
    }

    private func invalid(_ message: String) -> RequestFailure {
        RequestFailure(.badRequest, message, code: "InvalidRequestException")
    }

    private func properties(_ request: Request, _ query: RequestQuery) throws -> Properties {
        var list: [Property] = []
        if let type = query["contentType"] { list.append(.contentType(type)) }
        if let topic = query["responseTopic"] { list.append(.responseTopic(topic)) }
        switch field(request, "x-amz-mqtt5-payload-format-indicator") {
        case nil: break
        case "UTF8_DATA": list.append(.payloadFormatIndicator(.text))
        case "UNSPECIFIED_BYTES": list.append(.payloadFormatIndicator(.bytes))
        default: throw invalid("the payload format indicator is unknown")
        }
        if let text = field(request, "x-amz-mqtt5-correlation-data") {
            guard let data = Data(base64Encoded: text) else {
                throw invalid("the correlation data is not base 64")
            }
            list.append(.correlationData([UInt8](data)))
        }
        if let text = field(request, "x-amz-mqtt5-user-properties") {
            list += try userProperties(text)
        }
        do { return try Properties(list) } catch {
            throw invalid("a property is invalid: \(error)")
        }
    }

    private func field(_ request: Request, _ name: String) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    /// Base 64 of `[{"name": "value"}, …]`.
    private func userProperties(_ text: String) throws -> [Property] {
        guard let data = Data(base64Encoded: text),
            let array = (try? JSONValue(parsing: [UInt8](data).span))?.array
        else { throw invalid("the user properties are not base 64 of a JSON array") }
        return try array.flatMap { value throws -> [Property] in
            guard let object = value.object else { throw invalid("a user property is no object") }
            return try object.map { member throws -> Property in
                guard let text = member.value.string else {
                    throw invalid("a user property's value is no string")
                }
                return .userProperty(name: member.name, value: text)
            }
        }
    }
}
#endif
