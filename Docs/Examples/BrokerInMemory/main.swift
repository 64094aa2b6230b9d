// MQTTBroker: a broker without sockets. Bytes and a time go in, outputs come out.

import IoTTime
import MQTTBroker
import MQTTCodec

var broker = Broker(policy: Broker.AllowAll(), random: SystemRandomNumberGenerator())
let now = Broker.Now(
    monotonic: MonotonicTime(nanoseconds: 0),
    wall: WallClock(seconds: 1_700_000_000)
)

/// Hands a client's packet to the broker, and tells what it sends to whom.
func receive(_ packet: ControlPacket, on client: Broker.ConnectionID) throws {
    broker.received(try packet.encoded(as: .v5, from: .client).span, on: client, at: now)
    while let output = broker.nextOutput() {
        guard case .send(let id, let batch) = output else { continue }
        broker.written(batch.byteCount, on: id, at: now)
        print("\(batch.byteCount) bytes to \(id == lamp ? "the lamp" : "the console")")
    }
}

let lamp = broker.opened(Broker.Peer(address: "192.0.2.1"), at: now)
let console = broker.opened(Broker.Peer(address: "192.0.2.2"), at: now)
try receive(.connect(Connect(clientIdentifier: "lamp")), on: lamp)
try receive(.connect(Connect(clientIdentifier: "console")), on: console)
let wanted = Subscription(topicFilter: "lamp/#", maximumQoS: .atMostOnce)
try receive(.subscribe(Subscribe(packetIdentifier: 1, subscriptions: [wanted])), on: console)
try receive(.publish(Publish(topicName: "lamp/state", payload: Array("on".utf8))), on: lamp)
