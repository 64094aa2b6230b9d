/// Text that is no `date-time` of RFC 3339 §5.6.
public struct RFC3339Error: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The text ended inside the date-time.
        case truncated
        /// A byte that the grammar does not allow here. RFC 3339 §5.6
        case unexpectedByte(UInt8)
        /// A month, day, hour, minute or second outside its range. RFC 3339 §5.7
        case fieldOutOfRange
        /// A second of 60 elsewhere than at 23:59 UTC on the last day of June or December.
        /// RFC 3339 §5.7, appendix D
        case leapSecondMisplaced
        /// The offset moves the time out of the years 0000 to 9999.
        case yearOutOfRange
        /// Bytes after the date-time.
        case trailingBytes
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the text to the first byte of the field that is wrong.
    public let offset: Int

    /// A violation and where it is.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}
