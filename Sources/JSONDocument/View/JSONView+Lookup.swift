extension JSONView {
    /// The value of a member; `nil` where the value is no object or has no such member.
    ///
    /// - Complexity: O(*n*) in the members, about 1 ns for each; nothing is built.
    @inlinable
    public subscript(member: StaticString) -> JSONView? {
        @_lifetime(copy self) get {
            let bytes = unsafe Span(
                _unsafeStart: member.utf8Start,
                count: member.utf8CodeUnitCount
            )
            return self.member(utf8: bytes)
        }
    }

    /// The value of a member whose name is known beforehand; `nil` as for ``subscript(_:)``.
    @inlinable
    @_lifetime(copy self)
    public func member(_ key: borrowing JSONKey) -> JSONView? {
        let isShort = key.ends.count <= UInt32(JSONShortKey.limit)
        let found = isShort ? find(key.ends) : find(key.hash, key.utf8.span)
        return found < 0 ? nil : at(found)
    }

    /// The value of a member whose short name is known beforehand; `nil` as for ``subscript(_:)``.
    ///
    /// - Complexity: O(*n*) in the members, less than 1 ns for each.
    @inlinable
    @_lifetime(copy self)
    public func member(_ key: JSONShortKey) -> JSONView? {
        let found = find(key)
        return found < 0 ? nil : at(found)
    }

    /// Whether there is a member of a short name; `false` where the value is no object.
    ///
    /// - Complexity: as ``member(_:)-(JSONShortKey)``; mostly O(1) for a name that the root of a text
    ///   does not have.
    @inlinable
    public func hasMember(_ key: JSONShortKey) -> Bool {
        let root = entry
        if index == 0, root.tag == UInt32(JSONKind.object.rawValue),
            !tape[Int(root.next)].mayHold(key.hash)
        {
            return false
        }
        return find(key) >= 0
    }

    /// The value of a member, its name given as UTF-8 without escapes; `nil` as for ``subscript(_:)``.
    @inlinable
    @_lifetime(copy self)
    public func member(utf8 name: Span<UInt8>) -> JSONView? {
        let found = find(JSONKey.hash(of: name), name)
        return found < 0 ? nil : at(found)
    }

    /// The element of an array; `nil` outside of it and for other kinds.
    ///
    /// - Complexity: O(1) in an array that holds no arrays and objects, else O(*n*) in `position`.
    @_lifetime(copy self)
    public func element(at position: Int) -> JSONView? {
        let entry = entry
        guard entry.tag == UInt32(JSONKind.array.rawValue), position >= 0 else { return nil }
        if entry.info & TapeEntry.nested == 0 {
            let (target, overflow) = position.addingReportingOverflow(index + 1)
            return overflow || target >= Int(entry.next) ? nil : at(target)
        }
        var k = index + 1
        var left = position
        while k < Int(entry.next) {
            if left == 0 { return at(k) }
            left -= 1
            k = Int(tape[k].next)
        }
        return nil
    }

    /// The value that a JSON Pointer names. RFC 6901 §4
    ///
    /// - Returns: `nil` where the text has no such value.
    @_lifetime(copy self)
    public func value(at pointer: JSONPointer) -> JSONView? {
        var k = index
        for token in pointer.tokens {
            let view = at(k)
            if view.entry.tag == UInt32(JSONKind.object.rawValue) {
                k = view.find(token.key.hash, token.key.utf8.span)
                if k < 0 { return nil }
            } else {
                guard let position = token.index, let next = view.element(at: position) else {
                    return nil
                }
                k = next.index
            }
        }
        return at(k)
    }

    /// The value below this one along member names; `nil` where one is missing.
    @_lifetime(copy self)
    public func value(at path: [JSONKey]) -> JSONView? {
        var k = index
        for key in path {
            k = at(k).find(key.hash, key.utf8.span)
            if k < 0 { return nil }
        }
        return at(k)
    }

    /// The index of a member's value; -1 where there is none.
    @inlinable
    func find(_ hash: UInt32, _ name: Span<UInt8>) -> Int {
        let object = entry
        guard object.tag == UInt32(JSONKind.object.rawValue) else { return -1 }
        let end = Int(object.next)
        var k = index + 1
        // The parser made the tape: every name below `end` has its value behind it. Unchecked reads
        // take a quarter off a lookup.
        if object.info & TapeEntry.nested == 0 {
            while k < end {
                if unsafe tape[unchecked: k].next == hash && matches(tape[k], name) { return k + 1 }
                k &+= 2
            }
            return -1
        }
        while k < end {
            if unsafe tape[unchecked: k].next == hash && matches(tape[k], name) { return k + 1 }
            k = unsafe Int(tape[unchecked: k &+ 1].next)
        }
        return -1
    }

    /// The index of a member's value; -1 where there is none.
    @inlinable
    @inline(__always)
    func find(_ key: JSONShortKey) -> Int {
        let object = entry
        guard object.tag == UInt32(JSONKind.object.rawValue) else { return -1 }
        let end = Int(object.next)
        var k = index &+ 1
        let isFlat = object.info & TapeEntry.nested == 0
        // The parser made the tape, as above.
        while k < end {
            if unsafe tape[unchecked: k].next == key.hash, unsafe matches(tape[unchecked: k], key) {
                return k &+ 1
            }
            k = unsafe isFlat ? k &+ 2 : Int(tape[unchecked: k &+ 1].next)
        }
        return -1
    }

    /// Whether a name's entry, whose hash fits, stands for `key` and counts.
    @inlinable
    @inline(__always)
    func matches(_ entry: TapeEntry, _ key: JSONShortKey) -> Bool {
        guard entry.info & (TapeEntry.escaped | TapeEntry.shadowed) == 0 else {
            return matchesEscaped(entry, key)
        }
        guard entry.length == key.count else { return false }
        let start = Int(entry.start)
        let count = Int(entry.length)
        // The parser made the entry: its range is inside the text, and behind a name stand a quote,
        // a colon and a value.
        if count >= 8 {
            return unsafe word(start) == key.head && word(start &+ count &- 8) == key.tail
        }
        if start &+ 8 <= text.count {
            let mask = ~(~0 &<< UInt64(truncatingIfNeeded: count &* 8))
            return unsafe word(start) & mask == key.head
        }
        return hasBytes(start, count, key)
    }

    /// Eight bytes of the text, lowest first.
    @unsafe
    @inlinable
    @inline(__always)
    func word(_ start: Int) -> UInt64 {
        unsafe UInt64(
            littleEndian: text.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: start,
                as: UInt64.self
            )
        )
    }

    @usableFromInline
    @inline(never)
    func hasBytes(_ start: Int, _ count: Int, _ key: JSONShortKey) -> Bool {
        for place in 0..<count
        where text[start + place] != UInt8(truncatingIfNeeded: key.head >> UInt64(place * 8)) {
            return false
        }
        return true
    }

    @usableFromInline
    @inline(never)
    func matchesEscaped(_ entry: TapeEntry, _ key: JSONShortKey) -> Bool {
        guard entry.info & TapeEntry.shadowed == 0 else { return false }
        let count = Int(key.count)
        var name = [16 of UInt8](repeating: 0)
        for place in 0..<count {
            // The last eight bytes are those of `tail`, which overlap the first ones of `head`.
            let fromEnd = count - place
            let byte =
                place < 8
                ? key.head >> UInt64(place * 8) : key.tail >> UInt64((8 - fromEnd) * 8)
            name[place] = UInt8(truncatingIfNeeded: byte)
        }
        return stringText(entry) == name.span.extracting(0..<count)
    }

    /// Whether a name's entry, whose hash fits, stands for `name` and counts.
    @inlinable
    func matches(_ entry: TapeEntry, _ name: Span<UInt8>) -> Bool {
        if entry.info & (TapeEntry.escaped | TapeEntry.shadowed) == 0 {
            guard Int(entry.length) == name.count else { return false }
            let start = Int(entry.start)
            return text.extracting(start..<start + name.count).hasSameBytes(as: name)
        }
        return entry.info & TapeEntry.shadowed == 0 && stringText(entry) == name
    }
}

extension Span<UInt8> {
    /// Whether both hold the same bytes.
    @inlinable
    func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        // Loads are bounds-checked; words of eight bytes, the last one overlapping.
        let a = unsafe bytes
        let b = unsafe other.bytes
        if count < 8 {
            if count >= 4 {
                let x = unsafe a.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
                let y = unsafe b.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
                let z = unsafe a.unsafeLoadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
                return unsafe x == y
                    && z == b.unsafeLoadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            }
            var k = 0
            while k < count {
                if self[k] != other[k] { return false }
                k &+= 1
            }
            return true
        }
        var k = 0
        while k &+ 8 <= count {
            let x = unsafe a.unsafeLoadUnaligned(fromByteOffset: k, as: UInt64.self)
            let y = unsafe b.unsafeLoadUnaligned(fromByteOffset: k, as: UInt64.self)
            if x != y { return false }
            k &+= 8
        }
        let x = unsafe a.unsafeLoadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        return unsafe x == b.unsafeLoadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
}
