/// Runs a ``Pattern`` over a text: all threads in step, so that no text takes more than
/// O(instructions × scalars).
///
/// A machine keeps its memory from one search to the next.
struct PatternMachine {
    /// What a search found.
    enum Outcome: Equatable {
        /// Byte offsets of the match and its groups: start and end of each, -1 where a group took
        /// no part.
        case match([Int])
        case noMatch
        /// The steps ran out.
        case exhausted
    }

    private enum Task {
        case explore(Int)
        case restore(Int, Int)
    }

    /// Threads in order of preference; membership is answered in O(1).
    private struct ThreadList {
        var dense: [Int32] = []
        var count = 0
        var sparse: [Int32] = []
        var captures: [Int] = []

        mutating func prepare(_ size: Int, _ slots: Int) {
            if sparse.count < size {
                sparse = [Int32](repeating: 0, count: size)
                dense = [Int32](repeating: 0, count: size)
            }
            if captures.count < size * slots {
                captures = [Int](repeating: -1, count: size * slots)
            }
            count = 0
        }

        func contains(_ pc: Int) -> Bool {
            let index = Int(sparse[pc])
            return index < count && dense[index] == pc
        }

        mutating func insert(_ pc: Int) -> Int {
            sparse[pc] = Int32(truncatingIfNeeded: count)
            dense[count] = Int32(truncatingIfNeeded: pc)
            count += 1
            return count - 1
        }
    }

    /// Where in the text the machine stands.
    private struct Place {
        var offset: Int
        var previous: UInt32?
        var next: UInt32?
        /// The scalar behind `next`.
        var afterNext: UInt32?
        var isEnd: Bool
        var nextEndsText: Bool
        /// `next` and `afterNext` are CR and LF, and nothing follows.
        var crlfEndsText: Bool
    }

    private var current = ThreadList()
    private var following = ThreadList()
    private var explorer = Explorer()

    /// Searches the leftmost match that starts at `start` or later.
    ///
    /// - Parameters:
    ///   - pattern: what is searched.
    ///   - text: valid UTF-8.
    ///   - start: a byte offset between two scalars.
    ///   - wantsGroups: whether to track groups; without, only the whole match is reported.
    ///   - steps: lowered by the work that was done.
    /// - Returns: the match, or why there is none.
    mutating func search(
        _ pattern: Pattern,
        in text: [UInt8],
        from start: Int = 0,
        wantsGroups: Bool,
        steps: inout Int
    ) -> Outcome {
        let slots = wantsGroups ? 2 * (pattern.groupCount + 1) : 2
        current.prepare(pattern.code.count, slots)
        following.prepare(pattern.code.count, slots)
        var found: [Int]?
        var place = Self.place(in: text, at: start)
        while true {
            if found == nil, !(pattern.isAnchored && place.offset > 0) {
                explorer.clear(slots)
                explorer.add(pattern, 0, to: &current, place, slots, &steps)
            }
            if steps < 0 { return .exhausted }
            if current.count == 0, found != nil || (pattern.isAnchored && place.offset > 0) {
                break
            }
            let advanced = Self.place(in: text, after: place)
            following.count = 0
            step(pattern, place, advanced, slots, &found, &steps)
            swap(&current, &following)
            if place.isEnd { break }
            place = advanced
        }
        if steps < 0 { return .exhausted }
        return found.map { .match($0) } ?? .noMatch
    }

    /// Moves every thread over one scalar; a match cuts off the threads it is preferred to.
    private mutating func step(
        _ pattern: Pattern,
        _ place: Place,
        _ advanced: Place,
        _ slots: Int,
        _ found: inout [Int]?,
        _ steps: inout Int
    ) {
        for index in 0..<current.count {
            steps -= 1
            if steps < 0 { return }
            let pc = Int(current.dense[index])
            let matches: Bool
            switch pattern.code[pc] {
            case .scalar(let value): matches = place.next == value
            case .set(let set):
                matches = place.next.map { pattern.sets[set].contains($0) } ?? false
            case .match:
                found = Array(current.captures[(index * slots)..<((index + 1) * slots)])
                return
            default: continue
            }
            guard matches else { continue }
            for slot in 0..<slots {
                explorer.working[slot] = current.captures[index * slots + slot]
            }
            explorer.add(
                pattern,
                pc + 1 + pattern.shifts[pc],
                to: &following,
                advanced,
                slots,
                &steps
            )
        }
    }

    /// Follows a thread up to the instructions that read.
    private struct Explorer {
        var stack: [Task] = []
        /// The captures of the thread that is followed.
        var working: [Int] = []

        mutating func clear(_ slots: Int) {
            if working.count != slots { working = [Int](repeating: -1, count: slots) }
            for slot in 0..<slots { working[slot] = -1 }
        }

        /// Adds the thread at `pc` and all it reaches without reading.
        mutating func add(
            _ pattern: Pattern,
            _ pc: Int,
            to list: inout ThreadList,
            _ place: Place,
            _ slots: Int,
            _ steps: inout Int
        ) {
            stack.removeAll(keepingCapacity: true)
            stack.append(.explore(pc))
            while let task = stack.popLast() {
                guard case .explore(let pc) = task else {
                    if case .restore(let slot, let old) = task { working[slot] = old }
                    continue
                }
                if list.contains(pc) { continue }
                steps -= 1
                if steps < 0 { return }
                let index = list.insert(pc)
                switch pattern.code[pc] {
                case .jump(let target): stack.append(.explore(target))
                case .split(let first, let second):
                    stack.append(.explore(second))
                    stack.append(.explore(first))
                case .save(let slot):
                    if slot < slots {
                        stack.append(.restore(slot, working[slot]))
                        working[slot] = place.offset
                    }
                    stack.append(.explore(pc + 1))
                case .anchor(let anchor):
                    if PatternMachine.holds(anchor, place) { stack.append(.explore(pc + 1)) }
                case .scalar, .set, .match:
                    for slot in 0..<slots { list.captures[index * slots + slot] = working[slot] }
                }
            }
        }
    }

    // MARK: Places

    private static func place(in text: [UInt8], at offset: Int) -> Place {
        var before = offset
        while before > 0 {
            before -= 1
            if text[before] & 0xC0 != 0x80 { break }
        }
        let previous = offset > 0 ? scalar(in: text, at: before)?.value : nil
        return place(in: text, at: offset, previous: previous)
    }

    private static func place(in text: [UInt8], after place: Place) -> Place {
        guard let here = scalar(in: text, at: place.offset) else { return place }
        return self.place(in: text, at: place.offset + here.width, previous: place.next)
    }

    private static func place(in text: [UInt8], at offset: Int, previous: UInt32?) -> Place {
        let next = scalar(in: text, at: offset)
        let behind = offset + (next?.width ?? 0)
        return Place(
            offset: offset,
            previous: previous,
            next: next?.value,
            afterNext: next?.value == 0x0D ? scalar(in: text, at: behind)?.value : nil,
            isEnd: next == nil,
            nextEndsText: next != nil && behind == text.count,
            crlfEndsText: next?.value == 0x0D && behind + 1 == text.count
        )
    }

    private static func scalar(in text: [UInt8], at offset: Int) -> (value: UInt32, width: Int)? {
        guard offset < text.count else { return nil }
        let first = UInt32(text[offset])
        if first < 0x80 { return (first, 1) }
        func tail(_ index: Int) -> UInt32 {
            offset + index < text.count ? UInt32(text[offset + index]) & 0x3F : 0
        }
        if first < 0xE0 { return ((first & 0x1F) << 6 | tail(1), 2) }
        if first < 0xF0 { return ((first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3) }
        return ((first & 7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4)
    }

    private static func isLineTerminator(_ value: UInt32?) -> Bool {
        switch value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func isWord(_ value: UInt32?) -> Bool {
        guard let value, value < 0x80 else { return false }
        return Lexer.isWordPart(UInt8(value))
    }

    private static func holds(_ anchor: PatternNode.Anchor, _ place: Place) -> Bool {
        switch anchor {
        case .start: return place.offset == 0
        case .end: return place.isEnd
        case .wordBoundary: return isWord(place.previous) != isWord(place.next)
        case .notWordBoundary: return isWord(place.previous) == isWord(place.next)
        case .lineStart:
            if place.offset == 0 { return true }
            // Not between CR and LF, and not behind a terminator that ends the text.
            guard !place.isEnd, isLineTerminator(place.previous) else { return false }
            return !(place.previous == 0x0D && place.next == 0x0A)
        case .lineEnd:
            if place.isEnd { return true }
            guard isLineTerminator(place.next) else { return false }
            return !(place.previous == 0x0D && place.next == 0x0A)
        case .lastEnd:
            if place.isEnd { return true }
            if place.next == 0x0D, place.afterNext == 0x0A { return place.crlfEndsText }
            guard isLineTerminator(place.next), place.nextEndsText else { return false }
            return !(place.previous == 0x0D && place.next == 0x0A)
        }
    }
}
