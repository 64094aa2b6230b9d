/// Conditional requests: RFC 9110 §13, for GET and HEAD of something that exists.
public struct Preconditions: Hashable, Sendable {
    /// What to answer before the method is looked at.
    public enum Decision: Hashable, Sendable {
        /// Go on; `usesRange`: a `Range` field may be obeyed.
        case proceed(usesRange: Bool)
        /// 304.
        case notModified
        /// 412.
        case failed
    }

    /// The field's value.
    public var ifMatch: String?
    /// The field's value.
    public var ifNoneMatch: String?
    /// The field's value.
    public var ifModifiedSince: String?
    /// The field's value.
    public var ifUnmodifiedSince: String?
    /// The field's value.
    public var ifRange: String?

    /// Takes the values of the fields; `nil` for each that is missing.
    public init(
        ifMatch: String? = nil,
        ifNoneMatch: String? = nil,
        ifModifiedSince: String? = nil,
        ifUnmodifiedSince: String? = nil,
        ifRange: String? = nil
    ) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
        self.ifUnmodifiedSince = ifUnmodifiedSince
        self.ifRange = ifRange
    }

    /// Evaluates the fields in the order of RFC 9110 §13.2.2.
    ///
    /// - Parameters:
    ///   - entityTag: the strong entity tag, with its quotes.
    ///   - modified: when the file was written, in seconds since 1970.
    ///   - now: the time, in seconds since 1970.
    /// - Returns: what to answer.
    public func evaluate(entityTag: String, modified: Int64, now: Int64) -> Decision {
        if let ifMatch {
            guard Self.list(ifMatch, holds: entityTag, weakly: false) else { return .failed }
        } else if let date = ifUnmodifiedSince.flatMap({ HTTPDate.parse($0, now: now) }) {
            guard modified <= date else { return .failed }
        }
        if let ifNoneMatch {
            if Self.list(ifNoneMatch, holds: entityTag, weakly: true) { return .notModified }
        } else if let date = ifModifiedSince.flatMap({ HTTPDate.parse($0, now: now) }) {
            if modified <= date { return .notModified }
        }
        return .proceed(usesRange: rangeApplies(entityTag, modified, now))
    }

    /// `If-Range` takes a strong comparison. RFC 9110 §13.1.5
    private func rangeApplies(_ entityTag: String, _ modified: Int64, _ now: Int64) -> Bool {
        guard let ifRange else { return true }
        if ifRange.hasPrefix("\"") { return ifRange == entityTag }
        // A date says the same of two states within one second. RFC 9110 §8.8.2.2
        guard let date = HTTPDate.parse(ifRange, now: now) else { return false }
        return date == modified && now - modified >= 2
    }

    /// Whether a list of entity tags, or `*`, names this one.
    private static func list(_ field: String, holds tag: String, weakly: Bool) -> Bool {
        if field == "*" { return true }
        var rest = Substring(field)
        while !rest.isEmpty {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
            let isWeak = rest.hasPrefix("W/")
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else {
                return false
            }
            if rest[...end] == tag, weakly || !isWeak { return true }
            rest = rest[rest.index(after: end)...]
        }
        return false
    }
}
