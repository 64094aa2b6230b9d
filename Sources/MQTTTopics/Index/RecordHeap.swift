/// Variable-size records in paged memory, given back page by page.
///
/// A reference is a page number and a word in the page; 0 refers to nothing. Records of one size
/// class share pages; a record too long for a page gets one of its own. The first eight words of
/// every page are its header.
struct RecordHeap: Sendable {
    typealias Reference = UInt32

    /// Words in a page.
    static let pageWords = 1024
    private static let headerWords = 8
    /// The longest record that shares pages.
    private static let largestShared = 1016
    private static let classCount = 124

    // Words of a page's header.
    private static let recordWords = 0
    private static let used = 1
    private static let firstFree = 2
    private static let untouched = 3
    private static let previous = 4
    private static let next = 5
    private static let isListed = 6

    private(set) var pages = Pages<UInt32>()
    private var freePages: [UInt32] = []
    private var pageCount: UInt32 = 0
    /// For each size class, the number plus one of a page with room.
    private var open = [UInt32](repeating: 0, count: RecordHeap.classCount + 1)

    /// Pages are numbered below this.
    static let maximumPages: UInt32 = 1 << 21

    /// Whether a record of any size still has room.
    var hasRoom: Bool { !freePages.isEmpty || pageCount < Self.maximumPages - 1 }

    var byteCount: Int { pages.byteCount }

    // MARK: Words

    /// The words of a record.
    @inline(__always)
    func words(_ reference: Reference) -> UnsafePointer<UInt32> {
        unsafe UnsafePointer(pages.page(Int(reference >> 10)) + Int(reference & 1023))
    }

    /// The words of a record, for writing.
    @inline(__always)
    mutating func mutableWords(_ reference: Reference) -> UnsafeMutablePointer<UInt32> {
        unsafe pages.mutablePage(Int(reference >> 10)) + Int(reference & 1023)
    }

    @inline(__always)
    subscript(_ reference: Reference, _ word: Int) -> UInt32 {
        get { unsafe words(reference)[word] }
        set { unsafe mutableWords(reference)[word] = newValue }
    }

    // MARK: Allocation

    private static func sizeClass(_ words: Int) -> (index: Int, words: Int)? {
        if words <= 64 { return (words, words) }
        guard words <= largestShared else { return nil }
        let index = 64 + (words - 64 + 15) / 16
        return (index, min(64 + (index - 64) * 16, largestShared))
    }

    /// Room for `words` words, all zero.
    mutating func allocate(words: Int) -> Reference {
        guard let size = Self.sizeClass(words) else {
            let page = addPage(capacity: Self.headerWords + words)
            let header = unsafe pages.mutablePage(Int(page))
            unsafe header[Self.recordWords] = UInt32(words)
            unsafe header[Self.used] = 1
            return page << 10 | UInt32(Self.headerWords)
        }
        if open[size.index] == 0 {
            let page = addPage(capacity: Self.pageWords)
            let header = unsafe pages.mutablePage(Int(page))
            unsafe header[Self.recordWords] = UInt32(size.words)
            unsafe header[Self.untouched] = UInt32(Self.headerWords)
            list(page, size.index)
        }
        let page = open[size.index] - 1
        let header = unsafe pages.mutablePage(Int(page))
        var word = unsafe header[Self.firstFree]
        if word != 0 {
            unsafe header[Self.firstFree] = header[Int(word)]
        } else {
            word = unsafe header[Self.untouched]
            unsafe header[Self.untouched] = word + UInt32(size.words)
        }
        unsafe header[Self.used] += 1
        let isFull =
            unsafe header[Self.firstFree] == 0
            && Int(header[Self.untouched]) + size.words > Self.pageWords
        unsafe (header + Int(word)).update(repeating: 0, count: size.words)
        if isFull { unlist(page, size.index) }
        return page << 10 | word
    }

    /// Gives a record back.
    mutating func free(_ reference: Reference) {
        let page = reference >> 10
        let header = unsafe pages.mutablePage(Int(page))
        guard let size = Self.sizeClass(Int(unsafe header[Self.recordWords])) else {
            removePage(page)
            return
        }
        unsafe header[Self.used] -= 1
        if unsafe header[Self.used] == 0 {
            if unsafe header[Self.isListed] == 1 { unlist(page, size.index) }
            removePage(page)
            return
        }
        let word = reference & 1023
        unsafe header[Int(word)] = header[Self.firstFree]
        unsafe header[Self.firstFree] = word
        if unsafe header[Self.isListed] == 0 { list(page, size.index) }
    }

    private mutating func addPage(capacity: Int) -> UInt32 {
        let page: UInt32
        if let last = freePages.popLast() {
            page = last
        } else {
            page = pageCount
            pageCount += 1
        }
        pages.add(Int(page), capacity: capacity, repeating: 0)
        return page
    }

    private mutating func removePage(_ page: UInt32) {
        pages.remove(Int(page))
        freePages.append(page)
    }

    /// Puts a page at the head of its class's list of pages with room.
    private mutating func list(_ page: UInt32, _ index: Int) {
        let head = open[index]
        let header = unsafe pages.mutablePage(Int(page))
        unsafe header[Self.previous] = 0
        unsafe header[Self.next] = head
        unsafe header[Self.isListed] = 1
        if head != 0 { unsafe pages.mutablePage(Int(head - 1))[Self.previous] = page + 1 }
        open[index] = page + 1
    }

    private mutating func unlist(_ page: UInt32, _ index: Int) {
        let header = unsafe pages.mutablePage(Int(page))
        let before = unsafe header[Self.previous]
        let after = unsafe header[Self.next]
        unsafe header[Self.isListed] = 0
        if before != 0 {
            unsafe pages.mutablePage(Int(before - 1))[Self.next] = after
        } else {
            open[index] = after
        }
        if after != 0 { unsafe pages.mutablePage(Int(after - 1))[Self.previous] = before }
    }
}
