#if Endpoint
internal import MQTTBroker
internal import NIOCore

// Channels on the broker's own loop, and what comes over bridges from others.

extension BrokerLoop: BrokerPort {
    func opened(_ handler: MQTTConnectionHandler, peer: Broker.Peer) {
        let link = ConnectionLink(target: .here(handler), identity: handler.identity)
        handler.name = .connection(opened(link, peer: peer))
    }

    func received(_ bytes: ByteBuffer, on handler: MQTTConnectionHandler) {
        guard case .connection(let id) = handler.name else { return }
        received(bytes, on: id)
        scheduleDrain()
    }

    func written(_ count: Int, on handler: MQTTConnectionHandler) {
        guard case .connection(let id) = handler.name else { return }
        written(count, on: id)
        scheduleDrain()
    }

    func closed(_ handler: MQTTConnectionHandler) {
        guard case .connection(let id) = handler.name else { return }
        closed(id)
    }

    /// Takes everything that waits on the bridges, then puts out what comes of it.
    func takeArrivals() {
        for end in bridges {
            let (arrivals, hasSuspended) = end.bridge.take()
            for arrival in arrivals { take(arrival, from: end) }
            if hasSuspended { end.resumeSockets() }
        }
        drain()
    }

    private func take(_ arrival: LoopBridge.Arrival, from end: BrokerEnd) {
        switch arrival {
        case .opened(let token, let peer, let identity):
            let link = ConnectionLink(target: .there(end, token), identity: identity)
            end.connections[token] = opened(link, peer: peer)
        case .received(let token, let bytes):
            if let id = end.connections[token] { received(bytes, on: id) }
        case .written(let token, let count):
            if let id = end.connections[token] { written(count, on: id) }
        case .closed(let token):
            if let id = end.connections.removeValue(forKey: token) { closed(id) }
        }
    }
}
#endif
