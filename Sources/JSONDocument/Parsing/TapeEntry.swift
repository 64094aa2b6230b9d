/// One token of a parsed text; 16 bytes.
///
/// The tape lists values and member names in the order of the text. A member is its name's entry
/// followed by its value's entry; an array or object is its own entry followed by its content. Behind
/// the root stands one entry more, with bits of the names of its members (``mayHold(_:)``).
@frozen
@usableFromInline
struct TapeEntry: BitwiseCopyable, Sendable {
    /// Bytes from the start of the text; of a string, to the byte after the opening quote.
    @usableFromInline var start: UInt32
    /// Bytes of the token; of a string, without the quotes.
    @usableFromInline var length: UInt32
    /// Of a value, the index of the entry behind it and all it holds; of a name, its hash.
    ///
    /// While an array or object is still open, the index of the one around it.
    @usableFromInline var next: UInt32
    /// Tag in bits 0 to 7, flags in 8 to 15; of an array or object, the count of its elements or
    /// members in 16 to 31 (0xFFFF stands for "that many or more").
    @usableFromInline var info: UInt32

    @inlinable
    init(start: UInt32, length: UInt32, next: UInt32, info: UInt32) {
        self.start = start
        self.length = length
        self.next = next
        self.info = info
    }

    /// The value of the tag of a member name; below it stand the raw values of ``JSONKind``.
    @inlinable static var name: UInt32 { 6 }
    @inlinable static var tagMask: UInt32 { 0xFF }
    /// A string or name that has escapes.
    @inlinable static var escaped: UInt32 { 1 << 8 }
    /// A name that another member of the same object overrides.
    @inlinable static var shadowed: UInt32 { 1 << 9 }
    /// The literal `true`.
    @inlinable static var isTrue: UInt32 { 1 << 10 }
    /// A number without fraction and exponent.
    @inlinable static var isInteger: UInt32 { 1 << 11 }
    /// An array or object that holds an array or object.
    @inlinable static var nested: UInt32 { 1 << 12 }
    /// An object in which some names are shadowed.
    @inlinable static var hasShadowed: UInt32 { 1 << 13 }
    /// On the root: the text has no white space between its tokens.
    @inlinable static var minimal: UInt32 { 1 << 14 }
    /// On the root: no number has an exponent or a fraction that ends in 0, and no name is shadowed.
    @inlinable static var verbatim: UInt32 { 1 << 15 }
    @inlinable static var countShift: UInt32 { 16 }

    /// The entry behind the root: two words with a bit for each name of the root's members.
    init(nameBits first: UInt64, _ second: UInt64) {
        start = UInt32(truncatingIfNeeded: first)
        length = UInt32(truncatingIfNeeded: first >> 32)
        next = UInt32(truncatingIfNeeded: second)
        info = UInt32(truncatingIfNeeded: second >> 32)
    }

    /// Of the entry behind the root: whether a name with that hash may be among the root's members.
    @inlinable
    func mayHold(_ hash: UInt32) -> Bool {
        let first = UInt64(start) | UInt64(length) << 32
        let second = UInt64(next) | UInt64(info) << 32
        return first &>> UInt64(hash & 63) & second &>> UInt64(hash &>> 6 & 63) & 1 != 0
    }

    @inlinable var tag: UInt32 { info & Self.tagMask }
    @inlinable var isContainer: Bool { tag == 4 || tag == 5 }
    @inlinable var storedCount: Int { Int(info >> Self.countShift) }
}
