/// What the policy said about topics a session is sent: a small direct-mapped table.
///
/// A hit compares all bytes and allocates nothing. A topic that is longer than
/// ``longestTopic`` is asked about each time, so that the table stays small.
struct ReceiveCache: Sendable {
    private struct Entry: Sendable {
        var topic: [UInt8] = []
        var isAllowed = false
    }

    static let longestTopic = 512

    private var entries: [Entry] = []

    /// The remembered answer.
    func decision(for topic: Span<UInt8>) -> Bool? {
        guard !entries.isEmpty else { return nil }
        let position = Int(truncatingIfNeeded: topic.shortHash) & (entries.count - 1)
        let known = entries[position].topic
        guard !topic.isEmpty, known.span.isSame(as: topic) else { return nil }
        return entries[position].isAllowed
    }

    /// Remembers an answer; `capacity` is rounded up to a power of two.
    mutating func insert(_ topic: Span<UInt8>, _ isAllowed: Bool, capacity: Int) {
        guard topic.count <= Self.longestTopic else { return }
        if entries.isEmpty {
            var size = 1
            while size < min(max(1, capacity), 65_536) { size *= 2 }
            entries = Array(repeating: Entry(), count: size)
        }
        let position = Int(truncatingIfNeeded: topic.shortHash) & (entries.count - 1)
        entries[position] = Entry(topic: [UInt8](copying: topic), isAllowed: isAllowed)
    }

    /// Forgets everything.
    mutating func removeAll() { entries = [] }
}

extension Span<UInt8> {
    /// A hash for small tables whose hits compare all bytes: eight bytes at a time.
    var shortHash: UInt64 {
        var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        var position = 0
        let end = count
        while position + 8 <= end {
            // Inside the span: the loop's condition.
            let word = unsafe withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            }
            hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 29
            position += 8
        }
        while position < end {
            hash = (hash ^ UInt64(self[position])) &* 0x0000_0100_0000_01B3
            position += 1
        }
        hash ^= hash >> 32
        return hash ^ hash >> 16
    }

    /// Whether the bytes are the same.
    func isSame(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
