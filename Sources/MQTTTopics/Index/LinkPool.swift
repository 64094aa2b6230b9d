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
    private var states: [PageState] = []
    private var open: [UInt32] = []
    private var freePages: [UInt32] = []
    @usableFromInline private(set) var count = 0

    /// What is free in a page.
    private struct PageState {
        var used: UInt16 = 0
        var firstFree: UInt16 = 0
        var untouched: UInt16 = 1
        var isListed = false

        /// Whether there is no room; a page that is gone counts as full.
        var isFull: Bool { firstFree == 0 && (untouched == 0 || untouched == 256) }
    }

    @usableFromInline
    init() {}

    var byteCount: Int { pages.byteCount + states.count * MemoryLayout<PageState>.stride }

    @inline(__always)
    subscript(_ number: UInt32) -> SubscriptionLink {
        get { unsafe pages.page(Int(number >> 8))[Int(number & 255)] }
        set { unsafe pages.mutablePage(Int(number >> 8))[Int(number & 255)] = newValue }
    }

    /// The subscription behind another in its owner's list, or 0.
    ///
    /// Not through the storage: that is generic, and asks for its own type before each call.
    @usableFromInline
    func next(_ number: UInt32) -> UInt32 {
        unsafe pages.existingPage(Int(number >> 8))[Int(number & 255)].next
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
        while let top = open.last, states[Int(top)].isFull {
            open.removeLast()
            states[Int(top)].isListed = false
        }
        if open.isEmpty { added = addPage() }
        let page = Int(open[open.count - 1])
        var state = states[page]
        let slot: UInt16
        if state.firstFree != 0 {
            slot = state.firstFree
            state.firstFree = UInt16(truncatingIfNeeded: unsafe pages.page(page)[Int(slot)].next)
        } else {
            slot = state.untouched
            state.untouched += 1
        }
        state.used += 1
        states[page] = state
        count += 1
        return (UInt32(page) << 8 | UInt32(slot), added)
    }

    /// Gives a number back.
    ///
    /// - Returns: the page that was removed with it, if it was the page's last.
    @usableFromInline
    mutating func free(_ number: UInt32) -> Int? {
        let page = Int(number >> 8)
        var state = states[page]
        state.used -= 1
        count -= 1
        guard state.used > 0 else {
            pages.remove(page)
            freePages.append(UInt32(page))
            state.untouched = 0
            state.firstFree = 0
            states[page] = state
            return page
        }
        unsafe mutable(number).pointee.next = UInt32(state.firstFree)
        state.firstFree = UInt16(truncatingIfNeeded: number & 255)
        if !state.isListed {
            state.isListed = true
            open.append(UInt32(page))
        }
        states[page] = state
        return nil
    }

    /// Slot 0 of every page stays unused: a free list ends with it, and number 0 is nothing.
    private mutating func addPage() -> Int {
        let page: Int
        if let last = freePages.popLast() {
            page = Int(last)
            // A page that is still listed from before its removal stays so.
            let isListed = states[page].isListed
            states[page] = PageState()
            states[page].isListed = isListed
        } else {
            page = states.count
            states.append(PageState())
        }
        pages.add(page, capacity: Self.pageSize, repeating: SubscriptionLink())
        if !states[page].isListed {
            states[page].isListed = true
            open.append(UInt32(page))
        }
        return page
    }
}
