/// Which client identifiers are refused at CONNECT, before any policy is asked.
///
/// A client identifier ends up in policies as `${iot:ClientId}`, in topics and in resource names.
/// One that holds `+` or `#` would open `my/+/topic` for SUBSCRIBE, `*` and `?` read like wildcards,
/// `$` like a reserved topic, and `/` adds a level.
/// Source: AWS IoT Core developer guide, "Policy variables" (the documented hole of `+`).
public struct ClientIdentifierRule: Hashable, Sendable {
    private var allowed: Set<String>

    /// The rule, with identifiers that are let through by name.
    public init(allowing names: Set<String> = []) { allowed = names }

    /// Characters that a client identifier may not hold.
    public static let refusedCharacters = "+#*?$/"

    /// The first character that is refused, or `nil` where the identifier is fine.
    public func firstRefused(in identifier: String) -> Character? {
        if allowed.contains(identifier) { return nil }
        return identifier.first { Self.refusedCharacters.contains($0) }
    }
}
