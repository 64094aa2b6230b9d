public import FileEncryption

/// `file encrypt`.
public struct FileEncryptionCommand: Sendable {
    /// `age1…` texts (`-r`).
    public var recipients: [String] = []
    /// Files of recipients (`-R`).
    public var recipientFiles: [String] = []
    /// Key files whose public halves are recipients (`-i`).
    public var identityFiles: [String] = []
    /// A passphrase instead of recipients (`-p`).
    public var passphrase: PassphraseSource?
    /// What a guess costs.
    public var cost = PasswordCost.default
    /// Text output (`-a`); age only.
    public var isArmored = false
    /// The segment container instead of age.
    public var isSegmented = false
    /// Its segment size.
    public var segmentSize = SegmentSize.kibibytes64
    /// Its context.
    public var context: FileContext?
    /// Whether it has a seal.
    public var isSealed = false
    /// The key file of its sender.
    public var signingKeyFile: String?
    /// Where the plaintext is; `nil` or `-` for the standard input.
    public var input: String?
    /// Where the file goes (`-o`); `nil` or `-` for the standard output.
    public var output: String?
    /// Replaces an existing output.
    public var overwrites = false
    /// How many threads encrypt a regular file.
    public var workers = 1
    /// Shows a bar on a terminal.
    public var showsProgress = true

    /// age to the standard output.
    public init() {}

    /// Encrypts.
    ///
    /// - Throws: ``FileToolError``; nothing half-written is left.
    public func run() throws(FileToolError) {
        let to = try collectRecipients()
        var source = try openInput(input)
        let isFile = source.isRegularFile
        let format = try format(size: isFile ? source.byteCount : nil)
        let target = output.flatMap { $0 == "-" ? nil : $0 }
        let file = try target.map { (path) throws(FileToolError) in
            try AtomicOutput(path, mode: 0o644, replaces: overwrites)
        }
        let bar = ProgressBar(total: source.byteCount, isWanted: showsProgress && target != nil)
        let cipher = FileCipher(workers: workers, progress: { bar.update($0) })
        do throws(EncryptionError) {
            var sink: DescriptorIO
            do throws(SystemFailure) { sink = try DescriptorIO(file?.descriptor ?? 1) } catch {
                throw EncryptionError.system(error)
            }
            if isFile, file != nil, !isArmored {
                _ = try cipher.encrypt(source, to: sink, as: format, recipients: to)
            } else {
                _ = try cipher.encrypt(stream: &source, to: &sink, as: format, recipients: to)
            }
        } catch { throw explain(error) }
        bar.finish()
        try file?.commit()
    }

    private func format(size: UInt64?) throws(FileToolError) -> FileFormat {
        guard isSegmented else {
            guard context == nil, signingKeyFile == nil, !isSealed else {
                throw FileToolError(.usage, "context, seal and sender need the segmented format")
            }
            return .age(armored: isArmored)
        }
        guard !isArmored else {
            throw FileToolError(.usage, "the segmented format has no text form")
        }
        var options = SegmentedOptions(
            segmentSize: segmentSize,
            context: context,
            isSealed: isSealed,
            plaintextSize: size
        )
        if let signingKeyFile {
            do throws(KeyError) {
                options.sender = try signingIdentity(try readSecret(signingKeyFile))
            } catch { throw FileToolError(.usage, "\(signingKeyFile): \(error)") }
        }
        return .segmented(options)
    }

    private func readSecret(_ path: String) throws(KeyError) -> SecureBytes {
        do throws(FileToolError) { return try readSecretFile(path) } catch {
            return SecureBytes(copying: [UInt8]().span)
        }
    }

    private func signingIdentity(_ text: SecureBytes) throws(KeyError) -> SigningIdentity {
        let line = text.withBytes { bytes in
            var start = 0
            while start < bytes.count {
                var end = start
                while end < bytes.count, bytes[end] != 0x0A { end += 1 }
                if end > start, bytes[start] != 0x23 {
                    return SecureBytes(copying: bytes.extracting(start..<end))
                }
                start = end + 1
            }
            return SecureBytes(count: 0) { (_: inout MutableSpan<UInt8>) in }
        }
        return try SigningIdentity(bech32: line)
    }

    private func collectRecipients() throws(FileToolError) -> [Recipient] {
        var list: [Recipient] = []
        for text in recipients {
            do { list.append(try Recipient(bech32: text)) } catch {
                throw FileToolError(.usage, "recipient \(text): \(error)")
            }
        }
        for path in recipientFiles {
            let text = try readSecretFile(path).withBytes { bytes in bytes.indices.map { bytes[$0] }
            }
            do { list += try KeyFile.recipients(text) } catch {
                throw FileToolError(.usage, "\(path): \(error)")
            }
        }
        for key in try readIdentities(identityFiles, passphrase: nil) {
            if let recipient = key.recipient { list.append(recipient) }
        }
        if let passphrase {
            guard list.isEmpty else {
                throw FileToolError(.usage, "a passphrase must be the only recipient")
            }
            return [.passphrase(try passphrase.read(confirming: true), cost: cost)]
        }
        guard !list.isEmpty else { throw FileToolError(.usage, "no recipient") }
        return list
    }
}

/// Reads key files; an encrypted one asks `passphrase`.
func readIdentities(
    _ paths: [String],
    passphrase: PassphraseSource?
) throws(FileToolError) -> [Identity] {
    var list: [Identity] = []
    for path in paths {
        let text = try readSecretFile(path)
        do throws(KeyError) { list += try KeyFile.identities(text) } catch {
            guard error.violation == .passphraseNeeded else {
                throw FileToolError(.usage, "\(path): \(error)")
            }
            let source = passphrase ?? .terminal
            let secret = try source.read(prompt: "Passphrase for \(path): ")
            do { list += try KeyFile.identities(text, passphrase: secret) } catch {
                throw FileToolError(.usage, "\(path): \(error)")
            }
        }
    }
    return list
}

/// An encryption error in words.
func explain(_ error: EncryptionError) -> FileToolError {
    switch error {
    case .system(let failure):
        FileToolError(.system, "\(failure.operation) failed: \(describe(failure.code))")
    case .recipientCount(let count):
        FileToolError(.usage, "\(count) recipients: too few or too many")
    case .passwordCost: FileToolError(.usage, "passphrase cost outside its range")
    default: FileToolError(.usage, "not encrypted: \(error)")
    }
}

/// A decryption error in words.
func explain(_ error: DecryptionError) -> FileToolError {
    switch error.failure {
    case .system(let failure):
        FileToolError(.system, "\(failure.operation) failed: \(describe(failure.code))")
    case .noMatch: FileToolError(.refused, "no key or passphrase at hand opens this file")
    default: FileToolError(.refused, "refused at byte \(error.offset): \(error.failure)")
    }
}
