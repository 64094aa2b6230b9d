/// A pattern of `parse_time`: Joda-Time's letters, which are not quite java.time's.
struct TimeFormat: Hashable, Sendable {
    enum Part: Hashable {
        case text([UInt8])
        case field(UInt8, Int)
    }

    /// The longest pattern, in bytes.
    static let lengthLimit = 1_024

    let parts: [Part]

    /// Reads a pattern; `nil` for letters that Joda-Time reserves.
    init?(_ pattern: String) {
        let bytes = Array(pattern.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.lengthLimit else { return nil }
        var parts: [Part] = []
        var i = 0
        while i < bytes.count {
            let c = bytes[i]
            if c == 0x27 {
                guard let text = Self.quoted(bytes, &i) else { return nil }
                parts.append(.text(text))
            } else if (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7A {
                let start = i
                while i < bytes.count, bytes[i] == c { i += 1 }
                guard "GCYxweEyDMdaKhHkmsSzZ".utf8.contains(c), i - start <= 64 else { return nil }
                parts.append(.field(c, i - start))
            } else {
                parts.append(.text([c]))
                i += 1
            }
        }
        self.parts = parts
    }

    /// Text in apostrophes; a doubled one is the apostrophe itself.
    static func quoted(_ bytes: [UInt8], _ i: inout Int) -> [UInt8]? {
        i += 1
        if i < bytes.count, bytes[i] == 0x27 {
            i += 1
            return [0x27]
        }
        var text: [UInt8] = []
        while i < bytes.count {
            if bytes[i] == 0x27 {
                guard i + 1 < bytes.count, bytes[i + 1] == 0x27 else {
                    i += 1
                    return text
                }
                i += 1
            }
            text.append(bytes[i])
            i += 1
        }
        // Joda-Time takes an open quotation to the end.
        return text
    }

    /// The text of a moment in a zone; `nil` for an unknown zone.
    func format(
        _ milliseconds: Int64,
        zone: String,
        _ zones: any TimeZoneProvider
    ) -> String? {
        // Joda-Time's years go to 292 278 993; this keeps all sums far from overflow.
        guard abs(milliseconds / 2) < 4_611_000_000_000_000_000, let parsed = Zone(zone),
            let offset = parsed.offset(at: milliseconds, zones)
        else { return nil }
        let local = milliseconds.addingReportingOverflow(Int64(offset.seconds) * 1000)
        guard !local.overflow else { return nil }
        let time = CivilTime(milliseconds: local.partialValue)
        var output: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): output += bytes
            case .field(let letter, let count):
                let text = Self.text(letter, count, time, offset, zone: zone)
                output += text.utf8
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func text(
        _ letter: UInt8,
        _ count: Int,
        _ time: CivilTime,
        _ offset: ZoneOffset,
        zone: String
    ) -> String {
        switch Unicode.Scalar(letter) {
        case "G": return time.year > 0 ? "AD" : "BC"
        case "E": return name(CivilTime.dayNames[time.dayOfWeek - 1], count, short: 3, from: 4)
        case "a": return time.hour < 12 ? "AM" : "PM"
        case "M" where count >= 3:
            return name(CivilTime.monthNames[time.month - 1], count, short: 3, from: 4)
        case "S": return fraction(time.millisecond, count)
        case "z": return zoneName(count, offset)
        case "Z":
            if count >= 3 { return zone }
            return Zone.text(of: offset.seconds, colon: count == 2)
        default: return number(letter, count, time)
        }
    }

    private static func number(_ letter: UInt8, _ count: Int, _ time: CivilTime) -> String {
        let yearOfEra = time.year > 0 ? time.year : 1 - time.year
        let hour = time.hour
        let value: Int
        switch Unicode.Scalar(letter) {
        case "C": value = yearOfEra / 100
        case "Y": value = count == 2 ? yearOfEra % 100 : yearOfEra
        case "y": value = count == 2 ? abs(time.year) % 100 : time.year
        case "x": value = count == 2 ? abs(time.week.year) % 100 : time.week.year
        case "w": value = time.week.week
        case "e": value = time.dayOfWeek
        case "D": value = time.dayOfYear
        case "M": value = time.month
        case "d": value = time.day
        case "K": value = hour % 12
        case "h": value = hour % 12 == 0 ? 12 : hour % 12
        case "H": value = hour
        case "k": value = hour == 0 ? 24 : hour
        case "m": value = time.minute
        default: value = time.second
        }
        return padded(value, count)
    }

    static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(abs(value))
        let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
        return (value < 0 ? "-" : "") + zeros + digits
    }

    private static func name(_ full: String, _ count: Int, short: Int, from: Int) -> String {
        count >= from ? full : String(full.prefix(short))
    }

    /// Digits of the second's fraction, cut off, or with zeros behind the milliseconds.
    private static func fraction(_ milliseconds: Int, _ count: Int) -> String {
        let digits = padded(milliseconds, 3)
        return count <= 3
            ? String(digits.prefix(count)) : digits + String(repeating: "0", count: count - 3)
    }

    private static func zoneName(_ count: Int, _ offset: ZoneOffset) -> String {
        guard count >= 4 else { return offset.abbreviation }
        return longNames[offset.abbreviation] ?? offset.abbreviation
    }

    private static let longNames: [String: String] = [
        "UTC": "Coordinated Universal Time", "GMT": "Greenwich Mean Time",
        "EST": "Eastern Standard Time", "EDT": "Eastern Daylight Time",
        "CST": "Central Standard Time", "CDT": "Central Daylight Time",
        "MST": "Mountain Standard Time", "MDT": "Mountain Daylight Time",
        "PST": "Pacific Standard Time", "PDT": "Pacific Daylight Time",
        "CET": "Central European Time", "CEST": "Central European Summer Time",
        "BST": "British Summer Time", "JST": "Japan Standard Time",
    ]
}
