#if Endpoint
internal import MQTTBroker
internal import NIOCore

/// What a channel tells the broker: straight away where both share an event loop, through a
/// ``LoopBridge`` where they do not.
protocol BrokerPort: AnyObject {
    /// A channel became active.
    func opened(_ handler: MQTTConnectionHandler, peer: Broker.Peer)
    /// Bytes arrived.
    func received(_ bytes: ByteBuffer, on handler: MQTTConnectionHandler)
    /// A batch of so many bytes reached the socket.
    func written(_ count: Int, on handler: MQTTConnectionHandler)
    /// A channel became inactive.
    func closed(_ handler: MQTTConnectionHandler)
}

/// Where the outputs of one connection go.
struct ConnectionLink {
    /// The two places a channel can be.
    enum Target {
        /// On the broker's own event loop.
        case here(MQTTConnectionHandler)
        /// On another one.
        case there(BrokerEnd, UInt32)
    }

    let target: Target
    let identity: ConnectionIdentity?

    func write(_ batch: OutboundBatch) {
        switch target {
        case .here(let handler): handler.write(batch)
        case .there(let end, let token): end.add(.write(token, batch))
        }
    }

    func setReading(_ isOn: Bool, for reason: MQTTConnectionHandler.Suspension) {
        switch target {
        case .here(let handler): handler.setReading(isOn, for: reason)
        case .there(let end, let token): end.add(.setReading(token, isOn, reason))
        }
    }

    func finish(_ reason: Broker.CloseReason) {
        switch target {
        case .here(let handler): handler.finish(reason)
        case .there(let end, let token): end.add(.finish(token, reason))
        }
    }
}
#endif
