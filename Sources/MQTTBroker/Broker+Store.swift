internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// Durability: changes go out as commands, and nothing that rests on a change leaves before it is
// stored. Without `Configuration.isDurable` none of this does anything.

extension Broker {
    /// A group of ``Output/store(_:_:)`` is stored, and so are all groups before it.
    ///
    /// Acknowledgements and messages that waited for it come out now.
    public mutating func stored(_ group: StoreID, at now: Now) {
        guard journal.note(group) else { return }
        let waiting = waitingForStore
        waitingForStore = RingBuffer()
        waiting.forEach { key in
            guard connections.contains(key) else { return }
            connections[key]?.isWaitingForStore = false
            if connections[key]?.isDirty == false {
                connections[key]?.isDirty = true
                dirty.append(key)
            }
        }
        settle(at: now)
    }

    /// A group could not be stored: what the broker remembers is more than what is kept.
    ///
    /// Every connection is closed, nobody is acknowledged anything more, and new connections are
    /// closed at once. Make a new broker from what was stored.
    public mutating func storageFailed(at now: Now) {
        hasStorageFailed = true
        for key in connections.keys { close(key, .server(.unspecifiedError), at: now) }
        settle(at: now)
    }

    // MARK: Holding back

    /// Makes what is sent next on a connection wait for everything that has changed so far.
    mutating func holdUntilStored(_ key: SlotKey) {
        guard isDurable else { return }
        let needed = journal.needed
        guard needed > journal.stored, let group = connections[key]?.outputGroup, group < needed
        else { return }
        sealOutput(key)
        connections[key]?.outputGroup = needed
    }

    /// Puts the unsent bytes aside, with the group they rest on.
    private mutating func sealOutput(_ key: SlotKey) {
        guard let batch = connections[key]?.output, !batch.isEmpty,
            let group = connections[key]?.outputGroup
        else { return }
        connections[key]?.output = OutboundBatch()
        connections[key]?.held.append(HeldBatch(group: group, batch: batch))
        connections[key]?.heldBytes += batch.byteCount
    }

    /// Takes the bytes of a connection that rest on nothing unstored.
    mutating func takeStoredBatch(_ key: SlotKey) -> OutboundBatch? {
        while let first = connections[key]?.held.first {
            guard first.group <= journal.stored else {
                waitForStore(key)
                return nil
            }
            _ = connections[key]?.held.popFirst()
            connections[key]?.heldBytes -= first.batch.byteCount
            let isLast = connections[key]?.held.isEmpty == true
            if !isLast || connections[key]?.output.isEmpty == false { dirty.append(key) }
            if isLast, connections[key]?.output.isEmpty == true {
                connections[key]?.isDirty = false
            }
            return first.batch
        }
        if connections[key]?.outputGroup ?? 0 > journal.stored,
            connections[key]?.output.isEmpty == false
        {
            waitForStore(key)
            return nil
        }
        return takeBatch(key)
    }

    private mutating func waitForStore(_ key: SlotKey) {
        connections[key]?.isDirty = false
        guard connections[key]?.isWaitingForStore == false else { return }
        connections[key]?.isWaitingForStore = true
        waitingForStore.append(key)
    }

    /// Before the end of a connection: hands out what may leave, forgets what may not.
    mutating func releaseHeld(_ key: SlotKey) {
        guard isDurable, connections.contains(key) else { return }
        while let first = connections[key]?.held.popFirst() {
            connections[key]?.heldBytes -= first.batch.byteCount
            if first.group <= journal.stored {
                outputs.append(.send(ConnectionID(key: key), first.batch))
            } else {
                connections[key]?.unwritten -= first.batch.byteCount
            }
        }
        if connections[key]?.outputGroup ?? 0 > journal.stored {
            let unsent = connections[key]?.output.byteCount ?? 0
            connections[key]?.unwritten -= unsent
            connections[key]?.output = OutboundBatch()
            connections[key]?.isDirty = false
        }
        connections[key]?.outputGroup = 0
    }
}
