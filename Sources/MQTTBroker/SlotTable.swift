/// Names one entry of a ``SlotTable``; a key of a removed entry never finds the slot's next owner.
struct SlotKey: Hashable, Sendable {
    /// The position in the table.
    let index: UInt32
    /// How often the position had been given away before.
    let generation: UInt32
}

/// A dense table whose keys stay unique although its slots are used again.
///
/// Lookup is one comparison and a pointer, which is what makes a key cheaper than a dictionary on the
/// path of every message. A slot's generation wraps after 2³² owners.
///
/// The memory is managed by hand because of how it is read: `table[key]?.count` has to load one
/// field. Through an array's element it copies the whole entry and counts references for each
/// field of it, measured at eight times the cost.
@safe
struct SlotTable<Value: Sendable>: ~Copyable, @unchecked Sendable {
    /// Never given away: what a dead key reads, always `nil`, and what it writes, made `nil` before.
    private static var reserved: Int { 2 }

    private var values: UnsafeMutablePointer<Value?>
    private var generations: [UInt32]
    private var capacity: Int
    private var used = reserved
    private var free: [UInt32] = []

    init() {
        capacity = 16
        unsafe values = .allocate(capacity: capacity)
        unsafe values.initialize(repeating: nil, count: capacity)
        generations = Array(repeating: 0, count: capacity)
    }

    deinit {
        unsafe values.deinitialize(count: capacity)
        unsafe values.deallocate()
    }

    /// How many entries live.
    var count: Int { used - Self.reserved - free.count }

    /// Takes a free slot, or a new one.
    mutating func insert(_ value: Value) -> SlotKey {
        let index: Int
        if let last = free.popLast() {
            index = Int(last)
        } else {
            if used == capacity { grow() }
            index = used
            used += 1
        }
        unsafe values[index] = value
        return SlotKey(index: UInt32(truncatingIfNeeded: index), generation: generations[index])
    }

    private mutating func grow() {
        let larger = capacity * 2
        let memory = UnsafeMutablePointer<Value?>.allocate(capacity: larger)
        unsafe memory.moveInitialize(from: values, count: capacity)
        unsafe (memory + capacity).initialize(repeating: nil, count: larger - capacity)
        unsafe values.deallocate()
        unsafe values = memory
        generations.append(contentsOf: repeatElement(0, count: larger - capacity))
        capacity = larger
    }

    /// Frees the slot; does nothing for a key that is no longer alive.
    @discardableResult
    mutating func remove(_ key: SlotKey) -> Value? {
        guard contains(key) else { return nil }
        let index = Int(key.index)
        let value = unsafe values[index]
        unsafe values[index] = nil
        generations[index] &+= 1
        free.append(key.index)
        return value
    }

    /// True while the entry that got `key` has not been removed.
    func contains(_ key: SlotKey) -> Bool {
        let index = Int(key.index)
        guard index >= Self.reserved, index < used, generations[index] == key.generation else {
            return false
        }
        return unsafe values[index] != nil
    }

    /// The entry, in place; writes through a dead key are dropped.
    subscript(key: SlotKey) -> Value? {
        @inline(__always)
        unsafeAddress {
            let index = Int(key.index)
            guard index >= Self.reserved, index < used, generations[index] == key.generation else {
                return unsafe UnsafePointer(values)
            }
            return unsafe UnsafePointer(values + index)
        }
        @inline(__always)
        unsafeMutableAddress {
            let index = Int(key.index)
            guard index >= Self.reserved, index < used, generations[index] == key.generation else {
                unsafe values[1] = nil
                return unsafe values + 1
            }
            return unsafe values + index
        }
    }

    /// The keys that live, in the order of their slots.
    var keys: [SlotKey] {
        (Self.reserved..<used).compactMap { index in
            unsafe values[index] == nil
                ? nil
                : SlotKey(
                    index: UInt32(truncatingIfNeeded: index),
                    generation: generations[index]
                )
        }
    }
}
