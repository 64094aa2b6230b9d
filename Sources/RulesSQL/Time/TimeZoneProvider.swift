/// What a time zone says about one moment.
public struct ZoneOffset: Hashable, Sendable {
    /// Seconds east of Greenwich.
    public var seconds: Int
    /// The zone's abbreviation at that moment, such as `CST`; of a zone without one, its offset.
    public var abbreviation: String

    /// A zone's answer.
    public init(seconds: Int, abbreviation: String) {
        self.seconds = seconds
        self.abbreviation = abbreviation
    }
}

/// The time zones of the IANA database; `RulesSQLSystem` has one over the system's tables.
public protocol TimeZoneProvider: Sendable {
    /// What a zone says at a moment.
    ///
    /// - Parameters:
    ///   - zone: an identifier such as `America/Belize`; it comes from a rule or from a payload.
    ///   - milliseconds: since 1970-01-01T00:00:00Z.
    /// - Returns: `nil` for a zone that is not known.
    func offset(of zone: String, atMilliseconds milliseconds: Int64) -> ZoneOffset?
}

/// Knows UTC and fixed offsets only: what a core has without a database.
public struct FixedTimeZones: TimeZoneProvider {
    /// A provider without a database.
    public init() {}

    /// Knows no zone: fixed offsets are read before a provider is asked.
    public func offset(of zone: String, atMilliseconds: Int64) -> ZoneOffset? { nil }
}

/// A zone that was named in a rule: a fixed offset, or a name for the provider.
enum Zone: Hashable {
    case fixed(seconds: Int, name: String)
    case region(String)

    static let utc = Zone.fixed(seconds: 0, name: "UTC")

    /// Reads `UTC`, `Z`, `+01:00`, `UTC+01:00`, `GMT-3` or the name of a region.
    init?(_ text: String) {
        var rest = Array(text.utf8)
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        if text == "Z" || text == "UTC" || text == "GMT" || text == "UT" {
            self = .fixed(seconds: 0, name: text == "Z" ? "UTC" : text)
            return
        }
        for prefix in ["UTC", "GMT", "UT"] where rest.starts(with: prefix.utf8) {
            let tail = rest.dropFirst(prefix.utf8.count)
            if tail.first == 0x2B || tail.first == 0x2D {
                rest = Array(tail)
                break
            }
        }
        if let first = rest.first, first == 0x2B || first == 0x2D {
            guard let seconds = Self.offset(rest) else { return nil }
            self = .fixed(seconds: seconds, name: Self.text(of: seconds, colon: true))
            return
        }
        let isName = rest.allSatisfy {
            Lexer.isWordPart($0) || $0 == 0x2F || $0 == 0x2D || $0 == 0x2B
        }
        guard isName, Lexer.isWordStart(rest[0]) else { return nil }
        self = .region(text)
    }

    /// `+1`, `+01`, `+0100`, `+01:00`, with seconds too; at most 18 hours.
    static func offset(_ text: [UInt8]) -> Int? {
        guard let sign = text.first else { return nil }
        var digits: [Int] = []
        for (index, c) in text.dropFirst().enumerated() {
            if c == 0x3A {
                guard index == 2 || index == 5 else { return nil }
                continue
            }
            guard Lexer.isDigit(c) else { return nil }
            digits.append(Int(c - 0x30))
        }
        if digits.count == 1 { digits.insert(0, at: 0) }
        guard [2, 4, 6].contains(digits.count) else { return nil }
        digits += [Int](repeating: 0, count: 6 - digits.count)
        let minutes = digits[2] * 10 + digits[3]
        let seconds = digits[4] * 10 + digits[5]
        let total = (digits[0] * 10 + digits[1]) * 3600 + minutes * 60 + seconds
        guard minutes < 60, seconds < 60, total <= 18 * 3600 else { return nil }
        return sign == 0x2D ? -total : total
    }

    /// `+01:00` or `+0100`.
    static func text(of seconds: Int, colon: Bool) -> String {
        let magnitude = abs(seconds)
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return (seconds < 0 ? "-" : "+") + two(magnitude / 3600) + (colon ? ":" : "")
            + two(magnitude / 60 % 60)
    }

    /// The offset at a moment.
    func offset(at milliseconds: Int64, _ zones: any TimeZoneProvider) -> ZoneOffset? {
        switch self {
        case .fixed(let seconds, let name): ZoneOffset(seconds: seconds, abbreviation: name)
        case .region(let name): zones.offset(of: name, atMilliseconds: milliseconds)
        }
    }

    /// The moment that a local time names: in a gap it moves on by the gap's length, in an overlap
    /// the earlier offset counts.
    func instant(ofLocal local: Int64, _ zones: any TimeZoneProvider) -> Int64? {
        let day: Int64 = 86_400_000
        guard let before = offset(at: local - day, zones),
            let after = offset(at: local + day, zones)
        else { return nil }
        let early = local - Int64(before.seconds) * 1000
        guard before.seconds != after.seconds else { return early }
        if offset(at: early, zones)?.seconds == before.seconds { return early }
        let late = local - Int64(after.seconds) * 1000
        return offset(at: late, zones)?.seconds == after.seconds ? late : early
    }

    /// Zones that the common abbreviations stand for when text is read.
    static let abbreviations: [String: String] = [
        "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago",
        "CDT": "America/Chicago", "MST": "America/Denver", "MDT": "America/Denver",
        "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "AKST": "America/Anchorage",
        "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu", "CET": "Europe/Paris",
        "CEST": "Europe/Paris", "EET": "Europe/Athens", "EEST": "Europe/Athens",
        "WET": "Europe/Lisbon", "WEST": "Europe/Lisbon", "BST": "Europe/London",
        "MSK": "Europe/Moscow", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "KST": "Asia/Seoul",
        "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "NZST": "Pacific/Auckland",
        "NZDT": "Pacific/Auckland",
    ]
}
