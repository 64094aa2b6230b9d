/// Writes age's ASCII armor (RFC 7468 strict) from pieces of any size.
public struct ArmorEncoder: Sendable {
    private var pending: [UInt8] = []
    private var started = false

    static let begin = [UInt8]("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
    static let end = [UInt8]("-----END AGE ENCRYPTED FILE-----".utf8)

    /// Starts an armor.
    public init() {}

    /// The most bytes that ``update(_:into:)`` and ``finish(into:)`` together append for `count`.
    static func bound(for count: Int) -> Int { (count + 48) / 48 * 65 + 2 * 65 + 70 }

    /// Appends the lines that `bytes` complete.
    public mutating func update(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        if !started {
            started = true
            text.append(contentsOf: Self.begin)
            text.append(0x0A)
        }
        var i = 0
        if !pending.isEmpty {
            while pending.count < 48, i < bytes.count {
                pending.append(bytes[i])
                i += 1
            }
            guard pending.count == 48 else { return }
            Base64.encode(pending.span, into: &text)
            text.append(0x0A)
            pending.removeAll(keepingCapacity: true)
        }
        while bytes.count - i >= 48 {
            Base64.encode(bytes.extracting(i..<i + 48), into: &text)
            text.append(0x0A)
            i += 48
        }
        while i < bytes.count {
            pending.append(bytes[i])
            i += 1
        }
    }

    /// Appends the last line and the END line.
    public mutating func finish(into text: inout [UInt8]) {
        let empty: [UInt8] = []
        update(empty.span, into: &text)
        if !pending.isEmpty {
            Base64.encode(pending.span, padded: true, into: &text)
            text.append(0x0A)
            pending.removeAll()
        }
        text.append(contentsOf: Self.end)
        text.append(0x0A)
    }
}
