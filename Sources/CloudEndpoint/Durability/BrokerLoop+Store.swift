#if Endpoint
internal import CoreMetrics
internal import Logging
internal import MQTTBroker
internal import NIOCore
internal import ServiceLifecycle

// The durable broker: groups of changes go to the disk, what rests on them leaves afterwards.

extension BrokerLoop {
    /// Takes over what was kept, and keeps what changes from now on.
    ///
    /// - Throws: `RestoreError` of the broker.
    func attach(_ queue: StoreQueue, _ state: Broker.StoredState) throws {
        try broker.restore(state, at: now())
        store = queue
        scheduleDrain()
    }

    /// Has a group of changes stored.
    func keep(_ group: Broker.StoreID, _ commands: [Broker.StoreCommand]) {
        let begin = NIODeadline.now()
        store?.submit(group, commands) { isStored in
            self.metrics.commits.recordNanoseconds((NIODeadline.now() - begin).nanoseconds)
            self.noteStored(group, isStored)
        }
    }

    /// Done once everything that has changed so far is stored; at once without a database.
    func whenStored() -> EventLoopFuture<Void> {
        store?.whenStored() ?? eventLoop.makeSucceededVoidFuture()
    }

    /// Reads nothing more from a connection until the disk has caught up.
    func waitForDisk(_ id: Broker.ConnectionID) {
        guard let link = links[id], !waitingForDisk.contains(id) else { return }
        link.setReading(false, for: .slowDisk)
        waitingForDisk.append(id)
    }

    private func noteStored(_ group: Broker.StoreID, _ isStored: Bool) {
        if isStored {
            broker.stored(group, at: now())
        } else {
            logger.critical("the broker's database cannot be written: everybody is disconnected")
            broker.storageFailed(at: now())
            whenStorageFails()
            whenStorageFails = {}
        }
        if let store, !waitingForDisk.isEmpty, store.hasCaughtUp || !isStored {
            for id in waitingForDisk { links[id]?.setReading(true, for: .slowDisk) }
            waitingForDisk = []
        }
        scheduleDrain()
        finishIfIdle()
    }
}

extension CloudEndpoint {
    /// Loads the database, where there is one, into the new broker.
    func attachDatabase(
        to loop: NIOLoopBound<BrokerLoop>,
        on eventLoop: any EventLoop,
        whenStorageFails: @escaping @Sendable () -> Void
    ) async throws {
        guard let database = configuration.brokerDatabase else { return }
        let state = try database.load()
        let counts = state.counts
        try await eventLoop.submit {
            let queue = StoreQueue(database, on: eventLoop)
            try loop.value.attach(queue, state)
            loop.value.whenStorageFails = whenStorageFails
        }.get()
        logger.info(
            "state loaded",
            metadata: [
                "sessions": "\(counts.sessions)", "messages": "\(counts.messages)",
                "retained": "\(counts.retained)",
            ]
        )
    }

    /// Returns when the endpoint is to stop.
    ///
    /// - Throws: ``StorageFailed`` when the database is the reason.
    static func untilShutdown(or failures: AsyncStream<Void>) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try? await gracefulShutdown() }
            group.addTask {
                for await _ in failures { throw StorageFailed() }
                // Cancelled: the other one returns.
                try? await gracefulShutdown()
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
#endif
