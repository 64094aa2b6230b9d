extension WallClock {
    /// How many digits of a second ``write(to:fraction:)`` prints.
    public enum Fraction: Hashable, Sendable {
        /// None; the milliseconds are cut off (toward the past).
        case none
        /// Always three.
        case milliseconds
        /// Three, or none where the time is a whole second.
        case ifNeeded
    }

    /// The most bytes ``write(to:fraction:)`` appends: `9999-12-31T23:59:59.999Z`.
    public static var maximumTextLength: Int { 24 }

    /// Reads a `date-time` of RFC 3339 §5.6.
    ///
    /// `T` and `Z` may be lower case (§5.6); a blank instead of `T` is refused. Any number of
    /// fraction digits is read, those after the third are cut off. `-00:00` (offset not known, §4.3)
    /// reads as `Z`.
    ///
    /// A leap second is accepted only where one can be: at 23:59:60 UTC on 30 June or 31 December. As
    /// the value counts no leap seconds, it reads as the last millisecond before midnight, so
    /// that a time in the leap second never sorts after the day that follows it.
    ///
    /// - Parameter text: the whole text; nothing may follow the date-time.
    /// - Throws: ``RFC3339Error`` at the first field that breaks a rule.
    /// - Complexity: O(*n*) in the bytes of `text`; no allocation.
    public init(rfc3339 text: Span<UInt8>) throws(RFC3339Error) {
        var reader = RFC3339Reader()
        self = try reader.read(text)
    }

    /// Reads a `date-time` of RFC 3339 §5.6; see ``init(rfc3339:)-(Span<UInt8>)``.
    public init(rfc3339 text: String) throws(RFC3339Error) {
        var text = text
        text.makeContiguousUTF8()
        self = try WallClock(rfc3339: text.utf8Span.span)
    }

    /// Appends the time in UTC as RFC 3339 text, such as `2026-03-01T12:00:00.250Z`.
    ///
    /// - Returns: false, with nothing appended, where the year lies outside 0000 to 9999 (which the
    ///   grammar cannot express) or where less than ``maximumTextLength`` bytes are free.
    public func write(to output: inout OutputSpan<UInt8>, fraction: Fraction = .ifNeeded) -> Bool {
        guard output.freeCapacity >= Self.maximumTextLength else { return false }
        let total = seconds
        var days = total / 86_400
        if total % 86_400 < 0 { days -= 1 }
        guard (-719_528..<2_932_897).contains(days) else { return false }
        let date = CivilDate(days: days)
        let time = total - days * 86_400
        output.append(digits: date.year, width: 4)
        output.append(UInt8(ascii: "-"))
        output.append(digits: date.month, width: 2)
        output.append(UInt8(ascii: "-"))
        output.append(digits: date.day, width: 2)
        output.append(UInt8(ascii: "T"))
        output.append(digits: time / 3600, width: 2)
        output.append(UInt8(ascii: ":"))
        output.append(digits: time / 60 % 60, width: 2)
        output.append(UInt8(ascii: ":"))
        output.append(digits: time % 60, width: 2)
        let rest = milliseconds - total * 1000
        if fraction == .milliseconds || (fraction == .ifNeeded && rest != 0) {
            output.append(UInt8(ascii: "."))
            output.append(digits: rest, width: 3)
        }
        output.append(UInt8(ascii: "Z"))
        return true
    }

    /// The time in UTC as RFC 3339 text; `nil` where the year lies outside 0000 to 9999.
    public func rfc3339(fraction: Fraction = .ifNeeded) -> String? {
        var written = false
        let bytes = [UInt8](capacity: Self.maximumTextLength) { output in
            written = write(to: &output, fraction: fraction)
        }
        return written ? String(decoding: bytes, as: UTF8.self) : nil
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(digits value: Int64, width: Int) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}

/// A cursor over the fields of a date-time.
private struct RFC3339Reader {
    var offset = 0

    mutating func read(_ text: Span<UInt8>) throws(RFC3339Error) -> WallClock {
        let date = try readDate(text)
        try expect(text, UInt8(ascii: "T"), or: UInt8(ascii: "t"))
        let hour = try number(text, width: 2, in: 0...23)
        try expect(text, UInt8(ascii: ":"))
        let minute = try number(text, width: 2, in: 0...59)
        try expect(text, UInt8(ascii: ":"))
        let secondOffset = offset
        let second = try number(text, width: 2, in: 0...60)
        var milliseconds = try readFraction(text)
        let offsetMinutes = try readOffset(text)
        guard offset == text.count else { throw RFC3339Error(.trailingBytes, at: offset) }

        let minutes = date.days * 1440 + hour * 60 + minute - offsetMinutes
        guard (-719_528 * 1440..<2_932_897 * 1440).contains(minutes) else {
            throw RFC3339Error(.yearOutOfRange, at: 0)
        }
        if second == 60 {
            guard Self.canEndInLeapSecond(minutes) else {
                throw RFC3339Error(.leapSecondMisplaced, at: secondOffset)
            }
            milliseconds = 999
        }
        let seconds = minutes * 60 + min(second, 59)
        return WallClock(milliseconds: seconds * 1000 + milliseconds)
    }

    private static func canEndInLeapSecond(_ minutes: Int64) -> Bool {
        let days = minutes >= 0 ? minutes / 1440 : (minutes - 1439) / 1440
        let date = CivilDate(days: days)
        return minutes - days * 1440 == 1439
            && ((date.month == 6 && date.day == 30) || (date.month == 12 && date.day == 31))
    }

    private mutating func readDate(_ text: Span<UInt8>) throws(RFC3339Error) -> CivilDate {
        let year = try number(text, width: 4, in: 0...9999)
        try expect(text, UInt8(ascii: "-"))
        let month = try number(text, width: 2, in: 1...12)
        try expect(text, UInt8(ascii: "-"))
        let length = CivilDate.length(ofMonth: month, year: year)
        let day = try number(text, width: 2, in: 1...length)
        return CivilDate(year: year, month: month, day: day)
    }

    private mutating func readFraction(_ text: Span<UInt8>) throws(RFC3339Error) -> Int64 {
        guard offset < text.count, text[offset] == UInt8(ascii: ".") else { return 0 }
        offset += 1
        var milliseconds: Int64 = 0
        var scale: Int64 = 100
        let start = offset
        while offset < text.count, let digit = Self.digit(text[offset]) {
            milliseconds += digit * scale
            scale /= 10
            offset += 1
        }
        if offset == start { try fail(text) }
        return milliseconds
    }

    /// Minutes east of UTC.
    private mutating func readOffset(_ text: Span<UInt8>) throws(RFC3339Error) -> Int64 {
        guard offset < text.count else { throw RFC3339Error(.truncated, at: offset) }
        let sign: Int64
        switch text[offset] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            offset += 1
            return 0
        case UInt8(ascii: "+"): sign = 1
        case UInt8(ascii: "-"): sign = -1
        default: throw RFC3339Error(.unexpectedByte(text[offset]), at: offset)
        }
        offset += 1
        let hours = try number(text, width: 2, in: 0...23)
        try expect(text, UInt8(ascii: ":"))
        let minutes = try number(text, width: 2, in: 0...59)
        return sign * (hours * 60 + minutes)
    }

    private mutating func expect(
        _ text: Span<UInt8>,
        _ byte: UInt8,
        or other: UInt8? = nil
    ) throws(RFC3339Error) {
        guard offset < text.count, text[offset] == byte || text[offset] == other else {
            return try fail(text)
        }
        offset += 1
    }

    private mutating func number(
        _ text: Span<UInt8>,
        width: Int,
        in range: ClosedRange<Int64>
    ) throws(RFC3339Error) -> Int64 {
        let start = offset
        var value: Int64 = 0
        for _ in 0..<width {
            guard offset < text.count, let digit = Self.digit(text[offset]) else {
                try fail(text)
                return 0
            }
            value = value * 10 + digit
            offset += 1
        }
        guard range.contains(value) else { throw RFC3339Error(.fieldOutOfRange, at: start) }
        return value
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        let value = byte &- UInt8(ascii: "0")
        return value < 10 ? Int64(value) : nil
    }

    private func fail(_ text: Span<UInt8>) throws(RFC3339Error) {
        guard offset < text.count else { throw RFC3339Error(.truncated, at: offset) }
        throw RFC3339Error(.unexpectedByte(text[offset]), at: offset)
    }
}
