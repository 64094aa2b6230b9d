/// Reads age's ASCII armor from pieces of any size.
///
/// Strict: lines of exactly 64 characters but the last, canonical padding, LF or CRLF, nothing but
/// white space around the armor.
public struct ArmorDecoder: Sendable {
    /// The most white space before BEGIN, and the most after END, in bytes.
    public static let maximumWhitespace = 1_024

    private enum State {
        case leading, lines, lastLine, trailing
    }

    private var state = State.leading
    private var line: [UInt8] = []
    private var lineStart: UInt64 = 0
    private var offset: UInt64 = 0
    private var whitespace = 0

    /// Starts before the BEGIN line.
    public init() {}

    /// Appends the bytes that `text` completes.
    ///
    /// - Throws: ``DecryptionError`` with the offset of the line that is wrong.
    /// - Complexity: O(*n*), memory of one line.
    public mutating func update(
        _ text: Span<UInt8>,
        into bytes: inout [UInt8]
    ) throws(DecryptionError) {
        for i in text.indices {
            let c = text[i]
            defer { offset += 1 }
            switch state {
            case .leading where line.isEmpty && Self.isWhitespace(c):
                try countWhitespace()
            case .trailing:
                guard Self.isWhitespace(c) else {
                    throw DecryptionError(.armor(.trailingData), at: offset)
                }
                try countWhitespace()
            default:
                if line.isEmpty { lineStart = offset }
                if c == 0x0A {
                    try endLine(into: &bytes)
                    line.removeAll(keepingCapacity: true)
                } else {
                    // 64 characters and the CR of a CRLF.
                    guard line.count < 66 else {
                        throw DecryptionError(
                            .armor(state == .leading ? .beginLine : .lineLength),
                            at: lineStart
                        )
                    }
                    line.append(c)
                }
            }
        }
    }

    /// Ends the input; the END line needs no line end.
    public mutating func finish() throws(DecryptionError) {
        if !line.isEmpty, state != .leading {
            var none: [UInt8] = []
            let isEnd = line == ArmorEncoder.end || line == ArmorEncoder.end + [0x0D]
            if isEnd { try endLine(into: &none) }
        }
        guard state == .trailing else { throw DecryptionError(.armor(.truncated), at: offset) }
    }

    private static func isWhitespace(_ c: UInt8) -> Bool {
        c == 0x20 || c == 0x09 || c == 0x0A || c == 0x0D
    }

    private mutating func countWhitespace() throws(DecryptionError) {
        whitespace += 1
        guard whitespace <= Self.maximumWhitespace else {
            throw DecryptionError(.armor(.whitespace), at: offset)
        }
    }

    private mutating func endLine(into bytes: inout [UInt8]) throws(DecryptionError) {
        if line.last == 0x0D { line.removeLast() }
        if state == .leading {
            guard line == ArmorEncoder.begin else {
                throw DecryptionError(.armor(.beginLine), at: lineStart)
            }
            state = .lines
            return
        }
        if line == ArmorEncoder.end {
            state = .trailing
            whitespace = 0
            return
        }
        guard state == .lines, (1...64).contains(line.count) else {
            throw DecryptionError(.armor(.lineLength), at: lineStart)
        }
        guard line.count.isMultiple(of: 4) else {
            throw DecryptionError(.armor(.base64), at: lineStart)
        }
        var count = line.count
        if line[count - 1] == 0x3D { count -= line[count - 2] == 0x3D ? 2 : 1 }
        if line.count < 64 || count < 64 { state = .lastLine }
        let before = bytes.count
        do { try Base64.decode(line.span.extracting(0..<count), into: &bytes) } catch {
            bytes.removeLast(bytes.count - before)
            throw DecryptionError(.armor(.base64), at: lineStart)
        }
    }
}
