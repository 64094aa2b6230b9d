public import Synchronization

/// Memory in pages that copies of this value share until one of them writes.
///
/// A copy costs one retain: it is what a snapshot is made of. The first write to a page that is
/// shared copies that page, and before it the list of 64 pages it stands in and the list of those
/// lists: never the whole. Readers of a copy run on other threads while the owner writes.
///
/// Unsafe code: pages are reached through raw pointers, because arrays of arrays cost a retain and
/// a release for every read (measured at 6 to 8 ns each, a match makes about thirty reads). The
/// reference counts of pages and of lists are atomic, the owner only ever writes to what it holds
/// alone, and every index is checked against the list.
@safe
@usableFromInline
struct Pages<Element>: @unchecked Sendable {
    @usableFromInline typealias Block = UnsafeMutableRawPointer

    /// The outermost list.
    ///
    /// One object for each value that has written since it was copied.
    @safe
    @usableFromInline
    final class Root {
        @usableFromInline let groups: UnsafeMutablePointer<Block?>
        @usableFromInline let capacity: Int
        /// Whether ``Pages/markShared()`` was called since this root was made or found unshared.
        @usableFromInline let isShared = Atomic(false)

        @inlinable
        init(capacity: Int) {
            self.capacity = capacity
            unsafe groups = .allocate(capacity: capacity)
            unsafe groups.initialize(repeating: nil, count: capacity)
        }

        @inlinable
        deinit {
            for i in 0..<capacity {
                if let group = unsafe groups[i] { unsafe Pages.release(group: group) }
            }
            unsafe groups.deallocate()
        }
    }

    /// Pages in one inner list.
    @inlinable
    static var groupSize: Int { 64 }
    /// Bytes in front of a page's elements: the reference count and the capacity.
    ///
    /// Elements of a cache line's size start on one.
    @inlinable
    static var headerSize: Int { MemoryLayout<Element>.stride == 64 ? 64 : 16 }

    @usableFromInline var root: Root
    /// `root.groups`, to save a load for each read.
    @usableFromInline var groups: UnsafeMutablePointer<Block?>
    @usableFromInline var groupCapacity: Int
    /// Bytes of all pages that this value refers to, headers included.
    @usableFromInline var byteCount = 0

    @inlinable
    init() {
        root = Root(capacity: 1)
        unsafe groups = root.groups
        groupCapacity = 1
    }

    // MARK: Reading

    /// The elements of page `index`.
    @inlinable
    @inline(__always)
    func page(_ index: Int) -> UnsafeMutablePointer<Element> {
        let group = index >> 6
        precondition(group < groupCapacity)
        guard let list = unsafe groups[group],
            let block = unsafe Self.slots(list)[index & 63]
        else { preconditionFailure("no such page") }
        return unsafe Self.elements(block)
    }

    /// The elements of a page that this value's owner has a reference to.
    ///
    /// Unchecked: the checks of ``page(_:)`` were a twentieth of a match.
    @inlinable
    @inline(__always)
    func existingPage(_ index: Int) -> UnsafeMutablePointer<Element> {
        assert(index >> 6 < groupCapacity)
        return unsafe reader.page(index)
    }

    /// Reads pages without holding them, so that a closure that reads costs no reference counts.
    ///
    /// Good as long as the value it came from is neither changed nor gone.
    @safe
    @usableFromInline
    struct Reader {
        @usableFromInline let groups: UnsafeMutablePointer<Block?>

        @inlinable
        @inline(__always)
        init(_ groups: UnsafeMutablePointer<Block?>) { unsafe self.groups = groups }

        /// The elements of a page that is there.
        @inlinable
        @inline(__always)
        func page(_ index: Int) -> UnsafeMutablePointer<Element> {
            let list = unsafe groups[index >> 6].unsafelyUnwrapped
            return unsafe Pages.elements(Pages.slots(list)[index & 63].unsafelyUnwrapped)
        }
    }

    /// A reader of this value as it is.
    @inlinable
    @inline(__always)
    var reader: Reader { unsafe Reader(groups) }

    // MARK: Writing

    /// Has to be called before this value is copied; then both sides copy before they write.
    ///
    /// Asking the runtime whether the root is referenced once costs a call for every write; asking
    /// this flag costs a load.
    @inlinable
    func markShared() { root.isShared.store(true, ordering: .relaxed) }

    /// The elements of page `index`, after copying what is shared.
    @inlinable
    @inline(__always)
    mutating func mutablePage(_ index: Int) -> UnsafeMutablePointer<Element> {
        let group = unsafe uniqueGroup(index >> 6)
        let bit = UInt64(1) << UInt64(index & 63)
        let slot = unsafe Self.slots(group) + (index & 63)
        if unsafe Self.owned(group).pointee & bit == 0 { unsafe own(slot, group, bit) }
        guard let block = unsafe slot.pointee else { preconditionFailure("no such page") }
        return unsafe Self.elements(block)
    }

    /// Copies a page unless this group alone refers to it, and remembers that.
    @inlinable
    @inline(never)
    func own(_ slot: UnsafeMutablePointer<Block?>, _ group: Block, _ bit: UInt64) {
        guard let block = unsafe slot.pointee else { preconditionFailure("no such page") }
        if unsafe Self.counter(block).pointee.load(ordering: .acquiring) != 1 {
            unsafe slot.pointee = Self.copy(of: block)
            unsafe Self.release(page: block)
        }
        unsafe Self.owned(group).pointee |= bit
    }

    /// Puts a new page at `index`, where there is none.
    @inlinable
    mutating func add(_ index: Int, capacity: Int, repeating value: Element) {
        grow(toHold: index >> 6)
        let group = unsafe uniqueGroup(index >> 6)
        let slot = unsafe Self.slots(group) + (index & 63)
        precondition(unsafe slot.pointee == nil)
        let block = unsafe Self.makePage(capacity: capacity)
        unsafe Self.elements(block).initialize(repeating: value, count: capacity)
        unsafe slot.pointee = block
        unsafe Self.owned(group).pointee |= 1 << UInt64(index & 63)
        byteCount += Self.bytes(capacity)
    }

    /// Gives page `index` back.
    @inlinable
    mutating func remove(_ index: Int) {
        let group = unsafe uniqueGroup(index >> 6)
        let slot = unsafe Self.slots(group) + (index & 63)
        guard let block = unsafe slot.pointee else { preconditionFailure("no such page") }
        byteCount -= Self.bytes(unsafe Self.capacity(block))
        unsafe slot.pointee = nil
        unsafe Self.owned(group).pointee &= ~(1 << UInt64(index & 63))
        unsafe Self.release(page: block)
    }

    /// How many elements page `index` has.
    func capacity(_ index: Int) -> Int {
        guard let list = unsafe groups[index >> 6], let page = unsafe Self.slots(list)[index & 63]
        else { preconditionFailure("no such page") }
        return unsafe Self.capacity(page)
    }

    /// Moves page `index` to a longer one.
    mutating func resize(_ index: Int, to capacity: Int, filling value: Element) {
        let old = unsafe page(index)
        let count = self.capacity(index)
        let group = unsafe uniqueGroup(index >> 6)
        let slot = unsafe Self.slots(group) + (index & 63)
        guard let block = unsafe slot.pointee else { preconditionFailure("no such page") }
        let longer = unsafe Self.makePage(capacity: capacity)
        unsafe Self.elements(longer).initialize(from: old, count: count)
        unsafe (Self.elements(longer) + count).initialize(repeating: value, count: capacity - count)
        unsafe slot.pointee = longer
        unsafe Self.owned(group).pointee |= 1 << UInt64(index & 63)
        byteCount += Self.bytes(capacity) - Self.bytes(count)
        unsafe Self.release(page: block)
    }

    @inlinable
    mutating func grow(toHold group: Int) {
        guard group >= groupCapacity else { return }
        replaceRoot(capacity: max(group + 1, groupCapacity * 2))
    }

    /// A root of this value's own, with the same groups.
    @inlinable
    @inline(never)
    mutating func replaceRoot(capacity: Int) {
        let next = Root(capacity: capacity)
        for i in 0..<groupCapacity {
            guard let group = unsafe groups[i] else { continue }
            _ = unsafe Self.counter(group).pointee.wrappingAdd(1, ordering: .relaxed)
            unsafe next.groups[i] = group
        }
        root = next
        unsafe groups = next.groups
        groupCapacity = capacity
    }

    @inlinable
    @inline(__always)
    mutating func uniqueGroup(_ position: Int) -> Block {
        if root.isShared.load(ordering: .relaxed) { takeRoot() }
        precondition(position < groupCapacity)
        if let group = unsafe groups[position],
            unsafe Self.counter(group).pointee.load(ordering: .acquiring) == 1
        {
            return unsafe group
        }
        return unsafe replaceGroup(position)
    }

    /// Makes the root this value's own.
    @inlinable
    @inline(never)
    mutating func takeRoot() {
        if isKnownUniquelyReferenced(&root) {
            root.isShared.store(false, ordering: .relaxed)
        } else {
            replaceRoot(capacity: groupCapacity)
        }
    }

    /// A group of this value's own, with the same pages.
    @inlinable
    @inline(never)
    func replaceGroup(_ position: Int) -> Block {
        let size = Self.groupSize
        let next = Block.allocate(byteCount: 16 + size * 8, alignment: 16)
        unsafe next.bindMemory(to: Atomic<Int>.self, capacity: 1).initialize(to: Atomic(1))
        unsafe (next + 8).bindMemory(to: UInt64.self, capacity: 1).initialize(to: 0)
        let slots = unsafe (next + 16).bindMemory(to: Optional<Block>.self, capacity: size)
        unsafe slots.initialize(repeating: nil, count: size)
        if let old = unsafe groups[position] {
            for i in 0..<size {
                guard let page = unsafe Self.slots(old)[i] else { continue }
                _ = unsafe Self.counter(page).pointee.wrappingAdd(1, ordering: .relaxed)
                unsafe slots[i] = page
            }
            unsafe Self.release(group: old)
        }
        unsafe groups[position] = next
        return unsafe next
    }

    // MARK: Blocks

    @inlinable
    static func bytes(_ capacity: Int) -> Int {
        headerSize + capacity * MemoryLayout<Element>.stride
    }

    /// The reference count at the start of a page or a group.
    @inlinable
    @inline(__always)
    static func counter(_ block: Block) -> UnsafeMutablePointer<Atomic<Int>> {
        unsafe block.assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// A bit for each page that is known to have no other reference than this group's.
    @inlinable
    @inline(__always)
    static func owned(_ group: Block) -> UnsafeMutablePointer<UInt64> {
        unsafe (group + 8).assumingMemoryBound(to: UInt64.self)
    }

    @inlinable
    @inline(__always)
    static func slots(_ group: Block) -> UnsafeMutablePointer<Block?> {
        unsafe (group + 16).assumingMemoryBound(to: Optional<Block>.self)
    }

    @inlinable
    @inline(__always)
    static func elements(_ page: Block) -> UnsafeMutablePointer<Element> {
        unsafe (page + headerSize).assumingMemoryBound(to: Element.self)
    }

    @inlinable
    static func capacity(_ page: Block) -> Int {
        unsafe (page + 8).assumingMemoryBound(to: Int.self).pointee
    }

    /// A page whose elements are not initialised yet.
    @inlinable
    static func makePage(capacity: Int) -> Block {
        let page = Block.allocate(byteCount: bytes(capacity), alignment: headerSize)
        unsafe page.bindMemory(to: Atomic<Int>.self, capacity: 1).initialize(to: Atomic(1))
        unsafe (page + 8).bindMemory(to: Int.self, capacity: 1).initialize(to: capacity)
        _ = unsafe (page + headerSize).bindMemory(to: Element.self, capacity: capacity)
        return unsafe page
    }

    @inlinable
    @inline(never)
    static func copy(of page: Block) -> Block {
        let capacity = unsafe capacity(page)
        let copy = unsafe makePage(capacity: capacity)
        unsafe elements(copy).initialize(from: elements(page), count: capacity)
        return unsafe copy
    }

    @inlinable
    @inline(never)
    static func release(page: Block) {
        let before = unsafe counter(page).pointee
            .wrappingSubtract(1, ordering: .acquiringAndReleasing).oldValue
        guard before == 1 else { return }
        _ = unsafe elements(page).deinitialize(count: capacity(page))
        unsafe page.deallocate()
    }

    @inlinable
    @inline(never)
    static func release(group: Block) {
        let before = unsafe counter(group).pointee
            .wrappingSubtract(1, ordering: .acquiringAndReleasing).oldValue
        guard before == 1 else { return }
        for i in 0..<groupSize {
            if let page = unsafe slots(group)[i] { unsafe release(page: page) }
        }
        unsafe group.deallocate()
    }
}
