#if Endpoint
internal import MQTTBroker
internal import MQTTCodec
internal import NIOCore

/// Counters of the broker as retained messages below `$SYS/broker/`, by the names that mosquitto
/// gave them.
///
/// A topic is published again only when its value has changed.
struct SystemTopics {
    private let started: NIODeadline
    private var last: [String: String] = [:]

    init(started: NIODeadline) { self.started = started }

    /// The topics whose values have changed, and their values.
    mutating func changes(
        _ statistics: Broker.Statistics,
        at now: NIODeadline
    ) -> [(topic: String, value: String)] {
        let uptime = (now - started).nanoseconds / 1_000_000_000
        let values: [(String, String)] = [
            ("version", "iot-cloud"),
            ("uptime", "\(uptime) seconds"),
            ("clients/connected", "\(statistics.connections)"),
            ("clients/total", "\(statistics.sessions)"),
            ("clients/disconnected", "\(max(0, statistics.sessions - statistics.connections))"),
            ("messages/stored", "\(statistics.queuedMessages)"),
            ("store/messages/count", "\(statistics.queuedMessages)"),
            ("retained messages/count", "\(statistics.retainedMessages)"),
            ("subscriptions/count", "\(statistics.subscriptions)"),
            ("publish/messages/received", "\(statistics.received)"),
            ("publish/messages/sent", "\(statistics.sent)"),
            ("publish/messages/dropped", "\(statistics.dropped)"),
            ("bytes/received", "\(statistics.bytesReceived)"),
            ("bytes/sent", "\(statistics.bytesSent)"),
        ]
        var changes: [(topic: String, value: String)] = []
        for (name, value) in values where last[name] != value {
            last[name] = value
            changes.append(("$SYS/broker/" + name, value))
        }
        return changes
    }
}

extension BrokerLoop {
    /// Publishes what has changed since the last call.
    func publishSystemTopics(_ topics: inout SystemTopics) {
        guard !isStopping else { return }
        for (topic, value) in topics.changes(broker.statistics, at: .now()) {
            guard let content = try? SharedPublish(topicName: topic, payload: value.utf8Span.span)
            else { continue }
            _ = publish(content, qos: .atMostOnce, retain: true, expiry: nil)
        }
    }
}

extension CloudEndpoint {
    /// Publishes the counters again and again.
    ///
    /// - Returns: what stops that.
    func publishCounters(_ loop: NIOLoopBound<BrokerLoop>) -> () -> Void {
        guard let interval = configuration.systemTopicInterval else { return {} }
        let topics = NIOLoopBoundBox.makeBoxSendingValue(
            SystemTopics(started: .now()),
            eventLoop: loop.eventLoop
        )
        let task = loop.eventLoop.scheduleRepeatedTask(
            initialDelay: .zero,
            delay: TimeAmount(interval)
        ) { _ in loop.value.publishSystemTopics(&topics.value) }
        return { task.cancel() }
    }
}
#endif
