/// A first-in, first-out queue that gives its memory back when it runs empty.
struct RingBuffer<Element: Sendable>: Sendable {
    private var storage: [Element?] = []
    private var head = 0

    /// How many elements wait.
    private(set) var count = 0

    /// True when nothing waits.
    var isEmpty: Bool { count == 0 }

    /// The element that waited longest.
    var first: Element? { count == 0 ? nil : storage[head] }

    /// Adds an element behind all others; O(1), amortised.
    mutating func append(_ element: Element) {
        if count == storage.count { grow() }
        storage[(head + count) & (storage.count - 1)] = element
        count += 1
    }

    /// Takes the element that waited longest; O(1).
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head]
        storage[head] = nil
        head = (head + 1) & (storage.count - 1)
        count -= 1
        if count == 0, storage.count > 64 { storage = [] }
        if count == 0 { head = 0 }
        return element
    }

    /// Forgets all elements and their memory.
    mutating func removeAll() { self = RingBuffer() }

    /// Calls `body` for each element, oldest first.
    func forEach(_ body: (Element) -> Void) {
        for offset in 0..<count {
            if let element = storage[(head + offset) & (storage.count - 1)] { body(element) }
        }
    }

    /// Doubles the storage, which stays a power of two.
    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(4, storage.count * 2))
        for offset in 0..<count { larger.append(storage[(head + offset) & (storage.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: max(4, storage.count * 2) - count))
        storage = larger
        head = 0
    }
}
