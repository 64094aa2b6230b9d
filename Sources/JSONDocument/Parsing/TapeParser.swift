/// The one pass over a text: checks RFC 8259 and fills the tape.
///
/// Nothing recurses: an open array or object keeps the index of the one around it in its own entry.
/// All state is in this struct's fields, which the optimiser keeps in registers as long as no
/// method that is called out of line takes `self`: the slow paths take values instead.
@safe
struct TapeParser {
    let text: ByteSource
    let maximumDepth: Int
    let policy: JSONReader.DuplicateKeys
    /// The next byte to look at.
    var i = 0
    /// The first unused entry.
    var n = 0
    var tape: UnsafeMutablePointer<TapeEntry>
    var capacity: Int
    /// The entry of the innermost open array or object; `none` outside of any.
    var open: UInt32 = TapeParser.none
    /// The byte that closes it.
    var closer: UInt8 = 0
    /// Elements or members it has so far.
    var size: UInt32 = 0
    /// Bits of the names it has so far: one that is new in either word cannot be a duplicate.
    var seen: UInt64 = 0
    var seenToo: UInt64 = 0
    /// The words of the arrays and objects around it.
    let outerSeen: UnsafeMutablePointer<UInt64>
    var depth = 0
    /// Not 0 where the text has white space between, before or behind its tokens.
    var spaces = 0
    /// Whether a writer would write every value as it stands (``TapeEntry/verbatim``).
    var isVerbatim = true

    static let none = UInt32.max
    /// Up to here a possible duplicate is searched at once; larger objects are checked at their end.
    static let smallObject: UInt32 = 24

    /// Fills `storage` from `text`.
    static func parse(
        _ text: ByteSource,
        _ options: JSONReader.Options,
        into storage: inout TapeStorage
    ) throws(TapeFault) {
        var parser = unsafe TapeParser(
            text: text,
            maximumDepth: min(options.maximumDepth, JSONReader.Options.highestDepth),
            policy: options.duplicateKeys,
            tape: storage.entries,
            capacity: storage.capacity,
            outerSeen: storage.nameBits
        )
        parser.skipSpace()
        while true {
            if parser.n &+ 4 > parser.capacity {
                storage.grow(used: parser.n)
                unsafe parser.tape = storage.entries
                parser.capacity = storage.capacity
            }
            if parser.closer == 0x7D { try parser.name() }
            guard parser.i < text.count else { throw TapeFault(.truncated, at: text.count) }
            let byte = text[parser.i]
            switch byte {
            case 0x22:
                try parser.string()
            case 0x2D, 0x30...0x39:
                try parser.number()
            case 0x7B, 0x5B:
                try parser.open(byte)
                if !(parser.i < text.count && text[parser.i] == parser.closer) { continue }
            default:
                try parser.literal()
            }
            if try parser.afterValue(&storage) { break }
        }
        storage.count = parser.n
        // Each round began with room for four entries and took at most two.
        unsafe parser.tape[parser.n] = TapeEntry(nameBits: parser.seen, parser.seenToo)
        if parser.isVerbatim { unsafe storage.entries[0].info |= TapeEntry.verbatim }
        if parser.spaces == 0 { unsafe storage.entries[0].info |= TapeEntry.minimal }
    }

    /// Goes on behind a value: closes what is closed, and stops behind a comma.
    ///
    /// - Returns: whether the text is complete.
    @inline(__always)
    private mutating func afterValue(_ storage: inout TapeStorage) throws(TapeFault) -> Bool {
        while true {
            skipSpace()
            if open == Self.none {
                guard i == text.count else { throw TapeFault(.trailingBytes, at: i) }
                return true
            }
            guard i < text.count else { throw TapeFault(.truncated, at: text.count) }
            let byte = text[i]
            if byte == 0x2C {
                i &+= 1
                skipSpace()
                return false
            }
            guard byte == closer else { throw TapeFault(.unexpectedByte(byte), at: i) }
            try close(&storage)
        }
    }

    @inline(__always)
    private mutating func skipSpace() {
        if i < text.count, text[i] > 0x20 { return }
        let end = text.spaceEnd(from: i)
        spaces |= end ^ i
        i = end
    }

    @inline(__always)
    private mutating func push(_ start: Int, _ length: Int, next: UInt32, info: UInt32) {
        assert(n < capacity)
        unsafe tape[n] = TapeEntry(
            start: UInt32(truncatingIfNeeded: start),
            length: UInt32(truncatingIfNeeded: length),
            next: next,
            info: info
        )
        n &+= 1
    }

    @inline(__always)
    private mutating func pushScalar(_ start: Int, _ length: Int, _ info: UInt32) {
        push(start, length, next: UInt32(truncatingIfNeeded: n &+ 1), info: info)
        size &+= 1
    }

    @inline(__always)
    private mutating func string() throws(TapeFault) {
        let start = i &+ 1
        var end = text.plainEnd(from: start)
        var info = UInt32(JSONKind.string.rawValue)
        if end >= text.count || text[end] != 0x22 {
            let rest = try text.stringEnd(from: end)
            end = rest.end
            if rest.isEscaped { info |= TapeEntry.escaped }
        }
        pushScalar(start, end &- start, info)
        i = end &+ 1
    }

    @inline(__always)
    private mutating func number() throws(TapeFault) {
        let (end, isInteger, hasExponent) = try text.numberEnd(from: i)
        if !isInteger, hasExponent || text[end &- 1] == 0x30 { isVerbatim = false }
        let info = UInt32(JSONKind.number.rawValue) | (isInteger ? TapeEntry.isInteger : 0)
        pushScalar(i, end &- i, info)
        i = end
    }

    @inline(__always)
    private mutating func literal() throws(TapeFault) {
        let (length, info) = text.literal(at: i)
        guard length > 0 else { throw text.literalFault(at: i) }
        pushScalar(i, length, info)
        i &+= length
    }

    @inline(__always)
    private mutating func open(_ bracket: UInt8) throws(TapeFault) {
        guard depth < maximumDepth else { throw TapeFault(.tooDeep(limit: maximumDepth), at: i) }
        unsafe outerSeen[depth &* 2] = seen
        unsafe outerSeen[depth &* 2 &+ 1] = seenToo
        depth &+= 1
        if open != Self.none {
            // The size of the container around it waits in its entry.
            unsafe tape[Int(open)].info =
                (tape[Int(open)].info & 0xFFFF) | TapeEntry.nested | (min(size, 0xFFFE) &+ 1)
                << TapeEntry.countShift
        }
        let parent = open
        open = UInt32(truncatingIfNeeded: n)
        // `[` and `{` are two below `]` and `}`; the tags of array and object are 4 and 5.
        push(i, 0, next: parent, info: 4 &+ UInt32(bracket &>> 5 & 1))
        closer = bracket &+ 2
        size = 0
        seen = 0
        seenToo = 0
        i &+= 1
        skipSpace()
    }

    @inline(__always)
    private mutating func close(_ storage: inout TapeStorage) throws(TapeFault) {
        let index = Int(open)
        if closer == 0x7D, size > Self.smallObject {
            try unsafe DuplicateNames.check(
                tape,
                object: index,
                end: n,
                text,
                policy,
                &storage
            )
            noteShadowed(index)
        }
        i &+= 1
        depth &-= 1
        let entry = unsafe tape[index]
        open = entry.next
        unsafe tape[index] = TapeEntry(
            start: entry.start,
            length: UInt32(truncatingIfNeeded: i) &- entry.start,
            next: UInt32(truncatingIfNeeded: n),
            info: (entry.info & 0xFFFF) | min(size, 0xFFFF) << TapeEntry.countShift
        )
        guard open != Self.none else { return }
        let outer = unsafe tape[Int(open)]
        unsafe seen = outerSeen[depth &* 2]
        unsafe seenToo = outerSeen[depth &* 2 &+ 1]
        size = outer.info >> TapeEntry.countShift
        closer = outer.tag == UInt32(JSONKind.object.rawValue) ? 0x7D : 0x5D
    }

    @inline(__always)
    private mutating func noteShadowed(_ object: Int) {
        if unsafe tape[object].info & TapeEntry.hasShadowed != 0 { isVerbatim = false }
    }

    /// Reads a member name and the colon, and stops in front of the value.
    @inline(__always)
    private mutating func name() throws(TapeFault) {
        guard i < text.count else { throw TapeFault(.truncated, at: text.count) }
        guard text[i] == 0x22 else { throw TapeFault(.unexpectedByte(text[i]), at: i) }
        let start = i &+ 1
        var end = text.plainEnd(from: start)
        var info = TapeEntry.name
        let hash: UInt32
        if end < text.count, text[end] == 0x22 {
            hash = text.nameHash(from: start, length: end &- start)
        } else {
            let rest = try text.stringEnd(from: end)
            end = rest.end
            if rest.isEscaped {
                info |= TapeEntry.escaped
                hash = text.escapedNameHash(from: start, to: end)
            } else {
                hash = text.nameHash(from: start, length: end &- start)
            }
        }
        push(start, end &- start, next: hash, info: info)
        let bit = UInt64(1) &<< UInt64(hash & 63)
        let bitToo = UInt64(1) &<< UInt64(hash &>> 6 & 63)
        if seen & bit != 0, seenToo & bitToo != 0, size < Self.smallObject {
            try unsafe DuplicateNames.checkLast(tape, object: Int(open), end: n, text, policy)
            noteShadowed(Int(open))
        }
        seen |= bit
        seenToo |= bitToo
        i = end &+ 1
        if !(i < text.count && text[i] == 0x3A) {
            skipSpace()
            guard i < text.count else { throw TapeFault(.truncated, at: text.count) }
            guard text[i] == 0x3A else { throw TapeFault(.unexpectedByte(text[i]), at: i) }
        }
        i &+= 1
        skipSpace()
    }
}

extension ByteSource {
    /// Bytes and tag of the literal at `index`; 0 bytes where there is none.
    func literal(at index: Int) -> (length: Int, info: UInt32) {
        guard index &+ 4 <= count else { return (0, 0) }
        switch halfWord(at: index) {
        case 0x6575_7274:  // "true"
            return (4, UInt32(JSONKind.bool.rawValue) | TapeEntry.isTrue)
        case 0x6C6C_756E:  // "null"
            return (4, UInt32(JSONKind.null.rawValue))
        case 0x736C_6166 where index &+ 5 <= count && self[index &+ 4] == 0x65:  // "false"
            return (5, UInt32(JSONKind.bool.rawValue))
        default:
            return (0, 0)
        }
    }

    /// What is wrong with the value at `index`, which no value starts with.
    @inline(never)
    func literalFault(at index: Int) -> TapeFault {
        if index == 0, count >= 3, self[0] == 0xEF, self[1] == 0xBB, self[2] == 0xBF {
            return TapeFault(.byteOrderMark, at: 0)
        }
        for literal in ["true", "false", "null"] as [StaticString] {
            guard unsafe literal.utf8Start.pointee == self[index] else { continue }
            for k in 0..<literal.utf8CodeUnitCount {
                guard index + k < count else { return TapeFault(.truncated, at: count) }
                if unsafe literal.utf8Start[k] != self[index + k] {
                    return TapeFault(.unexpectedByte(self[index + k]), at: index + k)
                }
            }
        }
        return TapeFault(.unexpectedByte(self[index]), at: index)
    }
}
