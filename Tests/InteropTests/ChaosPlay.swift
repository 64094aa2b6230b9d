#if Endpoint
import Foundation
import IoTTestSupport

/// Publishers and subscribers that follow MQTT 3.1.1 to the letter, against a broker that is killed.
///
/// Publisher *n* publishes to `chaos/n`; subscriber *n* subscribes to `chaos/n` and to its neighbour's.
final class ChaosPlay {
    private struct Publisher {
        var link = Link()
        /// What was not acknowledged to the end, by identifier.
        var open: [UInt16: (text: String, qos: UInt8, isReleased: Bool)] = [:]
        var order: [UInt16] = []
        var nextID: UInt16 = 1
    }

    private struct Subscriber {
        var link = Link()
        var isSubscribed = false
        var unreleased: Set<UInt16> = []
        var received: [String: Int] = [:]
    }

    private struct Link {
        var socket: RawSocket?
        var isAccepted = false
        var input: [UInt8] = []
    }

    private var publishers: [Publisher]
    private var subscribers: [Subscriber]
    private var published: [[String]]
    private(set) var acknowledged = 0
    /// Sessions that the broker should have had and did not.
    private(set) var lostSessions = 0
    private var isPublishing = true

    init(pairs: Int) {
        publishers = Array(repeating: Publisher(), count: pairs)
        subscribers = Array(repeating: Subscriber(), count: pairs)
        published = Array(repeating: [], count: pairs)
    }

    var publishedCount: Int { published.reduce(0) { $0 + $1.count } }

    /// Messages that a subscriber did not get.
    var missing: [String] {
        subscribers.indices.flatMap { index in
            [index, (index + 1) % subscribers.count].flatMap { topic in
                published[topic].filter { subscribers[index].received[$0] == nil }
                    .map { "subscriber \(index): \($0)" }
            }
        }
    }

    /// QoS 2 messages that a subscriber got more than once.
    var repeated: [String] {
        subscribers.indices.flatMap { index in
            subscribers[index].received.filter { $0.key.hasPrefix("2") && $0.value > 1 }
                .map { "subscriber \(index): \($0.key) \($0.value) times" }
        }
    }

    /// Whether every message was acknowledged to the end.
    var isDone: Bool { publishers.allSatisfy(\.open.isEmpty) }

    /// Subscribes everybody; the broker is up.
    func begin(_ port: Int) -> Bool {
        let deadline = Date(timeIntervalSinceNow: 60)
        isPublishing = false
        while Date() < deadline, !subscribers.allSatisfy(\.isSubscribed) { turn(port) }
        isPublishing = true
        return subscribers.allSatisfy(\.isSubscribed)
    }

    /// Plays for a while.
    func run(_ port: Int, seconds: Double) {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline { turn(port) }
    }

    /// Publishes nothing new, and plays until all is delivered or nothing more comes.
    func finish(_ port: Int, seconds: Double) {
        isPublishing = false
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            turn(port)
            if isDone, missing.isEmpty { break }
        }
        // Time for what should not come.
        run(port, seconds: 0.5)
    }

    /// The broker is gone.
    func disconnect() {
        for index in publishers.indices { publishers[index].link = Link() }
        for index in subscribers.indices { subscribers[index].link = Link() }
    }

    private func turn(_ port: Int) {
        for index in publishers.indices { work(publisher: index, port) }
        for index in subscribers.indices { work(subscriber: index, port) }
        var polls = (publishers.map(\.link) + subscribers.map(\.link)).compactMap {
            $0.socket.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        }
        unsafe poll(&polls, nfds_t(polls.count), 2)
    }

    // MARK: Links

    private func open(_ link: inout Link, _ name: String, _ port: Int) {
        link = Link()
        link.socket = RawSocket(port: port)
        let id = Array(name.utf8)
        link.socket?.send(
            [0x10, UInt8(12 + id.count), 0, 4] + Array("MQTT".utf8)
                + [4, 0, 0, 0, 0, UInt8(id.count)] + id
        )
    }

    /// The packets that have arrived; forgets a link that is closed.
    private func packets(_ link: inout Link) -> [(type: UInt8, flags: UInt8, body: [UInt8])] {
        guard let socket = link.socket else { return [] }
        while let part = socket.receive(milliseconds: 0) {
            if part.isEmpty {
                link.socket = nil
                break
            }
            link.input += part
        }
        var packets: [(type: UInt8, flags: UInt8, body: [UInt8])] = []
        while link.input.count >= 2 {
            // Nothing here is longer than 127 bytes.
            let size = 2 + Int(link.input[1])
            guard link.input.count >= size else { break }
            let first = link.input[0]
            packets.append((first >> 4, first & 15, Array(link.input[2..<size])))
            link.input.removeFirst(size)
        }
        return packets
    }

    private static func identifier(_ body: [UInt8]) -> UInt16 {
        UInt16(body[0]) << 8 | UInt16(body[1])
    }

    private static func control(_ first: UInt8, _ id: UInt16) -> [UInt8] {
        [first, 2, UInt8(id >> 8), UInt8(truncatingIfNeeded: id)]
    }

    // MARK: Publishers

    private func work(publisher index: Int, _ port: Int) {
        if publishers[index].link.socket == nil {
            open(&publishers[index].link, "publisher-\(index)", port)
        }
        for packet in packets(&publishers[index].link) {
            switch packet.type {
            case 2:
                if packet.body[0] & 1 == 0,
                    publishers[index].open.contains(where: { $0.value.isReleased })
                {
                    lostSessions += 1
                }
                publishers[index].link.isAccepted = true
                resend(index)
            case 4, 7: close(index, Self.identifier(packet.body))
            case 5:
                let id = Self.identifier(packet.body)
                publishers[index].open[id]?.isReleased = true
                publishers[index].link.socket?.send(Self.control(0x62, id))
            default: continue
            }
        }
        guard isPublishing, publishers[index].link.isAccepted else { return }
        while publishers[index].open.count < 4 { publish(index) }
    }

    private func publish(_ index: Int) {
        let number = published[index].count
        let qos: UInt8 = number % 2 == 0 ? 1 : 2
        let text = "\(qos):\(index):\(number)"
        published[index].append(text)
        var id = publishers[index].nextID
        while publishers[index].open[id] != nil { id = id % 60 + 1 }
        publishers[index].nextID = id % 60 + 1
        publishers[index].open[id] = (text, qos, false)
        publishers[index].order.append(id)
        send(index, id, isDuplicate: false)
    }

    private func send(_ index: Int, _ id: UInt16, isDuplicate: Bool) {
        guard let entry = publishers[index].open[id] else { return }
        if entry.isReleased {
            publishers[index].link.socket?.send(Self.control(0x62, id))
            return
        }
        let topic = Array("chaos/\(index)".utf8)
        let payload = Array(entry.text.utf8)
        publishers[index].link.socket?.send(
            [
                0x30 | entry.qos << 1 | (isDuplicate ? 8 : 0),
                UInt8(4 + topic.count + payload.count), 0, UInt8(topic.count),
            ] + topic + [UInt8(id >> 8), UInt8(truncatingIfNeeded: id)] + payload
        )
    }

    private func resend(_ index: Int) {
        for id in publishers[index].order { send(index, id, isDuplicate: true) }
    }

    private func close(_ index: Int, _ id: UInt16) {
        guard publishers[index].open.removeValue(forKey: id) != nil else { return }
        publishers[index].order.removeAll { $0 == id }
        acknowledged += 1
    }

    // MARK: Subscribers

    private func work(subscriber index: Int, _ port: Int) {
        if subscribers[index].link.socket == nil {
            open(&subscribers[index].link, "subscriber-\(index)", port)
        }
        for packet in packets(&subscribers[index].link) {
            switch packet.type {
            case 2:
                if subscribers[index].isSubscribed {
                    if packet.body[0] & 1 == 0 { lostSessions += 1 }
                } else {
                    subscribe(index)
                }
            case 9: subscribers[index].isSubscribed = true
            case 3: take(index, packet.flags, packet.body)
            case 6:
                let id = Self.identifier(packet.body)
                subscribers[index].unreleased.remove(id)
                subscribers[index].link.socket?.send(Self.control(0x70, id))
            default: continue
            }
        }
    }

    private func subscribe(_ index: Int) {
        var body: [UInt8] = [0, 1]
        for topic in [index, (index + 1) % subscribers.count] {
            let filter = Array("chaos/\(topic)".utf8)
            body += [0, UInt8(filter.count)] + filter + [2]
        }
        subscribers[index].link.socket?.send([0x82, UInt8(body.count)] + body)
    }

    private func take(_ index: Int, _ flags: UInt8, _ body: [UInt8]) {
        let topic = Int(body[0]) << 8 | Int(body[1])
        let id = Self.identifier(Array(body[(2 + topic)...]))
        let text = String(decoding: body[(4 + topic)...], as: UTF8.self)
        if flags >> 1 & 3 == 2 {
            if subscribers[index].unreleased.insert(id).inserted {
                subscribers[index].received[text, default: 0] += 1
            }
            subscribers[index].link.socket?.send(Self.control(0x50, id))
        } else {
            subscribers[index].received[text, default: 0] += 1
            subscribers[index].link.socket?.send(Self.control(0x40, id))
        }
    }
}
#endif
