public import MQTTCodec

extension Broker {
    /// Everything a durable broker keeps, as a value: what ``StoreCommand`` values add up to.
    ///
    /// A store with tables applies one put for each row and hands the result to
    /// ``Broker/restore(_:at:)``; a store that is a log applies its commands in their order. The
    /// order of puts does not matter.
    public struct StoredState: Hashable, Sendable {
        struct Session: Hashable, Sendable {
            var session: StoredSession?
            var subscriptions: [String: StoredSubscription] = [:]
            var deliveries: [UInt64: StoredDelivery] = [:]
            var inbound: Set<PacketIdentifier> = []
        }

        var messages: [UInt64: StoredMessage] = [:]
        var retained: Set<UInt64> = []
        var sessions: [ClientIdentifier: Session] = [:]

        /// Nothing.
        public init() {}

        /// How many sessions, messages and retained messages there are.
        public var counts: (sessions: Int, messages: Int, retained: Int) {
            (sessions.count, messages.count, retained.count)
        }

        /// Carries out one change.
        public mutating func apply(_ command: StoreCommand) {
            switch command {
            case .putSession(let session):
                sessions[session.client.identifier, default: Session()].session = session
            case .removeSession(let client): sessions[client] = nil
            case .putSubscription(let client, let subscription):
                sessions[client, default: Session()].subscriptions[subscription.filter] =
                    subscription
            case .removeSubscription(let client, let filter):
                sessions[client]?.subscriptions[filter] = nil
            case .putMessage(let message): messages[message.number] = message
            case .removeMessage(let number): messages[number] = nil
            case .putRetained(let number): retained.insert(number)
            case .removeRetained(let number): retained.remove(number)
            case .putDelivery(let client, let delivery):
                sessions[client, default: Session()].deliveries[delivery.sequence] = delivery
            case .removeDelivery(let client, let sequence):
                sessions[client]?.deliveries[sequence] = nil
            case .putInbound(let client, let identifier):
                sessions[client, default: Session()].inbound.insert(identifier)
            case .removeInbound(let client, let identifier):
                sessions[client]?.inbound.remove(identifier)
            }
        }
    }

    /// Stored state that contradicts itself: no broker wrote it like this.
    public enum RestoreError: Error, Hashable, Sendable {
        /// The broker has connections, sessions or retained messages already.
        case notEmpty
        /// ``Configuration/isDurable`` is off: what happens next would not be stored.
        case notDurable
        /// A delivery or a retained topic needs a message that is not there.
        case unknownMessage(UInt64)
        /// Something belongs to a session that is not there.
        case unknownSession(ClientIdentifier)
        /// A filter that breaks a rule, or that the index does not take.
        case invalidFilter(ClientIdentifier, String)
        /// Two deliveries of a session have one packet identifier.
        case identifierInUse(ClientIdentifier, PacketIdentifier)
        /// Two retained messages have one topic.
        case topicRetainedTwice(UInt64)
    }
}
