internal import CBORCodec

/// A COSE_Sign1 before its signature: what an external signer is given. RFC 9052 §4.4
public struct SigningRequest: Hashable, Sendable {
    /// The key that will verify.
    public let key: PinnedKey
    /// The bytes to sign, as they are: the signer hashes them himself.
    public let toBeSigned: [UInt8]
    private let protected: [UInt8]

    /// Prepares a signature.
    ///
    /// - Parameters:
    ///   - payload: the detached payload.
    ///   - key: the key that will verify; its name goes into the unprotected header.
    ///   - externalData: `external_aad`.
    public init(payload: [UInt8], key: PinnedKey, externalData: [UInt8] = []) {
        self.key = key
        protected = CBOREncoder.encode {
            $0.append(mapCount: 1)
            $0.append(unsigned: 1)
            $0.append(integer: key.algorithm.coseIdentifier)
        }
        toBeSigned = COSESignature.toBeSigned(
            .sign1,
            protected,
            payload: payload.span,
            externalData: externalData
        )
    }

    /// The tagged COSE_Sign1 around a signature.
    ///
    /// - Parameter signature: 64 bytes.
    /// - Returns: one encoded item.
    /// - Throws: ``FirmwareError/Violation/signatureLength(_:)``.
    public func block(signature: [UInt8]) throws(FirmwareError) -> [UInt8] {
        guard signature.count == 64 else {
            throw FirmwareError(.signatureLength(signature.count))
        }
        return CBOREncoder.encode {
            $0.append(tag: 18)
            $0.append(arrayCount: 4)
            $0.append(byteString: protected)
            if key.identifier.isEmpty {
                $0.append(mapCount: 0)
            } else {
                $0.append(mapCount: 1)
                $0.append(unsigned: 4)
                $0.append(byteString: key.identifier)
            }
            $0.appendNull()
            $0.append(byteString: signature)
        }
    }

    /// Signs at once.
    ///
    /// - Parameter signer: must hold ``key``.
    /// - Returns: the tagged COSE_Sign1.
    /// - Throws: ``FirmwareError/Violation/signerFailed`` also where the signer holds another key.
    public func signed(by signer: some FirmwareSigner) throws(FirmwareError) -> [UInt8] {
        guard signer.key.isSameKey(as: key) else { throw FirmwareError(.signerFailed) }
        return try block(signature: try signer.sign(toBeSigned.span))
    }
}
