#if Endpoint
internal import MQTTBroker
internal import MQTTCodec
internal import NIOCore

/// Carries the broker's groups of changes to the database, and counts what is on its way.
///
/// Confined to the broker's event loop.
final class StoreQueue {
    /// Cost of what is on its way beyond which clients have to wait, in bytes.
    static let limit = 32 << 20

    private let database: BrokerDatabase
    private let eventLoop: any EventLoop
    private var cost = 0
    private var groups = 0
    private var lastGroup: Broker.StoreID?
    private var waiters: [(group: Broker.StoreID, promise: EventLoopPromise<Void>)] = []

    init(_ database: BrokerDatabase, on eventLoop: any EventLoop) {
        self.database = database
        self.eventLoop = eventLoop
    }

    /// Whether more comes in than the disk takes.
    var isBehind: Bool { cost > Self.limit }
    /// Whether what has piled up is mostly gone.
    var hasCaughtUp: Bool { cost <= Self.limit / 2 }
    /// Whether nothing is on its way.
    var isIdle: Bool { groups == 0 }

    /// Hands a group to the database; `then` is called on the event loop once it is stored, or not.
    func submit(
        _ group: Broker.StoreID,
        _ commands: [Broker.StoreCommand],
        then: @escaping (_ isStored: Bool) -> Void
    ) {
        let bytes = commands.reduce(0) { $0 + Self.cost(of: $1) }
        cost += bytes
        groups += 1
        lastGroup = group
        let done = NIOLoopBound(
            { (isStored: Bool) in
                self.cost -= bytes
                self.groups -= 1
                then(isStored)
                self.finishWaiters(upTo: group, isStored)
            },
            eventLoop: eventLoop
        )
        let eventLoop = eventLoop
        database.write(commands) { isStored in
            eventLoop.execute { done.value(isStored) }
        }
    }

    /// Done once everything submitted so far is stored.
    func whenStored() -> EventLoopFuture<Void> {
        guard let lastGroup, groups > 0 else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        waiters.append((lastGroup, promise))
        return promise.futureResult
    }

    private func finishWaiters(upTo group: Broker.StoreID, _ isStored: Bool) {
        while let first = waiters.first, first.group <= group {
            waiters.removeFirst()
            if isStored {
                first.promise.succeed(())
            } else {
                first.promise.fail(CloudEndpoint.StorageFailed())
            }
        }
    }

    private static func cost(of command: Broker.StoreCommand) -> Int {
        switch command {
        case .putMessage(let message):
            192 + message.content.topicName.count + message.content.payload.count
        case .putSession(let session):
            512 + (session.will?.content.payload.count ?? 0)
        default: 192
        }
    }
}

extension CloudEndpoint {
    /// The database of a durable endpoint could not be written: the endpoint ends, because what it
    /// remembers is more than what is kept.
    public struct StorageFailed: Error, Hashable, Sendable, CustomStringConvertible {
        /// For an operator.
        public var description: String { "the broker's database could not be written" }
    }
}
#endif
