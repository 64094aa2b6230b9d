/// A checked JSON text without white space, in one piece of memory.
///
/// The form for stores that hold millions of documents: it takes the bytes of its text and 32 more,
/// a tree takes several times that. It is written out as it is, and read again through a
/// ``JSONReader`` at the speed of a parse.
///
/// Equality is that of the bytes; compare trees for equality of meaning.
public struct CompactJSON: Hashable, Sendable, CustomStringConvertible {
    /// The text: valid, minimal, names unique, numbers and strings as they were written.
    public let bytes: [UInt8]

    /// Checks a text and keeps it without its white space.
    ///
    /// - Throws: as ``JSONReader/parse(_:)``.
    public init(
        parsing text: Span<UInt8>,
        options: JSONReader.Options = .strict
    ) throws(JSONError) {
        var reader = JSONReader(options: options)
        self.init(try reader.parse(text))
    }

    /// Keeps a value of a text.
    public init(_ view: borrowing JSONView) {
        var writer = JSONWriter(capacity: view.sourceRange.count)
        writer.write(view)
        bytes = Self.fitted(writer.finish())
    }

    /// Keeps a tree.
    public init(_ value: JSONValue) {
        var writer = JSONWriter()
        writer.write(value)
        bytes = Self.fitted(writer.finish())
    }

    /// A view of the root.
    ///
    /// - Throws: ``JSONError`` only where the reader's limits are lower than those it was made with.
    @_lifetime(&reader, borrow self)
    public func view(in reader: inout JSONReader) throws(JSONError) -> JSONView {
        try reader.parse(bytes.span)
    }

    /// The text as a string.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Without the room that an array keeps for growing.
    private static func fitted(_ bytes: [UInt8]) -> [UInt8] {
        bytes.capacity <= bytes.count + 32
            ? bytes : unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
