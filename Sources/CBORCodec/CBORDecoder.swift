/// A strict reader over borrowed bytes.
///
/// It moves a position over the input, copies nothing and allocates nothing; strings come out as
/// ranges of the input. After an error the position stands at the item that is wrong. Offsets always
/// count from the start of the span that was given, also in a decoder over a range of it.
///
/// RFC 8949; with the profile ``CBORProfile/deterministic`` its §4.2.1 as well.
public struct CBORDecoder: ~Escapable {
    @usableFromInline
    let bytes: Span<UInt8>
    @usableFromInline
    let end: Int
    /// How many containers were left behind before this decoder began: one for each ``nested(in:)``.
    let baseDepth: Int
    /// The rules that items are held to.
    public let profile: CBORProfile
    /// What an input may cost.
    public let limits: CBORLimits
    /// The offset of the next item.
    public internal(set) var position: Int

    /// Starts at the first byte of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: the input; borrowed for as long as the decoder lives.
    ///   - profile: the rules that items are held to.
    ///   - limits: what the input may cost.
    @_lifetime(copy bytes)
    public init(
        _ bytes: Span<UInt8>,
        profile: CBORProfile = .deterministic,
        limits: CBORLimits = .default
    ) {
        self.bytes = bytes
        self.end = bytes.count
        self.baseDepth = 0
        self.profile = profile
        self.limits = limits
        self.position = 0
    }

    @_lifetime(copy other)
    private init(_ other: borrowing CBORDecoder, range: Range<Int>) {
        bytes = other.bytes
        end = range.upperBound
        baseDepth = other.baseDepth + 1
        profile = other.profile
        limits = other.limits
        position = range.lowerBound
    }

    /// A decoder over a range of the same input: an item embedded in a byte string.
    ///
    /// - Parameter range: what ``readByteString()`` returned.
    /// - Returns: a decoder one level deeper, whose offsets still count from the start of the input.
    /// - Throws: ``CBORError/Violation/tooDeep(limit:)``; `lengthExceedsInput` for a range that is
    ///   not inside this decoder's input.
    @_lifetime(copy self)
    public func nested(in range: Range<Int>) throws(CBORError) -> CBORDecoder {
        guard range.upperBound <= end, range.lowerBound >= 0 else {
            throw CBORError(
                .lengthExceedsInput(
                    claimed: UInt64(clamping: range.upperBound),
                    available: end
                ),
                at: position
            )
        }
        guard baseDepth < limits.depth else {
            throw CBORError(.tooDeep(limit: limits.depth), at: range.lowerBound)
        }
        return CBORDecoder(self, range: range)
    }

    /// Whether every byte was read.
    public var isAtEnd: Bool { position == end }

    /// The bytes that are left.
    public var remaining: Int { end - position }

    /// Demands that every byte was read.
    ///
    /// - Throws: ``CBORError/Violation/trailingBytes(_:)``.
    public func finish() throws(CBORError) {
        guard position == end else {
            throw CBORError(.trailingBytes(end - position), at: position)
        }
    }

    /// The major type of the next item, which stays unread.
    ///
    /// - Throws: ``CBORError/Violation/truncated(needed:available:)`` at the end.
    public func peekMajorType() throws(CBORError) -> CBORMajorType {
        guard position < end else {
            throw CBORError(.truncated(needed: 1, available: 0), at: position)
        }
        return Self.majorType(bytes[position])
    }

    static func majorType(_ initialByte: UInt8) -> CBORMajorType {
        // Three bits have eight values, each of them a case.
        CBORMajorType(rawValue: initialByte >> 5) ?? .simple
    }
}

// MARK: Heads

extension CBORDecoder {
    /// The initial byte and the argument of an item. RFC 8949 §3
    struct Head {
        var major: UInt8
        /// Additional information; 31 stands for an indefinite length or a break.
        var information: UInt8
        var argument: UInt64

        var type: CBORMajorType { CBORMajorType(rawValue: major) ?? .simple }
    }

    /// Reads an initial byte and its argument; leaves the position alone when it throws.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func readHead() throws(CBORError) -> Head {
        guard position < end else {
            throw CBORError(.truncated(needed: 1, available: 0), at: position)
        }
        let initial = bytes[position]
        let information = initial & 31
        guard information >= 24 else {
            position += 1
            return Head(
                major: initial >> 5,
                information: information,
                argument: UInt64(information)
            )
        }
        return try readLongHead(initial)
    }

    @inline(never)
    @_lifetime(self: copy self)
    private mutating func readLongHead(_ initial: UInt8) throws(CBORError) -> Head {
        let major = initial >> 5
        let information = initial & 31
        guard information <= 27 else {
            guard information == 31 else {
                throw CBORError(.reservedAdditionalInformation(information), at: position)
            }
            guard major != 0, major != 1, major != 6 else {
                throw CBORError(.reservedAdditionalInformation(31), at: position)
            }
            position += 1
            return Head(major: major, information: 31, argument: 0)
        }
        let size = 1 << Int(information - 24)
        guard end - position > size else {
            throw CBORError(.truncated(needed: size + 1, available: end - position), at: position)
        }
        var argument: UInt64 = 0
        for i in 1...size { argument = argument << 8 | UInt64(bytes[position + i]) }
        if major != 7, profile == .deterministic {
            let least: UInt64 = size == 1 ? 24 : 1 << UInt64(size * 4)
            guard argument >= least else { throw CBORError(.argumentNotShortest, at: position) }
        }
        position += size + 1
        return Head(major: major, information: information, argument: argument)
    }

    /// Reads a head of one major type and of definite length.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func readHead(of type: CBORMajorType) throws(CBORError) -> UInt64 {
        let start = position
        let head = try readHead()
        guard head.major == type.rawValue else {
            position = start
            throw CBORError(.unexpectedType(expected: type, found: head.type), at: start)
        }
        guard head.information != 31 else {
            position = start
            throw CBORError(.indefiniteLength, at: start)
        }
        return head.argument
    }

    /// Checks a string's length against what is left.
    @inline(__always)
    func checkedLength(_ claimed: UInt64, at start: Int) throws(CBORError) -> Int {
        guard claimed <= UInt64(end - position) else {
            throw CBORError(
                .lengthExceedsInput(claimed: claimed, available: end - position),
                at: start
            )
        }
        return Int(claimed)
    }

    /// Checks a container's count against what is left: every item takes a byte at least.
    @inline(__always)
    func checkedCount(_ claimed: UInt64, of size: Int, at start: Int) throws(CBORError) -> Int {
        let available = (end - position) / size
        guard claimed <= UInt64(available) else {
            throw CBORError(.countExceedsInput(claimed: claimed, available: available), at: start)
        }
        guard claimed <= UInt64(max(0, limits.elements)) else {
            throw CBORError(.tooManyElements(limit: limits.elements), at: start)
        }
        return Int(claimed)
    }
}
