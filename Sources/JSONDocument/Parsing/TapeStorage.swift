/// The memory of a reader: the tape, and the table of the duplicate check.
///
/// Grows, never shrinks.
@safe
struct TapeStorage: ~Copyable {
    private(set) var entries: UnsafeMutablePointer<TapeEntry>
    private(set) var capacity: Int
    var count = 0
    /// Two words for each level of nesting.
    let nameBits: UnsafeMutablePointer<UInt64>
    private var table: UnsafeMutablePointer<UInt32>?
    private var tableCapacity = 0

    init(capacity: Int) {
        unsafe entries = .allocate(capacity: capacity)
        self.capacity = capacity
        unsafe nameBits = .allocate(capacity: JSONReader.Options.highestDepth * 2)
        unsafe table = nil
    }

    deinit {
        unsafe entries.deallocate()
        unsafe nameBits.deallocate()
        unsafe table?.deallocate()
    }

    /// Doubles the tape, keeping its first `used` entries.
    @inline(never)
    mutating func grow(used: Int) {
        let larger = UnsafeMutablePointer<TapeEntry>.allocate(capacity: capacity * 2)
        unsafe larger.update(from: entries, count: used)
        unsafe entries.deallocate()
        unsafe entries = larger
        capacity *= 2
    }

    /// A table of `size` words, all 0.
    mutating func clearedTable(_ size: Int) -> UnsafeMutableBufferPointer<UInt32> {
        let words: UnsafeMutablePointer<UInt32>
        if let table = unsafe table, tableCapacity >= size {
            unsafe words = table
        } else {
            unsafe table?.deallocate()
            unsafe words = .allocate(capacity: size)
            unsafe table = words
            tableCapacity = size
        }
        unsafe words.update(repeating: 0, count: size)
        return unsafe UnsafeMutableBufferPointer(start: words, count: size)
    }
}
