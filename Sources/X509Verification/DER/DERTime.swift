internal import IoTTime

/// Reads UTCTime and GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows.
enum DERTime {
    /// Reads a `Time`.
    ///
    /// - Returns: seconds since 1970, and whether the type was the one that the year asks for:
    ///   UTCTime through 2049, GeneralizedTime from 2050 on.
    static func read(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> (seconds: Int64, isRightType: Bool) {
        let element = try cursor.next(bytes)
        switch element.tag {
        case DERTag.utcTime:
            guard element.content.count == 13 else { throw MalformedDER(.time, at: element.start) }
            let year = try number(bytes, element.contentStart, 2, element.start)
            let full = year >= 50 ? 1900 + year : 2000 + year
            return (try fields(bytes, element.contentStart + 2, full, element.start), true)
        case DERTag.generalizedTime:
            guard element.content.count == 15 else { throw MalformedDER(.time, at: element.start) }
            let year = try number(bytes, element.contentStart, 4, element.start)
            let seconds = try fields(bytes, element.contentStart + 4, year, element.start)
            return (seconds, year >= 2050)
        default:
            throw MalformedDER(
                .unexpectedTag(expected: DERTag.utcTime, found: element.tag),
                at: element.start
            )
        }
    }

    /// `MMDDHHMMSSZ` after a year.
    private static func fields(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ year: Int64,
        _ offset: Int
    ) throws(MalformedDER) -> Int64 {
        let month = try number(bytes, start, 2, offset)
        let day = try number(bytes, start + 2, 2, offset)
        let hour = try number(bytes, start + 4, 2, offset)
        let minute = try number(bytes, start + 6, 2, offset)
        let second = try number(bytes, start + 8, 2, offset)
        guard (1...12).contains(month), day >= 1, day <= length(month, year), hour < 24,
            minute < 60, second < 60, bytes[start + 10] == UInt8(ascii: "Z")
        else { throw MalformedDER(.time, at: offset) }
        return days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ count: Int,
        _ offset: Int
    ) throws(MalformedDER) -> Int64 {
        var value: Int64 = 0
        for i in start..<start + count {
            let digit = bytes[i] &- 0x30
            guard digit < 10 else { throw MalformedDER(.time, at: offset) }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private static func length(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01, years starting in March so that the leap day comes last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let m = month <= 2 ? month + 9 : month - 3
        return 365 * y + y.floorDivided(4) - y.floorDivided(100) + y.floorDivided(400)
            + (153 * m + 2) / 5 + day - 1 - 719_468
    }

    /// UTCTime through 2049, else GeneralizedTime.
    static func encode(_ time: WallClock) -> [UInt8] {
        guard let text = time.rfc3339(fraction: .none) else { return encode(.init(seconds: 0)) }
        let digits = text.utf8.filter { (0x30...0x39).contains($0) }
        let isUTC = (WallClock(seconds: -631_152_000)..<WallClock(seconds: 2_524_608_000))
            .contains(time)
        return isUTC
            ? DERWriter.element(DERTag.utcTime, Array(digits.dropFirst(2)) + [UInt8(ascii: "Z")])
            : DERWriter.element(DERTag.generalizedTime, Array(digits) + [UInt8(ascii: "Z")])
    }
}

extension Int64 {
    fileprivate func floorDivided(_ divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
