/// The named curves that keys may use.
public enum NamedCurve: Hashable, Sendable, CaseIterable {
    /// secp256r1
    case p256
    /// secp384r1
    case p384
    /// secp521r1
    case p521

    /// Octets of one coordinate.
    public var coordinateLength: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }
}

/// Why a public key cannot be used, whatever the profile.
@nonexhaustive
public enum KeyProblem: Hashable, Sendable {
    /// The structure does not follow the grammar of its algorithm. RFC 3279 §2.3, RFC 5480 §2
    case encoding
    /// Curve parameters other than a named curve. RFC 5480 §2.1.1
    case explicitParameters
    /// The point at infinity, a hybrid form or a wrong length. RFC 5480 §2.2
    case pointEncoding
    /// A point that is not on its curve. SP 800-56A §5.6.2.3
    case pointNotOnCurve
    /// A modulus that is even, negative, or has tiny factors. RFC 8017 §3.1
    case modulus
    /// A public exponent that is even, below 3 or above 64 bits. FIPS 186-5 §5.1
    case exponent
}

/// A SubjectPublicKeyInfo.
public struct SubjectPublicKey: Sendable {
    /// The kind of key, with what policies decide on.
    public enum Algorithm: Hashable, Sendable {
        /// A point on a named curve. RFC 5480
        case ec(NamedCurve)
        /// An RSA modulus of so many bits. RFC 3279 §2.3.1
        case rsa(bits: Int, exponent: UInt64)
        /// Ed25519. RFC 8410
        case ed25519
        /// A curve or algorithm that is not supported.
        case unsupported(ObjectIdentifier)
        /// A supported algorithm, but no valid key of it.
        case malformed(KeyProblem)
    }

    /// The kind of key.
    public let algorithm: Algorithm
    private let bytes: [UInt8]
    private let whole: ByteRange
    private let first: ByteRange
    private let second: ByteRange

    init(algorithm: Algorithm, bytes: [UInt8], fields: Fields) {
        self.algorithm = algorithm
        self.bytes = bytes
        whole = fields.whole
        first = fields.first
        second = fields.second
    }

    /// Reads one SubjectPublicKeyInfo.
    ///
    /// - Throws: ``MalformedDER`` where it is no such structure; a key that is wrong inside is a value
    ///   with ``Algorithm/malformed(_:)``.
    public init(der: [UInt8]) throws(MalformedDER) {
        var cursor = DERCursor(0..<der.count)
        let (algorithm, fields) = try Fields.read(&cursor, der.span)
        try cursor.finishInput()
        self.init(algorithm: algorithm, bytes: der, fields: fields)
    }

    /// The SubjectPublicKeyInfo as DER.
    public var der: [UInt8] { bytes.span.array(whole.range) }

    /// Lends the DER of the SubjectPublicKeyInfo.
    public func withDER<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(bytes.span.extracting(whole.range))
    }

    /// Lends the content of the key's BIT STRING: a point, an Ed25519 key, an RSAPublicKey.
    public func withKeyBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(bytes.span.extracting(first.range))
    }

    /// Lends modulus and exponent of an RSA key, big-endian without leading zeros; both empty for
    /// other keys.
    public func withRSAComponents<R, E: Error>(
        _ body: (_ modulus: Span<UInt8>, _ exponent: Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        guard case .rsa = algorithm else {
            return try body(bytes.span.extracting(0..<0), bytes.span.extracting(0..<0))
        }
        return try body(
            bytes.span.extracting(first.range),
            bytes.span.extracting(second.range)
        )
    }
}

extension SubjectPublicKey: Hashable {
    /// Whether both have the same DER.
    public static func == (a: SubjectPublicKey, b: SubjectPublicKey) -> Bool {
        a.bytes.span.equals(a.whole.range, b.bytes.span, b.whole.range)
    }

    /// Hashes the DER.
    public func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: buffer[whole.range]))
        }
    }
}

extension SubjectPublicKey {
    /// Offsets of what a key is made of.
    struct Fields: Sendable {
        var whole: ByteRange
        /// Point, key octets or modulus.
        var first: ByteRange = .empty
        /// Exponent.
        var second: ByteRange = .empty

        /// Reads a SubjectPublicKeyInfo and judges the key inside as far as that needs no arithmetic.
        static func read(
            _ cursor: inout DERCursor,
            _ bytes: Span<UInt8>
        ) throws(MalformedDER) -> (Algorithm, Fields) {
            let element = try cursor.expect(DERTag.sequence, bytes)
            var members = DERCursor(element.content)
            let identifier = try members.expect(DERTag.sequence, bytes)
            let key = try members.octetAlignedBitString(bytes)
            try members.finish()
            var fields = Fields(whole: ByteRange(element.whole), first: ByteRange(key))
            var parts = DERCursor(identifier.content)
            let type = try parts.objectIdentifier(bytes)
            let parameters = parts.isAtEnd ? nil : try parts.next(bytes)
            try parts.finish()
            let algorithm: Algorithm
            switch bytes.packed(type.content) {
            case KnownOID.ecPublicKey: algorithm = ec(parameters, key, bytes)
            case KnownOID.rsaEncryption: algorithm = rsa(parameters, key, bytes, &fields)
            case KnownOID.ed25519:
                algorithm =
                    parameters == nil && key.count == 32 ? .ed25519 : .malformed(.encoding)
            default:
                algorithm = .unsupported(ObjectIdentifier(checked: bytes.array(type.content)))
            }
            return (algorithm, fields)
        }

        private static func ec(
            _ parameters: DERElement?,
            _ key: Range<Int>,
            _ bytes: Span<UInt8>
        ) -> Algorithm {
            guard let parameters else { return .malformed(.encoding) }
            guard parameters.tag == DERTag.objectIdentifier else {
                let isExplicit = parameters.tag == DERTag.sequence
                return .malformed(isExplicit ? .explicitParameters : .encoding)
            }
            let curve: NamedCurve
            switch bytes.packed(parameters.content) {
            case KnownOID.p256: curve = .p256
            case KnownOID.p384: curve = .p384
            case KnownOID.p521: curve = .p521
            default:
                return .unsupported(ObjectIdentifier(checked: bytes.array(parameters.content)))
            }
            guard let form = key.first.map({ bytes[$0] }) else { return .malformed(.pointEncoding) }
            // Uncompressed, or compressed with either sign; hybrid forms and infinity are refused.
            let coordinates = form == 4 ? 2 : form == 2 || form == 3 ? 1 : 0
            guard coordinates > 0, key.count == 1 + coordinates * curve.coordinateLength else {
                return .malformed(.pointEncoding)
            }
            return .ec(curve)
        }

        private static func rsa(
            _ parameters: DERElement?,
            _ key: Range<Int>,
            _ bytes: Span<UInt8>,
            _ fields: inout Fields
        ) -> Algorithm {
            guard let parameters, parameters.tag == DERTag.null, parameters.content.isEmpty else {
                return .malformed(.encoding)
            }
            do throws(MalformedDER) {
                var outer = DERCursor(key)
                var members = DERCursor(try outer.expect(DERTag.sequence, bytes).content)
                try outer.finish()
                let modulus = try members.integer(bytes)
                let exponent = try members.integer(bytes)
                try members.finish()
                return rsa(modulus.content, exponent.content, bytes, &fields)
            } catch {
                return .malformed(.encoding)
            }
        }

        private static func rsa(
            _ modulus: Range<Int>,
            _ exponent: Range<Int>,
            _ bytes: Span<UInt8>,
            _ fields: inout Fields
        ) -> Algorithm {
            let n = bytes[modulus.lowerBound] == 0 ? modulus.dropFirst() : modulus
            let e = bytes[exponent.lowerBound] == 0 ? exponent.dropFirst() : exponent
            guard bytes[modulus.lowerBound] < 0x80, let high = n.first, let low = n.last,
                bytes[low] & 1 == 1, n.count >= 8
            else { return .malformed(.modulus) }
            guard bytes[exponent.lowerBound] < 0x80, let last = e.last, bytes[last] & 1 == 1,
                e.count <= 8
            else { return .malformed(.exponent) }
            var value: UInt64 = 0
            for i in e { value = value << 8 | UInt64(bytes[i]) }
            guard value >= 3 else { return .malformed(.exponent) }
            guard !hasTinyFactor(n, bytes) else { return .malformed(.modulus) }
            fields.first = ByteRange(n.startIndex..<n.endIndex)
            fields.second = ByteRange(e.startIndex..<e.endIndex)
            return .rsa(bits: n.count * 8 - bytes[high].leadingZeroBitCount, exponent: value)
        }

        /// Whether a prime below 30 divides the modulus: one division by their product finds out.
        ///
        /// Moduli over 8192 bits are left to the size limit of the profile.
        private static func hasTinyFactor(_ n: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
            let product: UInt64 = 3 * 5 * 7 * 11 * 13 * 17 * 19 * 23 * 29
            guard n.count <= 1024 else { return false }
            var rest: UInt64 = 0
            var i = n.lowerBound
            while (n.upperBound - i) % 4 != 0 {
                rest = rest << 8 | UInt64(bytes[i])
                i += 1
            }
            while i < n.upperBound {
                let word =
                    UInt64(bytes[i]) << 24 | UInt64(bytes[i + 1]) << 16
                    | UInt64(bytes[i + 2]) << 8 | UInt64(bytes[i + 3])
                rest = (rest << 32 | word) % product
                i += 4
            }
            for prime: UInt64 in [3, 5, 7, 11, 13, 17, 19, 23, 29] where rest % prime == 0 {
                return true
            }
            return false
        }
    }
}

extension SubjectPublicKey: CustomStringConvertible {
    /// Algorithm and size, such as `P-256` or `RSA 2048`; never the key's octets.
    public var description: String {
        switch algorithm {
        case .ec(.p256): "P-256"
        case .ec(.p384): "P-384"
        case .ec(.p521): "P-521"
        case .rsa(let bits, let exponent): "RSA \(bits) e \(exponent)"
        case .ed25519: "Ed25519"
        case .unsupported(let identifier): "unsupported \(identifier)"
        case .malformed(let problem): "malformed (\(problem))"
        }
    }
}
