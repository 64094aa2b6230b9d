public import FirmwareManifest
internal import IoTCSodium

/// An Ed25519 key that signs with libsodium; the secret is wiped when it goes.
@safe
public final class SodiumSigner: FirmwareSigner {
    /// The public key.
    public let key: PinnedKey
    // Fixed memory, so that no copy of the secret is left behind.
    private let secret: UnsafeMutablePointer<UInt8>

    /// Derives the key pair of a seed.
    ///
    /// - Parameters:
    ///   - seed: 32 bytes; wipe your copy.
    ///   - identifier: the key's name in signatures.
    /// - Throws: `FirmwareError.Violation.malformedKey` for any other length.
    public init(seed: [UInt8], identifier: [UInt8] = []) throws(FirmwareError) {
        guard seed.count == 32, sodium_init() >= 0 else { throw FirmwareError(.malformedKey) }
        var publicKey = [UInt8](repeating: 0, count: 32)
        unsafe secret = UnsafeMutablePointer.allocate(capacity: 64)
        let result = unsafe crypto_sign_ed25519_seed_keypair(
            &publicKey,
            secret,
            seed
        )
        do {
            guard result == 0 else { throw FirmwareError(.malformedKey) }
            key = try PinnedKey(.ed25519, bytes: publicKey, identifier: identifier)
        } catch {
            unsafe sodium_memzero(secret, 64)
            unsafe secret.deallocate()
            throw FirmwareError(.malformedKey)
        }
    }

    deinit {
        unsafe sodium_memzero(secret, 64)
        unsafe secret.deallocate()
    }

    /// Thirty-two bytes from the system's random source, for a new key.
    public static func randomSeed() -> [UInt8] {
        _ = sodium_init()
        var seed = [UInt8](repeating: 0, count: 32)
        unsafe randombytes_buf(&seed, 32)
        return seed
    }

    /// Signs bytes.
    public func sign(_ message: Span<UInt8>) throws(FirmwareError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        let result = unsafe message.withUnsafeBufferPointer { m in
            unsafe crypto_sign_ed25519_detached(
                &signature,
                nil,
                m.baseAddress,
                UInt64(m.count),
                secret
            )
        }
        guard result == 0 else { throw FirmwareError(.signerFailed) }
        return signature
    }
}
