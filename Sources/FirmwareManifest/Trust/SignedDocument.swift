internal import CBORCodec

/// The kinds of trust documents, and what their signatures are bound to.
enum TrustDocumentType: UInt64 {
    case root = 1
    case releaseSet
    case delegation

    /// `external_aad` of the signatures: no signature fits a document of another kind.
    var context: [UInt8] {
        switch self {
        case .root: Array("swift-iot trust-root 1".utf8)
        case .releaseSet: Array("swift-iot release-set 1".utf8)
        case .delegation: Array("swift-iot delegation 1".utf8)
        }
    }
}

/// `[bstr document, [+ bstr .cbor COSE_Sign1]]`: a trust document and its signatures, unverified.
struct SignedDocument: Hashable, Sendable {
    let bytes: [UInt8]
    let document: Range<Int>
    let signatures: [COSESignature]

    init(_ bytes: [UInt8], limits: FirmwareLimits) throws(FirmwareError) {
        guard bytes.count <= limits.trustDocumentBytes else {
            throw FirmwareError(.limitExceeded(.documentBytes), at: 0)
        }
        var reader = FirmwareReader(bytes.span)
        try reader.array(of: 2)
        document = try reader.byteString()
        let start = reader.position
        let count = try reader.array()
        guard count <= limits.signatures else {
            throw FirmwareError(.limitExceeded(.signatures), at: start)
        }
        var signatures: [COSESignature] = []
        for _ in 0..<count {
            let offset = reader.position
            var inner = try reader.embedded()
            signatures += try COSESignature.read(&inner, limits)
            try inner.finish()
            guard signatures.count <= limits.signatures else {
                throw FirmwareError(.limitExceeded(.signatures), at: offset)
            }
        }
        try reader.finish()
        self.bytes = bytes
        self.signatures = signatures
    }

    /// Finds out which of `keys` signed.
    func check(
        _ type: TrustDocumentType,
        keys: [PinnedKey],
        limits: FirmwareLimits,
        crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> SignatureCheck {
        guard !signatures.isEmpty else { throw FirmwareError(.notSigned) }
        var check = SignatureCheck(limits: limits)
        try check.run(
            signatures,
            payload: bytes.span.extracting(document),
            externalData: type.context,
            keys: keys,
            crypto: crypto
        )
        return check
    }
}

/// Members 1 to 5, which every trust document has.
public struct TrustDocumentHeader: Hashable, Sendable {
    /// Member 2: grows by one for a root, grows for the others.
    public var version: UInt64
    /// Member 3: `production`, `staging` …; documents of one environment mean nothing in another.
    public var environment: String
    /// Member 4: when it was written; raises the time floor.
    public var issued: FirmwareTime
    /// Member 5: the last second of its life.
    public var expires: FirmwareTime

    /// Collects the members.
    public init(
        version: UInt64,
        environment: String,
        issued: FirmwareTime,
        expires: FirmwareTime
    ) {
        self.version = version
        self.environment = environment
        self.issued = issued
        self.expires = expires
    }

    func encode(_ type: TrustDocumentType, into encoder: inout CBOREncoder) {
        encoder.append(unsigned: 1)
        encoder.append(unsigned: type.rawValue)
        encoder.append(unsigned: 2)
        encoder.append(unsigned: version)
        encoder.append(unsigned: 3)
        encoder.append(textString: environment)
        encoder.append(unsigned: 4)
        encoder.append(unsigned: issued.seconds)
        encoder.append(unsigned: 5)
        encoder.append(unsigned: expires.seconds)
    }

    /// Demands that `now` is not past the expiry.
    func checkExpiry(_ now: FirmwareTime) throws(FirmwareError) {
        guard now <= expires else {
            throw FirmwareError(.expired(at: expires.seconds, now: now.seconds))
        }
    }
}

/// Reads members 1 to 5 and hands the others to the document's own reader.
struct TrustDocumentReader {
    let type: TrustDocumentType
    let limits: FirmwareLimits
    private var isRightType = false
    private var version: UInt64?
    private var environment: String?
    private var issued: UInt64?
    private var expires: UInt64?

    init(_ type: TrustDocumentType, _ limits: FirmwareLimits) {
        self.type = type
        self.limits = limits
    }

    /// - Returns: whether the label was one of the common ones.
    mutating func read(
        _ label: Int64,
        at offset: Int,
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) -> Bool {
        switch label {
        case 1:
            guard try reader.unsigned() == type.rawValue else {
                throw FirmwareError(.wrongDocumentType, at: offset)
            }
            isRightType = true
        case 2: version = try reader.unsigned()
        case 3: environment = try reader.text(limit: 64)
        case 4: issued = try reader.unsigned()
        case 5: expires = try reader.unsigned()
        default: return false
        }
        return true
    }

    func header() throws(FirmwareError) -> TrustDocumentHeader {
        guard isRightType else { throw FirmwareError(.missingMember(1)) }
        guard let version else { throw FirmwareError(.missingMember(2)) }
        guard let environment else { throw FirmwareError(.missingMember(3)) }
        guard let issued else { throw FirmwareError(.missingMember(4)) }
        guard let expires else { throw FirmwareError(.missingMember(5)) }
        guard version > 0, issued <= expires, expires <= UInt64(Int64.max) else {
            throw FirmwareError(.valueOutOfRange)
        }
        return TrustDocumentHeader(
            version: version,
            environment: environment,
            issued: FirmwareTime(seconds: issued),
            expires: FirmwareTime(seconds: expires)
        )
    }
}

/// A trust document that an author signs.
public struct TrustDocumentAuthor: Sendable {
    /// The encoded document.
    public let document: [UInt8]
    private let type: TrustDocumentType
    private var blocks: [[UInt8]] = []

    init(_ type: TrustDocumentType, document: [UInt8]) {
        self.type = type
        self.document = document
    }

    /// What an external signer signs for `key`.
    public func signingRequest(for key: PinnedKey) -> SigningRequest {
        SigningRequest(payload: document, key: key, externalData: type.context)
    }

    /// Adds a signature.
    ///
    /// - Parameter signer: a key at hand, or a token.
    /// - Throws: what the signer throws.
    public mutating func sign(with signer: some FirmwareSigner) throws(FirmwareError) {
        blocks.append(try signingRequest(for: signer.key).signed(by: signer))
    }

    /// Adds a signature that was made elsewhere.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes over ``signingRequest(for:)``.
    ///   - key: the key that verifies it.
    /// - Throws: ``FirmwareError/Violation/signatureLength(_:)``.
    public mutating func attach(
        signature: [UInt8],
        of key: PinnedKey
    ) throws(FirmwareError) {
        blocks.append(try signingRequest(for: key).block(signature: signature))
    }

    /// The signed document.
    public func encoded() -> [UInt8] {
        CBOREncoder.encode {
            $0.append(arrayCount: 2)
            $0.append(byteString: document)
            $0.append(arrayCount: blocks.count)
            for block in blocks { $0.append(byteString: block) }
        }
    }
}
