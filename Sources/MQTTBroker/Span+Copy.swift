extension [UInt8] {
    /// A copy of borrowed bytes, made in one piece.
    init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Adds a copy of borrowed bytes, made in one piece.
    mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension String {
    /// A text whose bytes the codec has checked.
    init(checkedUTF8 bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Span<UInt8> {
    /// True when the bytes begin with those of `prefix`.
    func starts(with prefix: String) -> Bool {
        var index = 0
        for byte in prefix.utf8 {
            guard index < count, self[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Levels of a topic: its separators plus one.
    var levelCount: Int {
        var levels = 1
        for index in indices where self[index] == UInt8(ascii: "/") { levels += 1 }
        return levels
    }
}
