/// The six kinds of JSON value. RFC 8259 §3
@frozen
public enum JSONKind: UInt8, Hashable, Sendable {
    /// The literal `null`.
    case null
    /// The literals `true` and `false`.
    case bool
    /// A number of any size and precision.
    case number
    /// A string.
    case string
    /// An array.
    case array
    /// An object.
    case object
}
