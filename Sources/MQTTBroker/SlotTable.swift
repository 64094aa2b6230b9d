/// Names one entry of a ``SlotTable``; a key of a removed entry never finds the slot's next owner.
struct SlotKey: Hashable, Sendable {
    /// The position in the table.
    let index: UInt32
    /// How often the position had been given away before.
    let generation: UInt32
}

/// A dense table whose keys stay unique although its slots are used again.
///
/// Lookup is one array access and one comparison, which is what makes a key cheaper than a
/// dictionary on the path of every message. A slot's generation wraps after 2³² owners.
struct SlotTable<Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var generation: UInt32
        var value: Value?
    }

    /// The first slot is never given away: it is what a dead key reads, so that every access yields
    /// memory in place and copies nothing.
    private var slots = [Slot(generation: 0, value: nil)]
    private var free: [UInt32] = []

    /// How many entries live.
    var count: Int { slots.count - 1 - free.count }

    /// Takes a free slot, or a new one.
    mutating func insert(_ value: Value) -> SlotKey {
        if let index = free.popLast() {
            slots[Int(index)].value = value
            return SlotKey(index: index, generation: slots[Int(index)].generation)
        }
        let index = UInt32(truncatingIfNeeded: slots.count)
        slots.append(Slot(generation: 0, value: value))
        return SlotKey(index: index, generation: 0)
    }

    /// Frees the slot; does nothing for a key that is no longer alive.
    @discardableResult
    mutating func remove(_ key: SlotKey) -> Value? {
        guard contains(key) else { return nil }
        let index = Int(key.index)
        let value = slots[index].value
        slots[index].value = nil
        slots[index].generation &+= 1
        free.append(key.index)
        return value
    }

    /// True while the entry that got `key` has not been removed.
    func contains(_ key: SlotKey) -> Bool {
        let index = Int(key.index)
        return index < slots.count && slots[index].generation == key.generation
            && slots[index].value != nil
    }

    /// The entry, in place; writes through a dead key are dropped.
    subscript(key: SlotKey) -> Value? {
        _read { yield slots[position(of: key)].value }
        _modify {
            let position = position(of: key)
            yield &slots[position].value
            if position == 0 { slots[0].value = nil }
        }
    }

    private func position(of key: SlotKey) -> Int { contains(key) ? Int(key.index) : 0 }

    /// The keys that live, in the order of their slots.
    var keys: [SlotKey] {
        slots.indices.compactMap { index in
            slots[index].value == nil
                ? nil
                : SlotKey(
                    index: UInt32(truncatingIfNeeded: index),
                    generation: slots[index].generation
                )
        }
    }
}
