/// Where one subscription stands in two lists: its filter's (or share group's), and its
/// subscriber's.
@usableFromInline
struct SubscriptionLink: Sendable {
    /// The filter record or share group record.
    @usableFromInline var owner: UInt32 = 0
    @usableFromInline var next: UInt32 = 0
    @usableFromInline var previous: UInt32 = 0
    @usableFromInline var nextOfSubscriber: UInt32 = 0
    @usableFromInline var previousOfSubscriber: UInt32 = 0

    @usableFromInline
    init() {}
}

/// Numbers for subscriptions, 256 to a page, and their links; a page whose last number is given
/// back goes away.
@usableFromInline
struct LinkPool: Sendable {
    @usableFromInline static let pageSize = 256

    @usableFromInline private(set) var pages = Pages<SubscriptionLink>()
    private var used: [UInt16] = []
    private var firstFree: [UInt16] = []
    private var untouched: [UInt16] = []
    private var isListed: [Bool] = []
    private var open: [UInt32] = []
    private var freePages: [UInt32] = []
    @usableFromInline private(set) var count = 0

    @usableFromInline
    init() {}

    var byteCount: Int { pages.byteCount + used.count * 7 }

    @inline(__always)
    subscript(_ number: UInt32) -> SubscriptionLink {
        get { unsafe pages.page(Int(number >> 8))[Int(number & 255)] }
        set { unsafe pages.mutablePage(Int(number >> 8))[Int(number & 255)] = newValue }
    }

    /// A link, for writing.
    @inline(__always)
    mutating func mutable(_ number: UInt32) -> UnsafeMutablePointer<SubscriptionLink> {
        unsafe pages.mutablePage(Int(number >> 8)) + Int(number & 255)
    }

    /// A new number, never 0, and the page that was added for it, if one was.
    @usableFromInline
    mutating func allocate() -> (number: UInt32, newPage: Int?) {
        var added: Int?
        while let top = open.last, isFull(Int(top)) {
            open.removeLast()
            isListed[Int(top)] = false
        }
        if open.isEmpty { added = addPage() }
        let page = Int(open[open.count - 1])
        let slot: UInt16
        if firstFree[page] != 0 {
            slot = firstFree[page]
            firstFree[page] = UInt16(
                truncatingIfNeeded: unsafe pages.page(page)[Int(slot)].next
            )
        } else {
            slot = untouched[page]
            untouched[page] += 1
        }
        used[page] += 1
        count += 1
        let number = UInt32(page) << 8 | UInt32(slot)
        self[number] = SubscriptionLink()
        return (number, added)
    }

    /// Gives a number back.
    ///
    /// - Returns: the page that was removed with it, if it was the page's last.
    @usableFromInline
    mutating func free(_ number: UInt32) -> Int? {
        let page = Int(number >> 8)
        used[page] -= 1
        count -= 1
        guard used[page] > 0 else {
            pages.remove(page)
            freePages.append(UInt32(page))
            untouched[page] = 0
            firstFree[page] = 0
            return page
        }
        unsafe mutable(number).pointee.next = UInt32(firstFree[page])
        firstFree[page] = UInt16(truncatingIfNeeded: number & 255)
        list(page)
        return nil
    }

    /// Whether a page has no room; one that is gone counts as full.
    private func isFull(_ page: Int) -> Bool {
        firstFree[page] == 0 && (untouched[page] == 0 || untouched[page] == 256)
    }

    private mutating func list(_ page: Int) {
        guard !isListed[page] else { return }
        isListed[page] = true
        open.append(UInt32(page))
    }

    /// Slot 0 of every page stays unused: a free list ends with it, and number 0 is nothing.
    private mutating func addPage() -> Int {
        let page: Int
        if let last = freePages.popLast() {
            page = Int(last)
            used[page] = 0
            firstFree[page] = 0
            untouched[page] = 1
        } else {
            page = used.count
            used.append(0)
            firstFree.append(0)
            untouched.append(1)
            isListed.append(false)
        }
        pages.add(page, capacity: Self.pageSize, repeating: SubscriptionLink())
        list(page)
        return page
    }
}
