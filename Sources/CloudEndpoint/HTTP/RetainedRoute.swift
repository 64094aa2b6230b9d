#if Endpoint
internal import AccessPolicy
internal import Foundation
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import JSONDocument
internal import MQTTBroker
internal import MQTTCodec

/// `GET /retainedMessage` lists retained messages, `GET /retainedMessage/{topic}` gives one.
struct RetainedRoute: HTTPRoute {
    let broker: BrokerAccess
    let access: DataAccess

    let methods: [HTTPRequest.Method] = [.get]

    /// Messages of one page at most, and without `maxResults`.
    static let maximumResults = 200

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        let joined = Array(path.components.joined(separator: [UInt8(ascii: "/")]))
        guard let topic = String(validating: joined, as: UTF8.self) else {
            throw invalid("the topic is no text")
        }
        try await access.check(request, context) { caller in
            topic.isEmpty
                ? caller.may(.listRetainedMessages)
                : caller.may(.getRetainedMessage, .topic, topic)
        }
        return try await topic.isEmpty ? list(request, context) : message(topic, context)
    }

    private func invalid(_ message: String) -> RequestFailure {
        RequestFailure(.badRequest, message, code: "InvalidRequestException")
    }

    private func message(_ topic: String, _ context: HTTPContext) async throws -> Response {
        guard let message = try await broker.retainedMessage(of: topic) else {
            throw RequestFailure(
                .notFound,
                "no message is retained for this topic",
                code: "ResourceNotFoundException"
            )
        }
        return .json(
            .ok,
            [
                "topic": .string(topic), "qos": .number(JSONNumber(Int(message.qos.rawValue))),
                "payload": .string(Data(message.payloadBytes).base64EncodedString()),
                "lastModifiedTime": .number(JSONNumber(context.now * 1_000)),
            ]
        )
    }

    private func list(_ request: Request, _ context: HTTPContext) async throws -> Response {
        guard let query = RequestQuery(request.uri.query) else {
            throw invalid("the query is malformed")
        }
        var limit = Self.maximumResults
        if let text = query["maxResults"] {
            guard let number = Int(text), (1...Self.maximumResults).contains(number) else {
                throw invalid("maxResults is 1 to \(Self.maximumResults)")
            }
            limit = number
        }
        var start = ""
        if let token = query["nextToken"] {
            guard let data = Data(base64Encoded: token),
                let topic = String(validating: [UInt8](data), as: UTF8.self)
            else { throw invalid("nextToken is not one of ours") }
            start = topic
        }
        // By topic, so that a page begins where the last one ended whatever came and went.
        let all = try await broker.retainedMessages().sorted { $0.topic < $1.topic }
        let rest = all.drop { $0.topic <= start }
        let page = rest.prefix(limit)
        var answer: JSONObject = [
            "retainedTopics": .array(
                page.map { message in
                    [
                        "topic": .string(message.topic),
                        "payloadSize": .number(JSONNumber(message.size)),
                        "qos": .number(JSONNumber(Int(message.qos.rawValue))),
                        "lastModifiedTime": .number(JSONNumber(context.now * 1_000)),
                    ]
                }
            )
        ]
        if page.count < rest.count, let last = page.last {
            answer["nextToken"] = .string(Data(last.topic.utf8).base64EncodedString())
        }
        return .json(.ok, .object(answer))
    }
}

extension Broker.PublishedMessage {
    /// A copy of the payload.
    fileprivate var payloadBytes: [UInt8] { payload.indices.map { payload[$0] } }
}
#endif
