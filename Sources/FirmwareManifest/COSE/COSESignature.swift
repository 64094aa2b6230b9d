internal import CBORCodec

/// One signature of a COSE_Sign1 or of a COSE_Sign, read but not verified. RFC 9052 §4
public struct COSESignature: Hashable, Sendable {
    /// The structure that the signature belongs to.
    public enum Context: Hashable, Sendable {
        /// COSE_Sign1, tag 18: one signer.
        case sign1
        /// COSE_Sign, tag 98: the body's protected header, as it was received.
        case sign(bodyProtected: [UInt8])
    }

    /// The structure that the signature belongs to.
    public let context: Context
    /// The protected header, as it was received.
    public let protected: [UInt8]
    /// The algorithm that the protected header names; a key that is pinned to another one never
    /// verifies this signature.
    public let algorithm: Int64
    /// The key's name in the message, a hint.
    public let keyIdentifier: [UInt8]?
    /// The signature.
    public let signature: [UInt8]
    /// Where the structure begins.
    public let offset: Int

    /// The bytes that were signed: Sig_structure. RFC 9052 §4.4
    ///
    /// - Parameters:
    ///   - payload: the detached payload.
    ///   - externalData: `external_aad`, empty for SUIT.
    /// - Returns: one encoded array.
    public func toBeSigned(payload: Span<UInt8>, externalData: [UInt8] = []) -> [UInt8] {
        Self.toBeSigned(context, protected, payload: payload, externalData: externalData)
    }

    static func toBeSigned(
        _ context: Context,
        _ protected: [UInt8],
        payload: Span<UInt8>,
        externalData: [UInt8]
    ) -> [UInt8] {
        var encoder = CBOREncoder(
            reservingCapacity: payload.count + protected.count + externalData.count + 64
        )
        switch context {
        case .sign1:
            encoder.append(arrayCount: 4)
            encoder.append(textString: "Signature1")
            encoder.append(byteString: protected)
        case .sign(let body):
            encoder.append(arrayCount: 5)
            encoder.append(textString: "Signature")
            encoder.append(byteString: body)
            encoder.append(byteString: protected)
        }
        encoder.append(byteString: externalData)
        var copy: [UInt8] = []
        copy.reserveCapacity(payload.count)
        for i in payload.indices { copy.append(payload[i]) }
        encoder.append(byteString: copy)
        return encoder.bytes
    }

    /// Reads a tagged COSE_Sign1 or COSE_Sign with a detached payload.
    ///
    /// - Parameters:
    ///   - bytes: one tagged item and nothing after it.
    ///   - limits: how many signatures there may be.
    /// - Returns: the signatures, one or more.
    /// - Throws: ``FirmwareError``: message authentication codes (tags 17 and 97), attached payloads,
    ///   headers that break a rule, anything that is not deterministic CBOR.
    public static func read(
        _ bytes: Span<UInt8>,
        limits: FirmwareLimits = .default
    ) throws(FirmwareError) -> [COSESignature] {
        var reader = FirmwareReader(bytes)
        let signatures = try read(&reader, limits)
        try reader.finish()
        return signatures
    }

    static func read(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [COSESignature] {
        let start = reader.position
        let tag = try reader.tag()
        switch tag {
        case 18:
            try reader.array(of: 4)
            let (headers, protected) = try COSEHeaders.read(&reader)
            try readDetachedPayload(&reader)
            let signature = try readSignature(&reader)
            return [
                try COSESignature(
                    .sign1,
                    headers,
                    protected: reader.decoder.bytes(in: protected),
                    signature: signature,
                    at: start
                )
            ]
        case 98: return try readSign(&reader, limits, at: start)
        case 17, 97: throw FirmwareError(.authenticationCode(tag: tag), at: start)
        default: throw FirmwareError(.unexpectedTag(tag), at: start)
        }
    }

    private static func readSign(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits,
        at start: Int
    ) throws(FirmwareError) -> [COSESignature] {
        try reader.array(of: 4)
        let (_, body) = try COSEHeaders.read(&reader)
        let context = Context.sign(bodyProtected: reader.decoder.bytes(in: body))
        try readDetachedPayload(&reader)
        let count = try reader.array()
        guard count > 0 else { throw FirmwareError(.notSigned, at: start) }
        guard count <= limits.signatures else {
            throw FirmwareError(.limitExceeded(.signatures), at: start)
        }
        var signatures: [COSESignature] = []
        for _ in 0..<count {
            let offset = reader.position
            try reader.array(of: 3)
            let (headers, protected) = try COSEHeaders.read(&reader)
            let signature = try readSignature(&reader)
            signatures.append(
                try COSESignature(
                    context,
                    headers,
                    protected: reader.decoder.bytes(in: protected),
                    signature: signature,
                    at: offset
                )
            )
        }
        return signatures
    }

    private init(
        _ context: Context,
        _ headers: COSEHeaders,
        protected: [UInt8],
        signature: [UInt8],
        at offset: Int
    ) throws(FirmwareError) {
        guard let algorithm = headers.algorithm else {
            throw FirmwareError(.algorithmNotProtected, at: offset)
        }
        self.context = context
        self.protected = protected
        self.algorithm = algorithm
        self.keyIdentifier = headers.keyIdentifier
        self.signature = signature
        self.offset = offset
    }

    private static func readDetachedPayload(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) {
        let start = reader.position
        guard reader.null() else { throw FirmwareError(.payloadPlacement, at: start) }
    }

    private static func readSignature(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) -> [UInt8] {
        let start = reader.position
        let range = try reader.byteString()
        guard range.count <= 512 else {
            throw FirmwareError(.signatureLength(range.count), at: start)
        }
        return reader.decoder.bytes(in: range)
    }
}
