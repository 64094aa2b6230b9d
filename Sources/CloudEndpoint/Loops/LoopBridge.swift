#if Endpoint
internal import MQTTBroker
internal import NIOCore
internal import Synchronization

/// Carries what happens on an event loop of sockets to the broker's loop, and the outputs back.
///
/// Each direction is handed over once per turn of a loop, whatever came together in it, and in order:
/// so nothing of one connection overtakes anything else of it. What is on its way to the broker is
/// bounded: sockets are not read while the broker is behind.
final class LoopBridge: Sendable {
    /// Something that happened to a channel.
    enum Arrival: Sendable {
        case opened(UInt32, Broker.Peer, ConnectionIdentity?)
        case received(UInt32, ByteBuffer)
        case written(UInt32, Int)
        case closed(UInt32)
    }

    /// Something to do with a channel.
    enum Departure: Sendable {
        case write(UInt32, OutboundBatch)
        case setReading(UInt32, Bool, MQTTConnectionHandler.Suspension)
        case finish(UInt32, Broker.CloseReason)
    }

    private struct Waiting {
        var arrivals: [Arrival] = []
        var bytes = 0
        var hasSuspended = false
    }

    /// Bytes that may wait for the broker before sockets of this loop are read no more.
    static let limit = 4 << 20

    let brokerLoop: any EventLoop
    let socketLoop: any EventLoop
    private let waiting = Mutex(Waiting())

    init(from socketLoop: any EventLoop, to brokerLoop: any EventLoop) {
        self.socketLoop = socketLoop
        self.brokerLoop = brokerLoop
    }

    /// Adds what one turn of the sockets' loop brought.
    ///
    /// - Returns: whether the broker has to be woken, and whether it is behind.
    func post(_ arrivals: [Arrival], bytes: Int) -> (isFirst: Bool, isBehind: Bool) {
        waiting.withLock { waiting in
            let isFirst = waiting.arrivals.isEmpty
            if isFirst { waiting.arrivals = arrivals } else { waiting.arrivals += arrivals }
            waiting.bytes += bytes
            let isBehind = waiting.bytes > Self.limit
            if isBehind { waiting.hasSuspended = true }
            return (isFirst, isBehind)
        }
    }

    /// Takes everything that waits, and says whether sockets wait to be read again.
    func take() -> (arrivals: [Arrival], hasSuspended: Bool) {
        waiting.withLock { waiting in
            let taken = (waiting.arrivals, waiting.hasSuspended)
            waiting = Waiting()
            return taken
        }
    }
}

/// The sockets' end of a ``LoopBridge``; confined to their event loop.
final class SocketEnd: BrokerPort {
    private let bridge: LoopBridge
    /// Called on the broker's loop when something waits for it.
    private let wake: @Sendable () -> Void
    private var handlers: [UInt32: MQTTConnectionHandler] = [:]
    private var nextToken: UInt32 = 0
    private var arrivals: [LoopBridge.Arrival] = []
    private var bytes = 0
    /// Tokens that brought bytes in this turn.
    private var sources: [UInt32] = []
    private var suspended: [UInt32] = []

    init(_ bridge: LoopBridge, wake: @escaping @Sendable () -> Void) {
        self.bridge = bridge
        self.wake = wake
    }

    func opened(_ handler: MQTTConnectionHandler, peer: Broker.Peer) {
        // Used again only after 2³² connections; one that is still open then is passed over.
        repeat { nextToken &+= 1 } while handlers[nextToken] != nil
        handler.name = .token(nextToken)
        handlers[nextToken] = handler
        add(.opened(nextToken, peer, handler.identity))
    }

    func received(_ bytes: ByteBuffer, on handler: MQTTConnectionHandler) {
        guard case .token(let token) = handler.name else { return }
        self.bytes += bytes.readableBytes
        if sources.last != token { sources.append(token) }
        add(.received(token, bytes))
    }

    func written(_ count: Int, on handler: MQTTConnectionHandler) {
        guard case .token(let token) = handler.name else { return }
        add(.written(token, count))
    }

    func closed(_ handler: MQTTConnectionHandler) {
        guard case .token(let token) = handler.name else { return }
        handlers[token] = nil
        add(.closed(token))
    }

    /// Does what the broker put out.
    func perform(_ departures: [LoopBridge.Departure]) {
        for departure in departures {
            switch departure {
            case .write(let token, let batch): handlers[token]?.write(batch)
            case .setReading(let token, let isOn, let reason):
                handlers[token]?.setReading(isOn, for: reason)
            case .finish(let token, let reason): handlers[token]?.finish(reason)
            }
        }
    }

    /// The broker has caught up.
    func resume() {
        for token in suspended { handlers[token]?.setReading(true, for: .slowBroker) }
        suspended = []
    }

    private func add(_ arrival: LoopBridge.Arrival) {
        arrivals.append(arrival)
        guard arrivals.count == 1 else { return }
        bridge.socketLoop.assumeIsolated().execute { self.flush() }
    }

    private func flush() {
        let (isFirst, isBehind) = bridge.post(arrivals, bytes: bytes)
        if isBehind {
            for token in sources { handlers[token]?.setReading(false, for: .slowBroker) }
            suspended += sources
        }
        arrivals = []
        sources.removeAll(keepingCapacity: true)
        bytes = 0
        if isFirst { bridge.brokerLoop.execute(wake) }
    }
}

/// The broker's end of a ``LoopBridge``; confined to the broker's event loop.
final class BrokerEnd {
    let bridge: LoopBridge
    private let sockets: NIOLoopBound<SocketEnd>
    private var departures: [LoopBridge.Departure] = []
    /// The broker's names of the connections.
    var connections: [UInt32: Broker.ConnectionID] = [:]

    init(_ bridge: LoopBridge, _ sockets: NIOLoopBound<SocketEnd>) {
        self.bridge = bridge
        self.sockets = sockets
    }

    func add(_ departure: LoopBridge.Departure) { departures.append(departure) }

    /// Hands over what the broker has put out.
    func flush() {
        guard !departures.isEmpty else { return }
        let departures = departures
        self.departures = []
        bridge.socketLoop.execute { [sockets] in sockets.value.perform(departures) }
    }

    /// Has sockets read again that waited for the broker.
    func resumeSockets() {
        bridge.socketLoop.execute { [sockets] in sockets.value.resume() }
    }
}
#endif
