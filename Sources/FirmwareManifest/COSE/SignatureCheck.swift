/// Which keys signed something, found with a bounded number of verifications.
struct SignatureCheck {
    /// Keys with a valid signature, each of them once, whatever it is called.
    private(set) var verified: [PinnedKey] = []
    /// The first signature whose algorithm no key can have.
    private(set) var unsupported: FirmwareError?
    private var remaining: Int

    init(limits: FirmwareLimits) { remaining = limits.verifications }

    /// Tries each signature with each key that has its algorithm and, if it gives one, its name.
    ///
    /// The algorithm is the key's. A signature by nobody here is ignored: it may be for a newer root.
    mutating func run(
        _ signatures: [COSESignature],
        payload: Span<UInt8>,
        externalData: [UInt8] = [],
        keys: [PinnedKey],
        crypto: some FirmwareCryptography
    ) throws(FirmwareError) {
        var distinct: [PinnedKey] = []
        for key in keys
        where !distinct.contains(where: {
            $0.isSameKey(as: key) && $0.identifier == key.identifier
        }) {
            distinct.append(key)
        }
        for signature in signatures {
            guard let algorithm = SignatureAlgorithm(cose: signature.algorithm) else {
                note(
                    FirmwareError(.unsupportedAlgorithm(signature.algorithm), at: signature.offset)
                )
                continue
            }
            guard signature.signature.count == 64 else {
                note(
                    FirmwareError(
                        .signatureLength(signature.signature.count),
                        at: signature.offset
                    )
                )
                continue
            }
            let message = signature.toBeSigned(payload: payload, externalData: externalData)
            var tried: [PinnedKey] = []
            for key in distinct where key.algorithm == algorithm {
                if let name = signature.keyIdentifier, !key.identifier.isEmpty,
                    name != key.identifier
                {
                    continue
                }
                guard !tried.contains(where: { $0.isSameKey(as: key) }) else { continue }
                tried.append(key)
                guard remaining > 0 else {
                    throw FirmwareError(.limitExceeded(.verifications), at: signature.offset)
                }
                remaining -= 1
                guard crypto.verify(signature.signature.span, over: message.span, by: key) else {
                    continue
                }
                if !contains(key) { verified.append(key) }
                break
            }
        }
    }

    private mutating func note(_ error: FirmwareError) {
        if unsupported == nil { unsupported = error }
    }

    func contains(_ key: PinnedKey) -> Bool { verified.contains { $0.isSameKey(as: key) } }

    /// How many distinct keys of a role have a valid signature.
    func count(of keys: [PinnedKey]) -> Int {
        verified.count { key in keys.contains { $0.isSameKey(as: key) } }
    }
}
