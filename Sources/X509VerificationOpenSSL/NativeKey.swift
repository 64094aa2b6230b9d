internal import IoTCOpenSSL
internal import X509Verification

/// A public key that libcrypto holds, made from its numbers and not by libcrypto's decoders.
///
/// Verification only reads it, and libcrypto guards what it caches inside, so it may be shared.
@safe
final class NativeKey: @unchecked Sendable {
    @unsafe
    private enum Handle {
        case ec(OpaquePointer)
        case rsa(OpaquePointer)
    }

    private let handle: Handle

    /// `nil` where the point is not on the curve, and for keys that need no preparation.
    init?(_ key: SubjectPublicKey) {
        let made: Handle?
        switch key.algorithm {
        case .ec(let curve):
            guard let group = unsafe NativeCurve.group(curve) else { return nil }
            unsafe made = key.withKeyBytes { point in
                unsafe point.withUnsafeBufferPointer { buffer in
                    unsafe iot_ec_key_new(group, buffer.baseAddress, buffer.count)
                        .map { unsafe Handle.ec($0) }
                }
            }
        case .rsa:
            unsafe made = key.withRSAComponents { modulus, exponent in
                unsafe modulus.withUnsafeBufferPointer { n in
                    unsafe exponent.withUnsafeBufferPointer { e in
                        unsafe iot_rsa_new(n.baseAddress, n.count, e.baseAddress, e.count)
                            .map { unsafe Handle.rsa($0) }
                    }
                }
            }
        default:
            unsafe made = nil
        }
        guard let made = unsafe made else { return nil }
        unsafe handle = made
    }

    deinit {
        switch unsafe handle {
        case .ec(let key): unsafe iot_ec_key_free(key)
        case .rsa(let key): unsafe iot_rsa_free(key)
        }
    }

    func verifyECDSA(
        _ hash: HashAlgorithm,
        _ message: Span<UInt8>,
        _ signature: Span<UInt8>,
        _ parts: ECDSASignature
    ) -> Bool {
        guard case .ec(let key) = unsafe handle else { return false }
        let digest = NativeDigest.sha2(hash, message)
        return unsafe signature.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return unsafe iot_ecdsa_verify(
                key,
                digest,
                digest.count,
                base + parts.r.lowerBound,
                parts.r.count,
                base + parts.s.lowerBound,
                parts.s.count
            ) == 1
        }
    }

    func verifyRSA(
        _ hash: HashAlgorithm,
        salt: Int?,
        _ message: Span<UInt8>,
        _ signature: Span<UInt8>
    ) -> Bool {
        guard case .rsa(let key) = unsafe handle else { return false }
        let digest = NativeDigest.sha2(hash, message)
        return unsafe signature.withUnsafeBufferPointer { buffer in
            guard let salt else {
                return unsafe iot_rsa_verify(
                    key,
                    digest.count,
                    digest,
                    buffer.baseAddress,
                    buffer.count
                ) == 1
            }
            return unsafe iot_rsa_verify_pss(
                key,
                digest.count,
                CInt(clamping: salt),
                digest,
                buffer.baseAddress,
                buffer.count
            ) == 1
        }
    }
}

/// The curves as libcrypto knows them, made once each; it only reads them.
enum NativeCurve {
    nonisolated(unsafe) private static let p256 = unsafe iot_ec_group_new(32)
    nonisolated(unsafe) private static let p384 = unsafe iot_ec_group_new(48)
    nonisolated(unsafe) private static let p521 = unsafe iot_ec_group_new(66)

    static func group(_ curve: NamedCurve) -> OpaquePointer? {
        switch curve {
        case .p256: unsafe p256
        case .p384: unsafe p384
        case .p521: unsafe p521
        }
    }

    /// Whether a key's point lies on its curve.
    static func contains(_ key: SubjectPublicKey, _ curve: NamedCurve) -> Bool {
        guard let group = unsafe group(curve) else { return false }
        return key.withKeyBytes { point in
            unsafe point.withUnsafeBufferPointer { buffer in
                unsafe iot_ec_point_is_good(group, buffer.baseAddress, buffer.count) == 1
            }
        }
    }
}

/// Offsets of the two integers of an Ecdsa-Sig-Value in strict DER. RFC 5480 appendix A
struct ECDSASignature {
    /// Magnitude without its sign octet.
    let r: Range<Int>
    let s: Range<Int>

    /// `nil` for anything but two positive integers that fit the curve.
    init?(_ signature: Span<UInt8>, curve: NamedCurve) {
        do throws(MalformedDER) {
            var outer = DERCursor(0..<signature.count)
            var members = DERCursor(try outer.expect(0x30, signature).content)
            try outer.finish()
            let first = try members.integer(signature).content
            let second = try members.integer(signature).content
            try members.finish()
            guard let r = Self.magnitude(first, signature, curve),
                let s = Self.magnitude(second, signature, curve)
            else { return nil }
            self.r = r
            self.s = s
        } catch {
            return nil
        }
    }

    private static func magnitude(
        _ content: Range<Int>,
        _ bytes: Span<UInt8>,
        _ curve: NamedCurve
    ) -> Range<Int>? {
        let first = bytes[content.lowerBound]
        guard first < 0x80 else { return nil }
        let range = first == 0 ? content.lowerBound + 1..<content.upperBound : content
        return (1...curve.coordinateLength).contains(range.count) ? range : nil
    }
}

/// What libsodium demands of Ed25519 beyond RFC 8032, so that no signature is judged in two ways.
enum Ed25519Encoding {
    /// The y coordinates of the points whose order divides 8, least significant octet first and without
    /// the sign bit, and the two that stand for 0 and 1 without being reduced.
    private static let smallOrder: [[UInt8]] = {
        func filled(_ first: UInt8) -> [UInt8] {
            [first] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        }
        func low(_ first: UInt8) -> [UInt8] { [first] + [UInt8](repeating: 0, count: 31) }
        return [
            low(0), low(1), filled(0xEC), filled(0xED), filled(0xEE),
            [
                0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF,
                0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88,
                0x6D, 0x53, 0xFC, 0x05,
            ],
            [
                0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10,
                0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77,
                0x92, 0xAC, 0x03, 0x7A,
            ],
        ]
    }()

    /// The order of the base point, least significant octet first.
    private static let order: [UInt8] = [
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]

    /// Whether y is below 2^255 - 19.
    static func isCanonicalPoint(_ point: Span<UInt8>) -> Bool {
        guard point.count == 32 else { return false }
        if point[31] & 0x7F != 0x7F || point[0] < 0xED { return true }
        for i in 1..<31 where point[i] != 0xFF { return true }
        return false
    }

    /// Whether the order of the point divides 8.
    static func hasSmallOrder(_ point: Span<UInt8>) -> Bool {
        guard point.count >= 32 else { return true }
        return smallOrder.contains { candidate in
            for i in 0..<31 where candidate[i] != point[i] { return false }
            return candidate[31] == point[31] & 0x7F
        }
    }

    /// Whether s is below the order of the base point.
    private static func isReduced(_ signature: Span<UInt8>) -> Bool {
        for i in (0..<32).reversed() where signature[32 + i] != order[i] {
            return signature[32 + i] < order[i]
        }
        return false
    }

    static func verify(
        _ signature: Span<UInt8>,
        _ message: Span<UInt8>,
        key: Span<UInt8>
    ) -> Bool {
        guard signature.count == 64, isCanonicalPoint(key), !hasSmallOrder(key),
            !hasSmallOrder(signature), isReduced(signature)
        else { return false }
        return unsafe key.withUnsafeBufferPointer { k in
            unsafe signature.withUnsafeBufferPointer { s in
                unsafe message.withUnsafeBufferPointer { m in
                    unsafe iot_ed25519_verify(k.baseAddress, s.baseAddress, m.baseAddress, m.count)
                        == 1
                }
            }
        }
    }
}
