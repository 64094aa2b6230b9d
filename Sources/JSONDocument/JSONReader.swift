/// Checks JSON texts and gives borrowed views of them.
///
/// One pass over the text checks RFC 8259 and builds a tape that says where each value stands; no
/// value is built. The tape's memory is used again for the next text: a reader that has seen a text
/// of similar size allocates nothing.
///
/// The view borrows the reader: one reader serves one text at a time.
public struct JSONReader: ~Copyable {
    /// What a reader accepts beyond the grammar.
    public struct Options: Hashable, Sendable {
        /// Nested arrays and objects, from 1; `[[]]` has 2.
        ///
        /// Default 128, at most ``highestDepth``.
        public var maximumDepth: Int
        /// Bytes of text, at most 2 147 483 647.
        ///
        /// Default 16 MiB.
        public var maximumLength: Int
        /// What happens to an object that has a member name twice.
        ///
        /// Default ``DuplicateKeys/reject``.
        public var duplicateKeys: DuplicateKeys

        /// Options; each has the default of ``strict``.
        public init(
            maximumDepth: Int = 128,
            maximumLength: Int = 16 << 20,
            duplicateKeys: DuplicateKeys = .reject
        ) {
            self.maximumDepth = maximumDepth
            self.maximumLength = maximumLength
            self.duplicateKeys = duplicateKeys
        }

        /// The most that ``maximumDepth`` can allow, as trees are built and freed by recursion.
        public static var highestDepth: Int { 512 }

        /// RFC 8259, names unique, depth 128, 16 MiB.
        public static var strict: Options { Options() }
    }

    /// What happens to an object that has a member name twice (RFC 8259 §4 leaves it open).
    ///
    /// Names are compared by what they stand for: `"a"` and `"\u0061"` are the same.
    public enum DuplicateKeys: Hashable, Sendable {
        /// The text is refused.
        case reject
        /// The first member counts; later ones are in no view, count or tree.
        case first
        /// The last member counts, at its own place in the order.
        case last
    }

    /// What this reader accepts.
    public let options: Options
    private var storage: TapeStorage

    /// A reader with room for texts of a few hundred bytes; the room grows as needed.
    public init(options: Options = .strict) {
        self.options = options
        storage = TapeStorage(capacity: 64)
    }

    /// Checks a text and gives a view of its value.
    ///
    /// - Parameter text: one JSON text in UTF-8, without a byte order mark.
    /// - Returns: a view of the root, valid as long as `text` and until the next call.
    /// - Throws: ``JSONError`` at the first byte that breaks the grammar or a limit. A duplicate name
    ///   in an object of more than 24 members is found at the object's end, so a fault of the grammar
    ///   further inside is reported first.
    /// - Complexity: O(*n*) in the bytes of `text`; names that were chosen to collide cost
    ///   O(*n* log *n*). Allocates only where the tape has to grow.
    @_lifetime(&self, copy text)
    public mutating func parse(_ text: Span<UInt8>) throws(JSONError) -> JSONView {
        do throws(TapeFault) {
            try fill(from: text)
        } catch {
            throw JSONError(error.violation, at: error.offset, in: text)
        }
        // One entry stands behind the root and all it holds.
        let tape = unsafe Span(_unsafeStart: storage.entries, count: storage.count + 1)
        // The tape lives in memory of this reader, which the view keeps borrowed.
        return JSONView(text: text, tape: unsafe _overrideLifetime(tape, mutating: &self), index: 0)
    }

    /// Checks a text without a view of it.
    ///
    /// - Throws: as ``parse(_:)``.
    public mutating func validate(_ text: Span<UInt8>) throws(JSONError) {
        _ = try parse(text)
    }

    private mutating func fill(from text: Span<UInt8>) throws(TapeFault) {
        let limit = min(options.maximumLength, 0x7FFF_FFFF)
        guard text.count <= limit else { throw TapeFault(.tooLong(limit: limit), at: limit) }
        let options = options
        var fault: TapeFault?
        unsafe text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else {
                fault = TapeFault(.truncated, at: 0)
                return
            }
            let source = unsafe ByteSource(base: base, count: bytes.count)
            do throws(TapeFault) {
                try TapeParser.parse(source, options, into: &storage)
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
    }
}
