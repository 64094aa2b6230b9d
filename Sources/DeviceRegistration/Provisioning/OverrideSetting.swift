/// What happens to a property of a resource that exists already.
public enum OverrideSetting: String, Hashable, Sendable {
    /// It stays as it is; what holds where a template says nothing.
    case doNothing = "DO_NOTHING"
    /// The template's value takes its place.
    case replace = "REPLACE"
    /// Provisioning fails where it differs. `ResourceConflictsException`
    case fail = "FAIL"
    /// Both together, the template's value first; for attributes and groups alone.
    case merge = "MERGE"
}

/// A property of an existing resource differs, and the template says FAIL.
public struct ResourceConflict: Error, Hashable, Sendable {
    /// The property, such as `ThingTypeName`.
    public let property: String

    /// A conflict about a property.
    public init(property: String) { self.property = property }
}
