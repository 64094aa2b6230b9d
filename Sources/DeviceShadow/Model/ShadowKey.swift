/// Names one shadow: of which thing, and which of its shadows.
public struct ShadowKey: Hashable, Sendable, CustomStringConvertible {
    /// The thing: 1 to 128 of `a`–`z`, `A`–`Z`, `0`–`9`, `:`, `_`, `-`.
    public let thing: String
    /// The shadow's name, 1 to 64 of the same characters and `$`; `nil` is the classic shadow, which
    /// has no name.
    public let name: String?

    /// Checks names.
    ///
    /// The thing need not be in any registry.
    /// - Throws: ``ShadowRejection`` with ``ShadowRejection/Violation/invalidThingName`` or
    ///   ``ShadowRejection/Violation/invalidShadowName``; the thing is looked at first.
    public init(thing: String, name: String? = nil) throws(ShadowRejection) {
        guard Self.isThingName(thing) else { throw ShadowRejection(.invalidThingName) }
        if let name, !Self.isShadowName(name) { throw ShadowRejection(.invalidShadowName) }
        self.thing = thing
        self.name = name
    }

    /// - Precondition: both are valid names.
    init(checkedThing thing: String, name: String?) {
        self.thing = thing
        self.name = name
    }

    /// Bytes that a thing's name can have at most.
    public static var maximumThingLength: Int { 128 }
    /// Bytes that a shadow's name can have at most.
    public static var maximumNameLength: Int { 64 }

    /// Whether a text can name a thing.
    public static func isThingName(_ text: String) -> Bool {
        isName(text.utf8, limit: maximumThingLength, dollar: false)
    }

    /// Whether a text can name a shadow.
    public static func isShadowName(_ text: String) -> Bool {
        isName(text.utf8, limit: maximumNameLength, dollar: true)
    }

    static func isName(_ text: some Collection<UInt8>, limit: Int, dollar: Bool) -> Bool {
        var count = 0
        for byte in text {
            count += 1
            guard count <= limit else { return false }
            switch byte {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x3A, 0x5F, 0x2D: continue
            case 0x24 where dollar: continue
            default: return false
            }
        }
        return count > 0
    }

    /// `thing` or `thing~name`, as the service's error messages say it.
    public var description: String { name.map { "\(thing)~\($0)" } ?? thing }
}
