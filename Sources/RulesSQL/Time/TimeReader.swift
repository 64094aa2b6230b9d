/// Reads a text by a ``TimePattern`` and collects its fields.
struct TimeReader {
    private let bytes: [UInt8]
    private var position = 0
    private var fields: [UInt8: Int] = [:]
    private var zone: Zone?

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }

    mutating func read(_ parts: ArraySlice<TimePattern.Part>) -> Bool {
        var rest = parts
        while let part = rest.popFirst() {
            switch part {
            case .literal(let text): guard accept(text) else { return false }
            case .field(let letter, let count):
                guard field(letter, count, reserved: Self.reserved(rest)) else { return false }
            case .optional(let inner):
                let saved = self
                if !read(inner[...]) { self = saved }
            }
        }
        return true
    }

    private mutating func accept(_ text: [UInt8]) -> Bool {
        guard bytes[position...].starts(with: text) else { return false }
        position += text.count
        return true
    }

    /// Digits that adjacent fields of fixed width need behind a number of free width.
    private static func reserved(_ rest: ArraySlice<TimePattern.Part>) -> Int {
        var total = 0
        for part in rest {
            guard case .field(let letter, let count) = part,
                let width = fixedWidth(letter, count)
            else { break }
            total += width
        }
        return total
    }

    private static func fixedWidth(_ letter: UInt8, _ count: Int) -> Int? {
        switch Unicode.Scalar(letter) {
        case "M", "L", "d", "h", "H", "k", "K", "m", "s": count == 2 ? 2 : nil
        case "S": count
        case "u", "y": count == 2 ? 2 : nil
        default: nil
        }
    }

    private mutating func field(_ letter: UInt8, _ count: Int, reserved: Int) -> Bool {
        switch Unicode.Scalar(letter) {
        case "G": return era(count)
        case "a": return names(["AM", "PM"], into: letter, from: 0)
        case "E": return names(Self.abbreviated(CivilTime.dayNames, count), into: letter, from: 1)
        case "M", "L":
            guard count >= 3 else { break }
            return names(Self.abbreviated(CivilTime.monthNames, count), into: 0x4D, from: 1)
        case "S": return fraction(count)
        case "V", "z": return zoneName()
        case "O": return localizedOffset()
        case "X", "x", "Z": return offset(letter, count)
        default: break
        }
        return number(letter == 0x4C ? 0x4D : letter, count, reserved: reserved)
    }

    private static func abbreviated(_ names: [String], _ count: Int) -> [String] {
        switch count {
        case 4: names
        case 5: names.map { String($0.prefix(1)) }
        default: names.map { String($0.prefix(3)) }
        }
    }

    private mutating func era(_ count: Int) -> Bool {
        let words =
            switch count {
            case 4: ["Before Christ", "Anno Domini"]
            case 5: ["B", "A"]
            default: ["BC", "AD"]
            }
        return names(words, into: 0x47, from: 0)
    }

    private mutating func names(_ names: [String], into field: UInt8, from first: Int) -> Bool {
        for (index, name) in names.enumerated() where accept(Array(name.utf8)) {
            return set(field, index + first)
        }
        return false
    }

    /// Notes a field; a second value must be the same.
    private mutating func set(_ field: UInt8, _ value: Int) -> Bool {
        if let old = fields[field] { return old == value }
        fields[field] = value
        return true
    }

    private mutating func digits(atLeast low: Int, atMost high: Int) -> Int? {
        let start = position
        var value = 0
        while position < bytes.count, position - start < high, Lexer.isDigit(bytes[position]) {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        return position - start >= low ? value : nil
    }

    private mutating func number(_ letter: UInt8, _ count: Int, reserved: Int) -> Bool {
        let isYear = letter == 0x79 || letter == 0x75
        if isYear, count == 2 {
            guard let value = digits(atLeast: 2, atMost: 2) else { return false }
            return set(letter, 2000 + value)
        }
        var low = count
        var high = 18
        switch Unicode.Scalar(letter) {
        case "d", "h", "H", "k", "K", "m", "s", "M": high = count == 2 ? 2 : 18
        case "D": high = count == 1 ? 18 : 3
        default: break
        }
        if count == 1 { low = 1 }
        var isNegative = false
        if isYear || (count == 1 && letter != 0x44), position < bytes.count {
            if bytes[position] == 0x2D {
                isNegative = true
                position += 1
            } else if bytes[position] == 0x2B, isYear, count >= 4 {
                position += 1
            }
        }
        var run = 0
        while position + run < bytes.count, run < 18, Lexer.isDigit(bytes[position + run]) {
            run += 1
        }
        high = min(high, max(low, run - reserved))
        guard let value = digits(atLeast: low, atMost: high) else { return false }
        return set(letter, isNegative ? -value : value)
    }

    private mutating func fraction(_ count: Int) -> Bool {
        guard var value = digits(atLeast: count, atMost: count) else { return false }
        for _ in count..<9 { value *= 10 }
        return set(0x53, value)
    }

    private mutating func zoneName() -> Bool {
        let start = position
        while position < bytes.count {
            let c = bytes[position]
            guard Lexer.isWordPart(c) || "/+-:".utf8.contains(c) else { break }
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let region = Zone.abbreviations[text] {
            zone = .region(region)
        } else {
            zone = Zone(text)
        }
        return zone != nil
    }

    private mutating func localizedOffset() -> Bool {
        guard accept(Array("GMT".utf8)) else { return false }
        let start = position
        while position < bytes.count,
            Lexer.isDigit(bytes[position]) || "+-:".utf8.contains(bytes[position])
        {
            position += 1
        }
        if start == position {
            zone = .utc
            return true
        }
        return setOffset(Array(bytes[start..<position]))
    }

    private mutating func setOffset(_ text: [UInt8]) -> Bool {
        guard let first = text.first, first == 0x2B || first == 0x2D,
            let seconds = Zone.offset(text)
        else { return false }
        zone = .fixed(seconds: seconds, name: Zone.text(of: seconds, colon: true))
        return true
    }

    /// `X`, `x` and `Z` in their five lengths.
    private mutating func offset(_ letter: UInt8, _ count: Int) -> Bool {
        if letter == 0x5A, count == 4 { return localizedOffset() }
        let acceptsZ = letter == 0x58 || (letter == 0x5A && count == 5)
        if acceptsZ, accept([0x5A]) {
            zone = .utc
            return true
        }
        let hasColon = letter == 0x5A ? count == 5 : count == 3 || count == 5
        let hasSeconds = letter == 0x5A ? count == 5 : count >= 4
        let start = position
        guard position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D else {
            return false
        }
        position += 1
        guard digits(atLeast: 2, atMost: 2) != nil else { return false }
        // `X` alone may stop behind the hours; the others need minutes.
        let minutes = position
        let needsMinutes = letter == 0x5A || count > 1
        if !offsetPart(hasColon) {
            position = minutes
            guard !needsMinutes else { return false }
        } else if hasSeconds {
            let seconds = position
            if !offsetPart(hasColon) { position = seconds }
        }
        return setOffset(Array(bytes[start..<position]))
    }

    private mutating func offsetPart(_ hasColon: Bool) -> Bool {
        if hasColon, !accept([0x3A]) { return false }
        return digits(atLeast: 2, atMost: 2) != nil
    }

    // MARK: From fields to a moment

    private func field(_ letter: Unicode.Scalar) -> Int? {
        fields[UInt8(truncatingIfNeeded: letter.value)]
    }

    /// The moment; `nil` for a field out of range or a date that is not complete.
    func milliseconds(_ zones: any TimeZoneProvider) -> Int64? {
        guard let date = days(), let time = nanosecondOfDay() else { return nil }
        let local = Int64(date) * 86_400_000 + Int64(time / 1_000_000)
        return (zone ?? .utc).instant(ofLocal: local, zones)
    }

    private func days() -> Int? {
        guard let year = year(), (-999_999_999...999_999_999).contains(year) else { return nil }
        let days: Int
        if let month = field("M"), let day = field("d") {
            guard (1...12).contains(month), (1...31).contains(day) else { return nil }
            // java.time's SMART resolving: 31 April is 30 April.
            let last = CivilTime.length(ofMonth: month, year: year)
            days = CivilTime.days(year: year, month: month, day: min(day, last))
            if let dayOfYear = field("D") {
                guard days - CivilTime.days(year: year, month: 1, day: 1) + 1 == dayOfYear else {
                    return nil
                }
            }
        } else if let dayOfYear = field("D") {
            guard (1...(CivilTime.isLeap(year) ? 366 : 365)).contains(dayOfYear) else { return nil }
            days = CivilTime.days(year: year, month: 1, day: 1) + dayOfYear - 1
        } else {
            return nil
        }
        if let weekday = field("E"), ((days + 3) % 7 + 7) % 7 + 1 != weekday { return nil }
        return days + (isMidnight24 ? 1 : 0)
    }

    private func year() -> Int? {
        if let year = field("u") { return year }
        guard let year = field("y") else { return nil }
        guard let era = field("G") else { return year }
        guard year >= 1 else { return nil }
        return era == 1 ? year : 1 - year
    }

    /// 24:00 is the next day's midnight.
    private var isMidnight24: Bool {
        field("H") == 24 && (field("m") ?? 0) == 0 && (field("s") ?? 0) == 0
            && (field("S") ?? 0) == 0
    }

    private func nanosecondOfDay() -> Int? {
        if let nanoseconds = field("N") {
            return (0..<86_400_000_000_000).contains(nanoseconds) ? nanoseconds : nil
        }
        if let milliseconds = field("A") {
            return (0..<86_400_000).contains(milliseconds) ? milliseconds * 1_000_000 : nil
        }
        guard let hour = hour() else { return nil }
        let minute = field("m") ?? 0
        let second = field("s") ?? 0
        let nanosecond = field("S") ?? field("n") ?? 0
        guard (0...59).contains(minute), (0...59).contains(second),
            (0...999_999_999).contains(nanosecond)
        else { return nil }
        return ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanosecond
    }

    private func hour() -> Int? {
        if isMidnight24 { return 0 }
        if let hour = field("H") { return (0...23).contains(hour) ? hour : nil }
        if let hour = field("k") { return (1...24).contains(hour) ? hour % 24 : nil }
        if let half = field("h").map({ (1...12).contains($0) ? $0 % 12 : -1 }) ?? field("K") {
            guard (0...11).contains(half), let afternoon = field("a") else { return nil }
            return half + afternoon * 12
        }
        return field("m") == nil && field("s") == nil ? 0 : nil
    }
}
