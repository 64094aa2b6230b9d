internal import FileEncryption

/// `file keygen`: makes a key file.
public struct KeyGeneration: Sendable {
    /// Where the key goes; `nil` or `-` for the standard output.
    public var output: String?
    /// A sender's signing key instead of a recipient's.
    public var isSigning = false
    /// Encrypts the key file with this passphrase.
    public var passphrase: PassphraseSource?
    /// scrypt's log2(N) for an encrypted key file.
    public var workFactor = 18

    /// An X25519 key to the standard output.
    public init() {}

    /// Makes the key and writes it, mode 0600.
    ///
    /// - Returns: the public key's text.
    /// - Throws: ``FileToolError``; an existing file is never overwritten.
    public func run() throws(FileToolError) -> String {
        var text: [UInt8] = []
        let publicKey: String
        if isSigning {
            let key = SigningIdentity.generate()
            publicKey = key.senderKey.bech32
            key.withBech32 { Self.append($0, publicKey, to: &text) }
        } else {
            let key = Identity.generate()
            publicKey = key.recipient?.bech32 ?? ""
            _ = key.withBech32 { Self.append($0, publicKey, to: &text) }
        }
        if let passphrase {
            let recipient = Recipient.passphrase(
                try passphrase.read(prompt: "Passphrase for the key file: ", confirming: true),
                cost: PasswordCost(scryptWorkFactor: workFactor)
            )
            let plain = SecureBytes(wiping: &text)
            do throws(EncryptionError) {
                text = try plain.withBytes { (bytes) throws(EncryptionError) in
                    try Encryptor.encrypt(bytes, as: .age(armored: true), to: [recipient])
                }
            } catch { throw explain(error) }
        }
        let bytes = SecureBytes(wiping: &text)
        let target = output.flatMap { $0 == "-" ? nil : $0 }
        let file = try target.map { (path) throws(FileToolError) in
            try AtomicOutput(path, mode: 0o600, replaces: false)
        }
        do {
            var sink = try DescriptorIO(file?.descriptor ?? 1)
            try bytes.withBytes { (bytes) throws(SystemFailure) in try sink.write(bytes) }
        } catch {
            throw FileToolError(.system, "cannot write the key")
        }
        try file?.commit()
        return publicKey
    }

    private static func append(_ key: Span<UInt8>, _ publicKey: String, to text: inout [UInt8]) {
        text.reserveCapacity(512)  // no reallocation leaves a copy behind
        text += [UInt8]("# public key: \(publicKey)\n".utf8)
        for i in key.indices { text.append(key[i]) }
        text.append(0x0A)
    }
}
