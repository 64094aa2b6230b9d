internal import IoTTime

/// Deadlines in order: a binary heap with at most one *current* entry per owner.
///
/// An owner remembers the deadline of its current entry; entries that no longer agree with it are
/// stale and skipped when they come up. ``compact(keeping:)`` removes them when they outnumber
/// the owners, so that a client which connects over and over cannot fill the heap.
struct TimerQueue: Sendable {
    /// Whom a deadline belongs to.
    enum Owner: Hashable, Sendable {
        case connection(SlotKey)
        case session(SlotKey)
    }

    /// One deadline.
    struct Entry: Sendable {
        let deadline: MonotonicTime
        let owner: Owner
    }

    private var heap: [Entry] = []

    /// How many entries are stored, stale ones too.
    var count: Int { heap.count }

    /// The earliest deadline, possibly of a stale entry.
    var first: MonotonicTime? { heap.first?.deadline }

    /// Adds an entry; O(log *n*).
    mutating func insert(_ deadline: MonotonicTime, for owner: Owner) {
        heap.append(Entry(deadline: deadline, owner: owner))
        siftUp(heap.count - 1)
    }

    /// Takes the earliest entry if it is due; O(log *n*).
    mutating func popDue(at now: MonotonicTime) -> Entry? {
        guard let entry = heap.first, entry.deadline <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return entry
    }

    /// Drops every entry that `isCurrent` refuses; O(*n*).
    mutating func compact(keeping isCurrent: (Entry) -> Bool) {
        heap = heap.filter(isCurrent)
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].deadline < heap[parent].deadline else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var smallest = index
            for child in (2 * index + 1)..<(2 * index + 3)
            where child < heap.count && heap[child].deadline < heap[smallest].deadline {
                smallest = child
            }
            if smallest == index { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
