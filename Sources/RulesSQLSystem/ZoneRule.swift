internal import RulesSQL

/// The rule for the years behind a zone's table: a POSIX TZ string such as
/// `CST6CDT,M3.2.0,M11.1.0`. RFC 9636 §3.3.1
struct ZoneRule: Sendable {
    private enum Day: Sendable {
        case julian(Int)
        case ordinal(Int)
        case weekday(month: Int, week: Int, day: Int)
    }

    private var standard: ZoneOffset
    private var daylight: ZoneOffset?
    private var start = (day: Day.ordinal(0), second: 7_200)
    private var end = (day: Day.ordinal(0), second: 7_200)

    init?(_ text: [UInt8]) {
        var reader = Reader(text: text)
        guard let name = reader.name(), let west = reader.time() else { return nil }
        standard = ZoneOffset(seconds: -west, abbreviation: name)
        guard !reader.isAtEnd else { return }
        guard let summer = reader.name() else { return nil }
        var seconds = standard.seconds + 3_600
        if reader.peek != 0x2C {
            guard let west = reader.time() else { return nil }
            seconds = -west
        }
        daylight = ZoneOffset(seconds: seconds, abbreviation: summer)
        guard let first = reader.change(), let second = reader.change(), reader.isAtEnd else {
            return nil
        }
        start = first
        end = second
    }

    private struct Reader {
        let text: [UInt8]
        var position = 0

        var peek: UInt8? { position < text.count ? text[position] : nil }
        var isAtEnd: Bool { position == text.count }

        mutating func accept(_ byte: UInt8) -> Bool {
            guard peek == byte else { return false }
            position += 1
            return true
        }

        mutating func name() -> String? {
            let isQuoted = accept(0x3C)
            let begin = position
            while let byte = peek {
                let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
                let isSign = byte == 0x2B || byte == 0x2D || (byte >= 0x30 && byte <= 0x39)
                guard isLetter || (isQuoted && isSign) else { break }
                position += 1
            }
            let name = String(decoding: text[begin..<position], as: UTF8.self)
            guard !isQuoted || accept(0x3E), name.utf8.count >= 3 else { return nil }
            return name
        }

        mutating func number() -> Int? {
            let begin = position
            var value = 0
            while let byte = peek, byte >= 0x30, byte <= 0x39, value < 100_000 {
                value = value * 10 + Int(byte - 0x30)
                position += 1
            }
            return position > begin ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let isNegative = accept(0x2D)
            if !isNegative { _ = accept(0x2B) }
            guard let hours = number(), hours <= 167 else { return nil }
            var seconds = hours * 3_600
            if accept(0x3A) {
                guard let minutes = number(), minutes < 60 else { return nil }
                seconds += minutes * 60
                if accept(0x3A) {
                    guard let rest = number(), rest < 60 else { return nil }
                    seconds += rest
                }
            }
            return isNegative ? -seconds : seconds
        }

        mutating func change() -> (day: Day, second: Int)? {
            guard accept(0x2C) else { return nil }
            let day: Day
            if accept(0x4D) {
                guard let month = number(), accept(0x2E), let week = number(), accept(0x2E),
                    let weekday = number(), (1...12).contains(month), (1...5).contains(week),
                    weekday < 7
                else { return nil }
                day = .weekday(month: month, week: week, day: weekday)
            } else if accept(0x4A) {
                guard let number = number(), (1...365).contains(number) else { return nil }
                day = .julian(number)
            } else {
                guard let number = number(), number <= 365 else { return nil }
                day = .ordinal(number)
            }
            guard accept(0x2F) else { return (day, 7_200) }
            return time().map { (day, $0) }
        }
    }

    /// The offset at a moment in seconds since 1970.
    func offset(at second: Int64) -> ZoneOffset {
        guard let daylight else { return standard }
        let local = second.addingReportingOverflow(Int64(standard.seconds)).partialValue
        let year = Self.year(of: local)
        let begins = Self.moment(start, year, standard.seconds)
        let ends = Self.moment(end, year, daylight.seconds)
        let isDaylight =
            begins < ends
            ? (begins..<ends).contains(second) : !(ends..<begins).contains(second)
        return isDaylight ? daylight : standard
    }

    private static func year(of second: Int64) -> Int {
        // Average years, then corrected by the days themselves.
        var year = 1970 + Int(second / 31_556_952)
        while days(year + 1) * 86_400 <= second { year += 1 }
        while days(year) * 86_400 > second { year -= 1 }
        return year
    }

    /// Days from 1970-01-01 to the first day of a year.
    private static func days(_ year: Int) -> Int64 {
        let y = Int64(year - 1)
        func floor(_ n: Int64) -> Int64 { y >= 0 ? y / n : (y - n + 1) / n }
        return y * 365 + floor(4) - floor(100) + floor(400) - 719_162
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func moment(
        _ change: (day: Day, second: Int),
        _ year: Int,
        _ offset: Int
    ) -> Int64 {
        let first = days(year)
        let leap = isLeap(year)
        let day: Int64
        switch change.day {
        case .ordinal(let number): day = first + Int64(number)
        case .julian(let number): day = first + Int64(number - 1 + (leap && number >= 60 ? 1 : 0))
        case .weekday(let month, let week, let weekday):
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            let monthStart = first + Int64(lengths[..<(month - 1)].reduce(0, +))
            let startDay = ((monthStart + 4) % 7 + 7) % 7
            var offset = (Int64(weekday) - startDay + 7) % 7 + Int64(week - 1) * 7
            while offset >= lengths[month - 1] { offset -= 7 }
            day = monthStart + offset
        }
        return day * 86_400 + Int64(change.second) - Int64(offset)
    }
}
