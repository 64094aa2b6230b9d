#if Endpoint
internal import DeviceRegistration
internal import IoTTime
internal import Logging
internal import MQTTBroker
internal import MQTTCodec
internal import NIOCore

/// How many requests of provisioning are served.
public struct ProvisioningLimits: Hashable, Sendable {
    /// Requests in progress: 64.
    public var requests = 64
    /// Requests of one connection in progress: 2.
    public var requestsPerConnection = 2
    /// Certificates that one connection may have issued: 10.
    public var certificatesPerConnection = 10
    /// Certificates that are issued in a minute: 600.
    public var certificatesPerMinute = 600

    /// The defaults.
    public init() {}
}

/// What one connection has used of ``ProvisioningLimits``.
struct ProvisioningUse {
    /// Names the connection; 0 before its first request.
    var number: UInt64 = 0
    var running = 0
    var certificates = 0
}

/// Provisioning between the broker and a service: takes requests from the broker's tap, and gives
/// answers to the connection that asked.
///
/// Confined to the broker's event loop.
final class ProvisioningFace {
    private let responder: any ProvisioningResponder
    private let limits: ProvisioningLimits
    private let eventLoop: any EventLoop
    private let logger: Logger
    /// Tokens name connections; those of an earlier run are others.
    private let run = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    private var connections: UInt64 = 0
    private var running = 0
    /// When certificates of the last minute were issued, the oldest first.
    private var issued: [MonotonicTime] = []

    init(
        _ responder: any ProvisioningResponder,
        limits: ProvisioningLimits,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.responder = responder
        self.limits = limits
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Serves a message to a topic of provisioning.
    ///
    /// - Parameters:
    ///   - message: the message.
    ///   - now: the time.
    ///   - send: takes the answer, on the event loop.
    func serve(
        _ message: Broker.PublishedMessage,
        at now: MonotonicTime,
        send: @escaping (SharedPublish, Broker.Client) -> Void
    ) {
        // A will, or the endpoint's own message, has nobody who waits for an answer.
        guard case .client(let client) = message.origin,
            let topic = ProvisioningTopic(
                String(decoding: Self.copy(message.topicName), as: UTF8.self)
            )
        else { return }
        func answer(_ reply: ProvisioningReply) {
            let content = try? SharedPublish(
                topicName: topic.name + reply.suffix,
                payload: reply.payload.span,
                properties: Properties()
            )
            if let content { send(content, client) }
        }
        guard let identity = client.peer.identity?.object as? ConnectionIdentity,
            let certificate = identity.certificate, let claim = CertificateID(certificate.id)
        else {
            return answer(
                .rejected(
                    ProvisioningRejection(403, "AccessDenied", "a claim certificate is needed")
                )
            )
        }
        if let reason = refusal(topic, identity, at: now) {
            logger.notice("provisioning throttled", metadata: ["claim": "\(claim)"])
            return answer(.rejected(ProvisioningRejection(429, "Throttling", reason)))
        }
        if identity.provisioning.number == 0 {
            connections += 1
            identity.provisioning.number = connections
        }
        let request = ProvisioningRequest(
            topic: topic,
            payload: Self.copy(message.payload),
            connection: "\(run).\(identity.provisioning.number)",
            clientID: client.identifier.description,
            claim: claim
        )
        running += 1
        identity.provisioning.running += 1
        let promise = eventLoop.makePromise(of: ProvisioningReply.self)
        Task(executorPreference: AdmissionExecutor.shared) { [responder] in
            promise.succeed(await responder.respond(to: request))
        }
        promise.futureResult.assumeIsolated().whenSuccess { reply in
            self.running -= 1
            identity.provisioning.running -= 1
            answer(reply)
        }
    }

    private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
        [UInt8](capacity: bytes.count) { output in
            for index in bytes.indices { output.append(bytes[index]) }
        }
    }

    /// Why a request is not served now; counts it where it is.
    private func refusal(
        _ topic: ProvisioningTopic,
        _ identity: ConnectionIdentity,
        at now: MonotonicTime
    ) -> String? {
        guard running < limits.requests,
            identity.provisioning.running < limits.requestsPerConnection
        else { return "too many requests are in progress" }
        if case .registerThing = topic { return nil }
        guard identity.provisioning.certificates < limits.certificatesPerConnection else {
            return "this connection was given \(limits.certificatesPerConnection) certificates"
        }
        let minuteAgo = now - .seconds(60)
        issued.removeFirst(issued.prefix { $0 <= minuteAgo }.count)
        guard issued.count < limits.certificatesPerMinute else {
            return "too many certificates are issued in this minute"
        }
        issued.append(now)
        identity.provisioning.certificates += 1
        return nil
    }
}
#endif
