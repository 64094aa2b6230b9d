#if Endpoint
internal import DeviceShadow
internal import MQTTBroker
internal import MQTTCodec
internal import MQTTTopics
internal import NIOCore

/// The broker, from other threads: each call goes to its event loop and comes back.
struct BrokerAccess: Sendable {
    private let loop: NIOLoopBound<BrokerLoop>
    private let eventLoop: any EventLoop

    init(_ loop: NIOLoopBound<BrokerLoop>, on eventLoop: any EventLoop) {
        self.loop = loop
        self.eventLoop = eventLoop
    }

    /// Publishes a message of the endpoint's own; with a database, returns once it is stored.
    func publish(
        _ content: SharedPublish,
        qos: QoS,
        retain: Bool,
        expiry: UInt32?,
        depth: Int = 0
    ) async throws -> Broker.PublishResult {
        try await eventLoop.flatSubmit { [loop] in
            let result = loop.value.publish(
                content,
                qos: qos,
                retain: retain,
                expiry: expiry,
                depth: depth
            )
            return loop.value.whenStored().map { result }
        }.get()
    }

    /// The retained message of a topic.
    func retainedMessage(of topic: String) async throws -> Broker.PublishedMessage? {
        try await eventLoop.submit { [loop] in loop.value.retainedMessage(of: topic) }.get()
    }

    /// Topic, payload size and level of each retained message.
    func retainedMessages() async throws -> [(topic: String, size: Int, qos: QoS)] {
        try await eventLoop.submit { [loop] in
            var list: [(topic: String, size: Int, qos: QoS)] = []
            // `#` leaves out what begins with `$`, as it does for a subscriber.
            guard let all = try? TopicFilter("#") else { return list }
            loop.value.forEachRetained(matching: all) { message in
                let name = message.topicName
                let topic = String(decoding: name.indices.map { name[$0] }, as: UTF8.self)
                list.append((topic, message.payload.count, message.qos))
            }
            return list
        }.get()
    }

    /// Serves a request to a shadow; `nil` where the endpoint has none.
    func shadow(
        _ operation: ShadowTopic.Operation,
        _ thing: String,
        _ name: String?,
        _ payload: [UInt8]
    ) async throws -> ShadowResult? {
        try await eventLoop.flatSubmit { [loop] in
            loop.value.shadow(operation, thing, name, payload)
        }.get()
    }

    /// Brings the endpoint's metrics up to date.
    func sampleMetrics() async throws {
        try await eventLoop.submit { [loop] in loop.value.sampleMetrics() }.get()
    }
}
#endif
