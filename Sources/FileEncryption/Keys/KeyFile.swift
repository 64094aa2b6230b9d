/// Key files as age writes them: one key a line, `#` comments, empty lines.
public enum KeyFile {
    /// The largest key file in bytes.
    public static let maximumBytes = 16 * 1_024 * 1_024
    /// The longest line in bytes.
    public static let maximumLine = 8_192
    /// The most keys in one file.
    public static let maximumKeys = 1_024

    /// Reads identities.
    ///
    /// - Parameters:
    ///   - text: the file; when it is itself an age file (binary or armored), it is opened with
    ///     `passphrase` first.
    ///   - passphrase: for encrypted key files.
    /// - Returns: one or more keys, in the file's order.
    /// - Throws: ``KeyError`` with the line, counted from 1.
    public static func identities(
        _ text: SecureBytes,
        passphrase: SecureBytes? = nil
    ) throws(KeyError) -> [Identity] {
        if text.withBytes({ isEncrypted($0) }) {
            guard let passphrase else { throw KeyError(.passphraseNeeded) }
            return try identities(try open(text, passphrase))
        }
        return try text.withBytes { (bytes) throws(KeyError) in
            var keys: [Identity] = []
            try forEachLine(bytes) { (line, _) throws(KeyError) in
                if line.count >= 4, line[0] == 0x73, line[1] == 0x73, line[2] == 0x68 {
                    throw KeyError(.sshUnsupported)
                }
                keys.append(try Identity(text: line))
                return keys.count
            }
            guard !keys.isEmpty else { throw KeyError(.empty) }
            return keys
        }
    }

    /// Reads recipients.
    ///
    /// - Throws: ``KeyError`` with the line, counted from 1.
    public static func recipients(_ text: [UInt8]) throws(KeyError) -> [Recipient] {
        var keys: [Recipient] = []
        try forEachLine(text.span) { (line, _) throws(KeyError) in
            var bytes: [UInt8] = []
            for i in line.indices { bytes.append(line[i]) }
            keys.append(try Recipient(bech32: String(decoding: bytes, as: UTF8.self)))
            return keys.count
        }
        guard !keys.isEmpty else { throw KeyError(.empty) }
        return keys
    }

    private static func isEncrypted(_ bytes: Span<UInt8>) -> Bool {
        func starts(_ text: StaticString) -> Bool {
            guard bytes.count >= text.utf8CodeUnitCount else { return false }
            return (0..<text.utf8CodeUnitCount).allSatisfy {
                unsafe bytes[$0] == text.utf8Start[$0]
            }
        }
        return starts("age-encryption.org/") || starts("-----BEGIN AGE")
    }

    private static func open(
        _ file: SecureBytes,
        _ passphrase: SecureBytes
    ) throws(KeyError) -> SecureBytes {
        var plain: [UInt8] = []
        defer { wipe(&plain) }
        do {
            plain = try file.withBytes { (bytes) throws(DecryptionError) in
                try Decryptor.decrypt(bytes, with: [.passphrase(passphrase)])
            }
        } catch { throw KeyError(.passphraseRefused) }
        let opened = SecureBytes(copying: plain.span)
        // An encrypted file inside an encrypted file is no key file.
        guard !opened.withBytes({ isEncrypted($0) }) else { throw KeyError(.passphraseRefused) }
        return opened
    }

    private static func forEachLine(
        _ bytes: Span<UInt8>,
        _ body: (Span<UInt8>, Int) throws(KeyError) -> Int
    ) throws(KeyError) {
        guard bytes.count <= maximumBytes else { throw KeyError(.limit) }
        var start = 0
        var number = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            number += 1
            var last = end
            if last > start, bytes[last - 1] == 0x0D { last -= 1 }
            defer { start = end + 1 }
            guard last - start <= maximumLine else { throw KeyError(.limit, at: number) }
            guard last > start, bytes[start] != 0x23 else { continue }
            let count: Int
            do throws(KeyError) { count = try body(bytes.extracting(start..<last), number) } catch {
                throw KeyError(error.violation, at: number)
            }
            guard count <= maximumKeys else { throw KeyError(.limit, at: number) }
        }
    }
}
