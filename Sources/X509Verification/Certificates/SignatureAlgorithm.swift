/// The digests that signatures use here.
public enum HashAlgorithm: Hashable, Sendable {
    /// SHA-256.
    case sha256
    /// SHA-384.
    case sha384
    /// SHA-512.
    case sha512
}

/// The algorithm of a signature, with its parameters checked.
public enum SignatureAlgorithm: Hashable, Sendable {
    /// ECDSA; the parameters are absent. RFC 5758 §3.2
    case ecdsa(HashAlgorithm)
    /// RSASSA-PKCS1-v1_5; the parameters are NULL, or absent. RFC 4055 §5
    case rsaPKCS1(HashAlgorithm)
    /// RSASSA-PSS with MGF1 over the same digest. RFC 4055 §3.1
    case rsaPSS(HashAlgorithm, saltLength: Int)
    /// Ed25519. RFC 8410 §3
    case ed25519
    /// Any other, such as SHA-1, MD5 or DSA: nothing here verifies it.
    case unsupported(ObjectIdentifier)

    /// Reads an AlgorithmIdentifier.
    static func read(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> (algorithm: SignatureAlgorithm, whole: Range<Int>) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var fields = DERCursor(element.content)
        let identifier = try fields.objectIdentifier(bytes)
        let algorithm: SignatureAlgorithm
        switch bytes.packed(identifier.content) {
        case KnownOID.ecdsaSHA256: algorithm = .ecdsa(.sha256)
        case KnownOID.ecdsaSHA384: algorithm = .ecdsa(.sha384)
        case KnownOID.ecdsaSHA512: algorithm = .ecdsa(.sha512)
        case KnownOID.rsaSHA256: algorithm = .rsaPKCS1(.sha256)
        case KnownOID.rsaSHA384: algorithm = .rsaPKCS1(.sha384)
        case KnownOID.rsaSHA512: algorithm = .rsaPKCS1(.sha512)
        case KnownOID.ed25519: algorithm = .ed25519
        case KnownOID.rsaPSS: algorithm = try readPSS(&fields, bytes)
        default:
            let other = ObjectIdentifier(checked: bytes.array(identifier.content))
            if !fields.isAtEnd { _ = try fields.next(bytes) }
            try fields.finish()
            return (.unsupported(other), element.whole)
        }
        if case .rsaPKCS1 = algorithm, !fields.isAtEnd {
            let parameters = try fields.next(bytes)
            guard parameters.tag == DERTag.null, parameters.content.isEmpty else {
                throw MalformedDER(.signatureAlgorithmParameters, at: parameters.start)
            }
        }
        guard fields.isAtEnd else {
            throw MalformedDER(.signatureAlgorithmParameters, at: fields.position)
        }
        return (algorithm, element.whole)
    }

    /// RSASSA-PSS-params; the defaults mean SHA-1 and are not supported.
    private static func readPSS(
        _ fields: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> SignatureAlgorithm {
        let start = fields.position
        let parameters = try fields.expect(DERTag.sequence, bytes)
        var members = DERCursor(parameters.content)
        var hash: HashAlgorithm?
        var maskHash: HashAlgorithm?
        var saltLength = 20
        if let wrapper = try members.optional(DERTag.constructed(0), bytes) {
            var inner = DERCursor(wrapper.content)
            hash = try readDigest(&inner, bytes)
            try inner.finish()
        }
        if let wrapper = try members.optional(DERTag.constructed(1), bytes) {
            var inner = DERCursor(wrapper.content)
            var mask = DERCursor(try inner.expect(DERTag.sequence, bytes).content)
            try inner.finish()
            let function = try mask.objectIdentifier(bytes)
            guard bytes.packed(function.content) == KnownOID.mgf1 else {
                throw MalformedDER(.signatureAlgorithmParameters, at: function.start)
            }
            maskHash = try readDigest(&mask, bytes)
            try mask.finish()
        }
        if let wrapper = try members.optional(DERTag.constructed(2), bytes) {
            var inner = DERCursor(wrapper.content)
            let length = try inner.integer(bytes)
            try inner.finish()
            saltLength = try DERCursor.smallInteger(length, bytes)
            guard saltLength != 20 else { throw MalformedDER(.defaultEncoded, at: wrapper.start) }
        }
        if let trailer = try members.optional(DERTag.constructed(3), bytes) {
            throw MalformedDER(.signatureAlgorithmParameters, at: trailer.start)
        }
        try members.finish()
        guard let hash, hash == maskHash, saltLength <= 64 else {
            let identifier = ObjectIdentifier("1.2.840.113549.1.1.10")
            guard let identifier else {
                throw MalformedDER(.signatureAlgorithmParameters, at: start)
            }
            return .unsupported(identifier)
        }
        return .rsaPSS(hash, saltLength: saltLength)
    }

    /// A digest's AlgorithmIdentifier; `nil` for one that is not supported.
    private static func readDigest(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> HashAlgorithm? {
        var fields = DERCursor(try cursor.expect(DERTag.sequence, bytes).content)
        let identifier = try fields.objectIdentifier(bytes)
        if let parameters = try fields.optional(DERTag.null, bytes), !parameters.content.isEmpty {
            throw MalformedDER(.null, at: parameters.start)
        }
        guard fields.isAtEnd else {
            throw MalformedDER(.signatureAlgorithmParameters, at: fields.position)
        }
        switch bytes.packed(identifier.content) {
        case KnownOID.sha256: return .sha256
        case KnownOID.sha384: return .sha384
        case KnownOID.sha512: return .sha512
        default: return nil
        }
    }

    /// The AlgorithmIdentifier as DER; `nil` for ``unsupported(_:)`` and ``rsaPSS(_:saltLength:)``,
    /// which this module only reads.
    public var der: [UInt8]? {
        let text: String
        var parameters: [UInt8] = []
        switch self {
        case .ecdsa(.sha256): text = "1.2.840.10045.4.3.2"
        case .ecdsa(.sha384): text = "1.2.840.10045.4.3.3"
        case .ecdsa(.sha512): text = "1.2.840.10045.4.3.4"
        case .rsaPKCS1(let hash):
            parameters = DERWriter.null
            switch hash {
            case .sha256: text = "1.2.840.113549.1.1.11"
            case .sha384: text = "1.2.840.113549.1.1.12"
            case .sha512: text = "1.2.840.113549.1.1.13"
            }
        case .ed25519: text = "1.3.101.112"
        case .rsaPSS, .unsupported: return nil
        }
        return ObjectIdentifier(text).map {
            DERWriter.sequence(DERWriter.objectIdentifier($0), parameters)
        }
    }
}

extension SignatureAlgorithm: CustomStringConvertible {
    /// The usual name, such as `ecdsa-with-SHA256`.
    public var description: String {
        switch self {
        case .ecdsa(let hash): "ecdsa-with-\(hash.name)"
        case .rsaPKCS1(let hash): "\(hash.name)WithRSAEncryption"
        case .rsaPSS(let hash, let salt): "RSASSA-PSS \(hash.name) salt \(salt)"
        case .ed25519: "Ed25519"
        case .unsupported(let identifier): "\(identifier)"
        }
    }
}

extension HashAlgorithm {
    fileprivate var name: String {
        switch self {
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}
