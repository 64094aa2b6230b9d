/// `${name}` in a policy, or the key of a condition: a context key and which of its values.
struct VariableReference: Hashable, Sendable {
    /// Which values of a certificate attribute are meant.
    enum Selection: Hashable, Sendable {
        /// The plain name: the first value of a certificate attribute, else every value.
        case plain
        /// `.N`, counted from zero, so that `.1` is the second value.
        case index(Int)
        /// `.List`: the first five values.
        case list
    }

    let key: ContextKey
    let selection: Selection

    /// Values of a certificate attribute beyond these do not count.
    static let listLimit = 5
    /// A certificate value longer than this (in characters) is not substituted.
    static let substitutionLimit = 1024
    /// `${*}`, `${?}` and `${$}` stand for the character itself.
    static let escapes: [UInt8] = Array("*?$".utf8)
    /// Names longer than this are refused.
    static let nameLimit = 256

    /// Reads the text between `${` and `}`, or a condition key.
    ///
    /// `nil` for an empty or overlong name and for characters that no name has.
    init?(_ name: some Collection<UInt8>) {
        guard !name.isEmpty, name.count <= Self.nameLimit,
            name.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !Self.refused.contains($0) })
        else { return nil }
        let whole = ContextKey(utf8: name)
        guard whole.isCertificateAttribute,
            let dot = whole.bytes.lastIndex(of: UInt8(ascii: ".")),
            dot >= ContextKey.certificatePrefix.count
        else {
            key = whole
            selection = .plain
            return
        }
        let suffix = whole.bytes[(dot + 1)...]
        if suffix.elementsEqual("list".utf8) {
            selection = .list
        } else if suffix.count == 1, let digit = suffix.first, (0x30...0x39).contains(digit) {
            selection = .index(Int(digit - 0x30))
        } else {
            key = whole
            selection = .plain
            return
        }
        key = ContextKey(utf8: whole.bytes[..<dot])
    }

    private static let refused: [UInt8] = Array("*?${}\"\\,'".utf8)

    /// The name as it is written in a policy.
    var description: String {
        switch selection {
        case .plain: key.description
        case .index(let index): "\(key.description).\(index)"
        case .list: key.description + ".List"
        }
    }
}
