#if Endpoint
internal import Logging
internal import MQTTBroker
internal import MQTTCodec

// What happens to clients: lifecycle messages, and lines of the log.

extension BrokerLoop {
    /// Publishes the lifecycle message of an event.
    func announce(_ event: Broker.Event) {
        guard let message = presence.message(for: event) else { return }
        broker.publish(
            message.topicName,
            payload: message.payload.span,
            qos: .atLeastOnce,
            at: now()
        )
    }

    func log(_ event: Broker.Event) {
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
}
#endif
