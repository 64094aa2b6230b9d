#if Endpoint
internal import IoTTime
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import Synchronization

/// What the handshake of one connection learned.
struct HandshakeResult: Sendable {
    /// The host name that the client asked for.
    var serverName: String?
    /// The admitted certificate.
    var certificate: AdmittedCertificate?
    /// The version of the admission before it was asked.
    var admittedAt: UInt64 = 0
    /// Why the certificate of a resumed session is not admitted; told at CONNECT.
    var refusal: AdmissionRefusal?
    /// The negotiated protocol.
    var applicationProtocol: String?
}

/// Puts SNI, TLS and ALPN into a pipeline, judges the client's certificate, and bounds how many
/// handshakes run and how long one may take.
struct TLSHandshake: Sendable {
    let server: TLSServer
    let timeout: TimeAmount
    let logger: Logger
    let now: @Sendable () -> WallClock

    /// Adds the handlers.
    ///
    /// - Parameters:
    ///   - channel: a new channel, on its event loop.
    ///   - gauge: counts the handshakes.
    ///   - then: adds what follows the handshake.
    /// - Throws: NIO's error when the channel is already closed.
    func configure(
        _ channel: any Channel,
        _ gauge: HandshakeGauge,
        then: @escaping @Sendable (any Channel, HandshakeResult) throws -> Void
    ) throws {
        let seen = NIOLoopBoundBox(HandshakeResult(), eventLoop: channel.eventLoop)
        let sni = ByteToMessageHandler(
            SNIHandler { result in
                if case .hostname(let name) = result { seen.value.serverName = name }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
        )
        let tls = NIOSSLServerHandler(context: server.context) { certificates, promise in
            let name = seen.value.serverName
            judge(certificates, serverName: name, on: channel.eventLoop).map { verdict in
                guard case .admitted(let certificate) = verdict else { return .failed }
                seen.value.certificate = certificate
                return .certificateVerified
            }.cascade(to: promise)
        }
        seen.value.admittedAt = server.admission?.changes.version ?? 0
        let alpn = ApplicationProtocolNegotiationHandler { result, channel in
            if case .negotiated(let name) = result { seen.value.applicationProtocol = name }
            return resume(channel, seen).flatMapThrowing { try then(channel, seen.value) }
        }
        let deadline = HandshakeDeadline(gauge: gauge, timeout: timeout)
        try channel.pipeline.syncOperations.addHandlers([deadline, sni, tls, alpn])
    }

    /// A resumed session never asks for the certificate again, so what it brings is judged here.
    private func resume(
        _ channel: any Channel,
        _ seen: NIOLoopBoundBox<HandshakeResult>
    ) -> EventLoopFuture<Void> {
        guard seen.value.certificate == nil,
            let leaf = try? channel.pipeline.syncOperations.nioSSL_peerCertificate()
        else { return channel.eventLoop.makeSucceededVoidFuture() }
        return judge([leaf], serverName: seen.value.serverName, on: channel.eventLoop).map {
            switch $0 {
            case .admitted(let certificate): seen.value.certificate = certificate
            case .refused(let refusal): seen.value.refusal = refusal
            }
        }
    }

    private func judge(
        _ certificates: [NIOSSLCertificate],
        serverName: String?,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AdmissionVerdict> {
        let promise = eventLoop.makePromise(of: AdmissionVerdict.self)
        Task(executorPreference: AdmissionExecutor.shared) {
            promise.succeed(await judge(certificates, serverName: serverName))
        }
        return promise.futureResult
    }

    private func judge(
        _ certificates: [NIOSSLCertificate],
        serverName: String?
    ) async -> AdmissionVerdict {
        guard let admission = server.admission else {
            let text = "no authority of client certificates is configured"
            return .refused(AdmissionRefusal(code: "no-authority", description: text))
        }
        guard let chain = try? certificates.map({ try $0.toDERBytes() }) else {
            let text = "the TLS library cannot write a certificate that it has read"
            return .refused(AdmissionRefusal(code: "malformed", description: text))
        }
        let verdict = await admission.admit(chain, serverName: serverName, at: now())
        if case .refused(let refusal) = verdict {
            logger.notice(
                "client certificate refused",
                metadata: ["code": "\(refusal.code)", "reason": "\(refusal)"]
            )
        }
        return verdict
    }
}

/// How many handshakes are in progress, on all event loops.
final class HandshakeGauge: Sendable {
    private let count = Atomic(0)
    let limit: Int

    init(limit: Int) { self.limit = limit }

    func begin() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= limit { return true }
        end()
        return false
    }

    func end() { count.subtract(1, ordering: .relaxed) }
}

/// Closes a connection whose handshake takes too long, or that comes while too many run.
final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let gauge: HandshakeGauge
    private let timeout: TimeAmount
    private var task: Scheduled<Void>?

    init(gauge: HandshakeGauge, timeout: TimeAmount) {
        self.gauge = gauge
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard gauge.begin() else { return context.close(promise: nil) }
        let channel = context.channel
        task = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    /// The handshake is done, or will never be.
    func finish() {
        guard let task else { return }
        task.cancel()
        self.task = nil
        gauge.end()
    }
}
#endif
