/// A set of Unicode scalars, kept as a small expression and answered for ASCII from a bitmap.
struct ScalarSet: Hashable, Sendable {
    indirect enum Node: Hashable, Sendable {
        case ranges([ClosedRange<UInt32>])
        case property(Property)
        case not(Node)
        case union([Node])
        case intersection(Node, Node)
        case anyCase(Node)
    }

    /// Properties that are asked of the Unicode tables.
    enum Property: Hashable, Sendable {
        case letter, uppercase, lowercase, titlecase, modifierLetter, otherLetter
        case mark, number, decimalNumber, letterNumber, otherNumber
        case punctuation, symbol, separator, other, control
    }

    private let node: Node
    private let low: UInt64
    private let high: UInt64

    init(_ node: Node) {
        self.node = node
        var low: UInt64 = 0
        var high: UInt64 = 0
        for value in UInt32(0)..<64 where Self.contains(node, value) { low |= 1 << UInt64(value) }
        for value in UInt32(64)..<128 where Self.contains(node, value) {
            high |= 1 << UInt64(value - 64)
        }
        self.low = low
        self.high = high
    }

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low >> UInt64(value) & 1 != 0 }
        if value < 128 { return high >> UInt64(value - 64) & 1 != 0 }
        return Self.contains(node, value)
    }

    private static func contains(_ node: Node, _ value: UInt32) -> Bool {
        switch node {
        case .ranges(let ranges):
            for range in ranges where range.contains(value) { return true }
            return false
        case .property(let property): return has(property, value)
        case .not(let inner): return !contains(inner, value)
        case .union(let nodes):
            for inner in nodes where contains(inner, value) { return true }
            return false
        case .intersection(let a, let b): return contains(a, value) && contains(b, value)
        case .anyCase(let inner):
            if contains(inner, value) { return true }
            // ASCII letters only, as Java without the flag `u`.
            guard value | 0x20 >= 0x61, value | 0x20 <= 0x7A else { return false }
            return contains(inner, value ^ 0x20)
        }
    }

    private static func has(_ property: Property, _ value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        let category = scalar.properties.generalCategory
        switch category {
        case .uppercaseLetter: return property == .letter || property == .uppercase
        case .lowercaseLetter: return property == .letter || property == .lowercase
        case .titlecaseLetter: return property == .letter || property == .titlecase
        case .modifierLetter: return property == .letter || property == .modifierLetter
        case .otherLetter: return property == .letter || property == .otherLetter
        case .nonspacingMark, .spacingMark, .enclosingMark: return property == .mark
        case .decimalNumber: return property == .number || property == .decimalNumber
        case .letterNumber: return property == .number || property == .letterNumber
        case .otherNumber: return property == .number || property == .otherNumber
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            return property == .punctuation
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: return property == .symbol
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return property == .separator
        case .control: return property == .control || property == .other
        default: return property == .other
        }
    }
}

extension ScalarSet.Node {
    static let digit = Self.ranges([0x30...0x39])
    static let word = Self.ranges([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// `\s`: space, tab, LF, VT, FF, CR.
    static let space = Self.ranges([0x09...0x0D, 0x20...0x20])
    static let horizontalSpace = Self.ranges([
        0x09...0x09, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x180E...0x180E, 0x2000...0x200A,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ])
    static let verticalSpace = Self.ranges([0x0A...0x0D, 0x85...0x85, 0x2028...0x2029])
    static let lineTerminator = Self.ranges([
        0x0A...0x0A, 0x0D...0x0D, 0x85...0x85, 0x2028...0x2029,
    ])
    static let everything = Self.ranges([0...0x10FFFF])

    static func scalar(_ value: UInt32) -> Self { .ranges([value...value]) }

    /// The class behind `\p{name}`.
    static func named(_ name: String) -> Self? {
        switch name {
        case "Lower": .ranges([0x61...0x7A])
        case "Upper": .ranges([0x41...0x5A])
        case "ASCII": .ranges([0...0x7F])
        case "Alpha": .ranges([0x41...0x5A, 0x61...0x7A])
        case "Digit": .digit
        case "Alnum": .ranges([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
        case "Punct": .ranges([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "Graph": .ranges([0x21...0x7E])
        case "Print": .ranges([0x20...0x7E])
        case "Blank": .ranges([0x09...0x09, 0x20...0x20])
        case "Cntrl": .ranges([0...0x1F, 0x7F...0x7F])
        case "XDigit": .ranges([0x30...0x39, 0x41...0x46, 0x61...0x66])
        case "Space": .space
        case "L", "IsL", "IsAlphabetic": .property(.letter)
        case "Lu", "IsLu", "IsUppercase": .property(.uppercase)
        case "Ll", "IsLl", "IsLowercase": .property(.lowercase)
        case "Lt", "IsLt": .property(.titlecase)
        case "Lm", "IsLm": .property(.modifierLetter)
        case "Lo", "IsLo": .property(.otherLetter)
        case "M", "IsM": .property(.mark)
        case "N", "IsN": .property(.number)
        case "Nd", "IsNd", "IsDigit": .property(.decimalNumber)
        case "Nl", "IsNl": .property(.letterNumber)
        case "No", "IsNo": .property(.otherNumber)
        case "P", "IsP", "IsPunctuation": .property(.punctuation)
        case "S", "IsS": .property(.symbol)
        case "Z", "IsZ": .property(.separator)
        case "C", "IsC": .property(.other)
        case "Cc", "IsCc", "IsControl": .property(.control)
        default: nil
        }
    }
}
