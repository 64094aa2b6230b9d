#if Endpoint
internal import IoTTime
internal import Logging
internal import MQTTBroker
internal import MQTTCodec
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// One broker on one event loop: carries bytes and time in, and outputs to the channels.
///
/// Confined to its event loop. Outputs are taken once per turn of the loop, so that everything one
/// readiness cycle produces for a connection leaves in one write.
final class BrokerLoop {
    private var broker: Broker
    private let eventLoop: any EventLoop
    private let lingerTimeout: TimeAmount
    private let logger: Logger

    private var handlers: [Broker.ConnectionID: MQTTConnectionHandler] = [:]
    /// Channels that are open, those whose connection the broker has already forgotten included.
    private var openChannels = 0
    private var whenIdle: EventLoopPromise<Void>?
    private var isStopping = false
    private var isDrainScheduled = false
    private var timer: (deadline: MonotonicTime, task: Scheduled<Void>)?

    init(
        broker: consuming Broker,
        eventLoop: any EventLoop,
        lingerTimeout: Duration,
        logger: Logger
    ) {
        self.broker = broker
        self.eventLoop = eventLoop
        self.lingerTimeout = TimeAmount(lingerTimeout)
        self.logger = logger
    }

    /// A channel became active.
    func opened(_ handler: MQTTConnectionHandler, peer: Broker.Peer) -> Broker.ConnectionID {
        openChannels += 1
        let id = broker.opened(peer, at: Self.now())
        handlers[id] = handler
        scheduleDrain()
        return id
    }

    /// Bytes arrived.
    func received(_ bytes: Span<UInt8>, on id: Broker.ConnectionID) {
        broker.received(bytes, on: id, at: Self.now())
        scheduleDrain()
    }

    /// A batch reached the socket.
    func written(_ count: Int, on id: Broker.ConnectionID) {
        broker.written(count, on: id, at: Self.now())
        scheduleDrain()
    }

    /// A channel became inactive.
    func closed(_ id: Broker.ConnectionID) {
        openChannels -= 1
        if handlers.removeValue(forKey: id) != nil { broker.closed(id, at: Self.now()) }
        scheduleDrain()
        finishIfIdle()
    }

    /// Policies or certificates changed: live connections are judged again.
    func policyChanged() {
        guard !isStopping else { return }
        broker.policyChanged(at: Self.now())
        scheduleDrain()
    }

    /// Ends connections whose certificate has run out; called every few seconds.
    func endExpired() {
        let now = Self.now()
        guard handlers.values.contains(where: { $0.isExpired(at: now.wall) }) else { return }
        policyChanged()
    }

    /// Tells every client, and closes what does not close by itself.
    ///
    /// - Returns: a future that is done when no channel is left.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        let promise = eventLoop.makePromise(of: Void.self)
        whenIdle = promise
        broker.shutDown(at: Self.now())
        drain()
        timer?.task.cancel()
        timer = nil
        finishIfIdle()
        return promise.futureResult
    }

    private func finishIfIdle() {
        guard isStopping, openChannels == 0, let promise = whenIdle else { return }
        whenIdle = nil
        promise.succeed(())
    }

    private func scheduleDrain() {
        guard !isDrainScheduled else { return }
        isDrainScheduled = true
        eventLoop.assumeIsolated().execute { self.drain() }
    }

    private func drain() {
        isDrainScheduled = false
        while let output = broker.nextOutput() { perform(output) }
        if !isStopping { armTimer() }
    }

    private func perform(_ output: Broker.Output) {
        switch output {
        case .send(let id, let batch):
            handlers[id]?.write(batch)
        case .close(let id, let reason):
            logger.debug("closing", metadata: ["reason": "\(reason)"])
            handlers.removeValue(forKey: id)?.finish(reason, lingerTimeout: lingerTimeout)
        case .suspendReading(let id):
            handlers[id]?.setReading(false)
        case .resumeReading(let id):
            handlers[id]?.setReading(true)
        case .authorise(let effect, _):
            // No policy of this endpoint defers its answer.
            broker.completed(effect, .deny(.notAuthorized), at: Self.now())
        case .event(let event):
            log(event)
        case .published:
            // Nothing of the endpoint taps yet.
            break
        default:
            logger.error("an output of the broker is not handled")
        }
    }

    private func log(_ event: Broker.Event) {
        switch event {
        case .connected(let client, let sessionPresent, _):
            logger.info(
                "client connected",
                metadata: [
                    "client": "\(Self.quoted(client))", "address": "\(client.peer.address)",
                    "protocol": "\(client.version)", "session-present": "\(sessionPresent)",
                ]
            )
        case .disconnected(let client, let reason, _):
            logger.info(
                "client disconnected",
                metadata: ["client": "\(Self.quoted(client))", "reason": "\(reason)"]
            )
        case .subscribed(let client, let filters, _):
            logger.debug(
                "subscribed",
                metadata: ["client": "\(Self.quoted(client))", "filters": "\(filters)"]
            )
        default:
            return
        }
    }

    /// An identifier for a log: quoted, so that no character of it can end a line.
    private static func quoted(_ client: Broker.Client) -> String {
        String(reflecting: client.identifier.description)
    }

    private func armTimer() {
        guard let next = broker.nextTimeout else { return }
        if let timer, timer.deadline <= next { return }
        timer?.task.cancel()
        let task = eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(max(0, next.nanoseconds)))
        ) { self.timerFired() }
        timer = (next, task)
    }

    private func timerFired() {
        timer = nil
        broker.handleTimeout(at: Self.now())
        drain()
    }

    /// Reads both clocks.
    static func now() -> Broker.Now {
        let uptime = NIODeadline.now().uptimeNanoseconds
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Broker.Now(
            monotonic: MonotonicTime(nanoseconds: Int64(clamping: uptime)),
            wall: WallClock(
                milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
            )
        )
    }
}
#endif
