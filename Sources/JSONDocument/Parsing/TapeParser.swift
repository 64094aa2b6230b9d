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
            if try parser.value() { continue }
            if try parser.afterValue(&storage) { break }
        }
        storage.count = parser.n
        if parser.spaces == 0 { unsafe storage.entries[0].info |= TapeEntry.minimal }
    }

    /// Reads the value at `i`, or the start of an array or object.
    ///
    /// - Returns: whether that array or object has elements or members.
    @inline(__always)
    private mutating func value() throws(TapeFault) -> Bool {
        guard i < text.count else { throw TapeFault(.truncated, at: text.count) }
        let byte = text[i]
        switch byte {
        case 0x22:
            try string()
        case 0x7B:
            try open(JSONKind.object, closer: 0x7D)
            return !(i < text.count && text[i] == 0x7D)
        case 0x5B:
            try open(JSONKind.array, closer: 0x5D)
            return !(i < text.count && text[i] == 0x5D)
        case 0x2D, 0x30...0x39:
            try number()
        default:
            try literal(byte)
        }
        return false
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
        let (end, isInteger) = try text.numberEnd(from: i)
        let info = UInt32(JSONKind.number.rawValue) | (isInteger ? TapeEntry.isInteger : 0)
        pushScalar(i, end &- i, info)
        i = end
    }

    @inline(__always)
    private mutating func literal(_ byte: UInt8) throws(TapeFault) {
        if i &+ 4 <= text.count {
            let word = text.halfWord(at: i)
            if word == 0x6575_7274 {  // "true"
                pushScalar(i, 4, UInt32(JSONKind.bool.rawValue) | TapeEntry.isTrue)
                i &+= 4
                return
            }
            if word == 0x6C6C_756E {  // "null"
                pushScalar(i, 4, UInt32(JSONKind.null.rawValue))
                i &+= 4
                return
            }
            if word == 0x736C_6166, i &+ 5 <= text.count, text[i &+ 4] == 0x65 {  // "false"
                pushScalar(i, 5, UInt32(JSONKind.bool.rawValue))
                i &+= 5
                return
            }
        }
        throw text.literalFault(at: i)
    }

    @inline(__always)
    private mutating func open(_ kind: JSONKind, closer: UInt8) throws(TapeFault) {
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
        push(i, 0, next: parent, info: UInt32(kind.rawValue))
        self.closer = closer
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
