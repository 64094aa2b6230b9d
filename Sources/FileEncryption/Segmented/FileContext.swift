/// What a segmented file is for: a file opened under another context is refused before any key work.
///
/// Only a hash of it is in the file. The hash has no key: a context that can be guessed can be
/// confirmed by whoever sees the file.
public struct FileContext: Hashable, Sendable {
    /// The bytes that are hashed.
    public let bytes: [UInt8]

    /// Takes bytes that writer and reader agree on.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Takes text, as UTF-8.
    public init(_ text: String) { bytes = [UInt8](text.utf8) }

    /// The facts that bind a firmware payload, all of them known before its manifest is signed.
    ///
    /// The manifest's own digest must not be among them: the manifest contains the ciphertext's
    /// digest, and the two would need each other.
    /// - Parameters:
    ///   - vendor: the vendor identifier, as in the manifest.
    ///   - deviceClass: the class identifier, as in the manifest.
    ///   - component: the component identifier's parts.
    ///   - sequenceNumber: the manifest's sequence number.
    ///   - plaintextDigest: the digest of the image that will be installed.
    ///   - plaintextSize: its size in bytes.
    /// - Returns: a context that differs when any of them does.
    public static func firmware(
        vendor: [UInt8],
        deviceClass: [UInt8],
        component: [[UInt8]],
        sequenceNumber: UInt64,
        plaintextDigest: [UInt8],
        plaintextSize: UInt64
    ) -> FileContext {
        var bytes = [UInt8]("iotseg1 firmware\0".utf8)
        func append(_ value: UInt64) {
            unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
        }
        func append(_ part: [UInt8]) {
            append(UInt64(part.count))
            bytes.append(contentsOf: part)
        }
        append(vendor)
        append(deviceClass)
        append(UInt64(component.count))
        for part in component { append(part) }
        append(sequenceNumber)
        append(plaintextDigest)
        append(plaintextSize)
        return FileContext(bytes: bytes)
    }

    var hash: [UInt8] { Sodium.hash("iotseg1 context", bytes.span).bytes }
}
