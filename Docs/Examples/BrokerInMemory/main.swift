// MQTTBroker: a broker without sockets. Bytes and a time go in, outputs come out.

import IoTTime
import MQTTBroker
import MQTTCodec

/// Hands a client's packet to a broker, and tells how many bytes it sends to whom.
func receive(
    _ packet: ControlPacket,
    on client: Broker.ConnectionID,
    _ broker: inout Broker
) throws {
    let now = Broker.Now(
        monotonic: MonotonicTime(nanoseconds: 0),
        wall: WallClock(seconds: 1_700_000_000)
    )
    let bytes = try packet.encoded(as: .v5, from: .client)
    broker.received(bytes.span, on: client, at: now)
    while let output = broker.nextOutput() {
        switch output {
        case .send(let id, let batch):
            let whom = id == client ? "who sent it" : "the other"
            print("\(packet.packetType): \(batch.byteCount) bytes to \(whom)")
            broker.written(batch.byteCount, on: id, at: now)
        default: break
        }
    }
}

/// Two clients: one listens, the other speaks.
func play() throws {
    let now = Broker.Now(
        monotonic: MonotonicTime(nanoseconds: 0),
        wall: WallClock(seconds: 1_700_000_000)
    )
    var broker = Broker(policy: Broker.AllowAll(), random: SystemRandomNumberGenerator())
    let lamp = broker.opened(Broker.Peer(address: "192.0.2.1"), at: now)
    let console = broker.opened(Broker.Peer(address: "192.0.2.2"), at: now)
    try receive(.connect(Connect(clientIdentifier: "lamp")), on: lamp, &broker)
    try receive(.connect(Connect(clientIdentifier: "console")), on: console, &broker)
    let wanted = Subscription(topicFilter: "lamp/#", maximumQoS: .atMostOnce)
    try receive(
        .subscribe(Subscribe(packetIdentifier: 1, subscriptions: [wanted])),
        on: console,
        &broker
    )
    let state = Publish(topicName: "lamp/state", payload: Array("on".utf8))
    try receive(.publish(state), on: lamp, &broker)
}

try play()
