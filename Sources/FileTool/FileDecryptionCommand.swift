public import FileEncryption

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// `file decrypt`.
public struct FileDecryptionCommand: Sendable {
    /// Key files (`-i`).
    public var identityFiles: [String] = []
    /// For files and key files with a passphrase; asked on the terminal without one.
    public var passphrase: PassphraseSource?
    /// The context the file must belong to.
    public var context: FileContext?
    /// `iotsign1…` texts of accepted senders; empty demands no signature.
    public var senders: [String] = []
    /// What a hostile file may cost.
    public var limits = DecryptionLimits.default
    /// Where the file is; `nil` or `-` for the standard input.
    public var input: String?
    /// Where the plaintext goes (`-o`); `nil` or `-` for the standard output.
    public var output: String?
    /// Replaces an existing output.
    public var overwrites = false
    /// How many threads decrypt a regular file.
    public var workers = 1
    /// Shows a bar on a terminal.
    public var showsProgress = true

    /// Reads the standard input, writes the standard output.
    public init() {}

    /// Decrypts.
    ///
    /// To a file, nothing appears unless all of it was verified. To a pipe, authentic chunks are
    /// written as they come, but of a file whose sender is demanded nothing before its signature was
    /// checked.
    /// - Returns: what the file proved.
    /// - Throws: ``FileToolError``; nothing half-written is left.
    @discardableResult
    public func run() throws(FileToolError) -> VerifiedFile {
        var policy = DecryptionPolicy(context: context, limits: limits)
        if !senders.isEmpty {
            var keys: Set<SenderKey> = []
            for text in senders {
                do { keys.insert(try SenderKey(bech32: text)) } catch {
                    throw FileToolError(.usage, "sender \(text): \(error)")
                }
            }
            policy.senders = keys
        }
        var identities = try readIdentities(identityFiles, passphrase: passphrase)
        if let passphrase, identities.isEmpty {
            identities = [.passphrase(try passphrase.read())]
        }
        guard !identities.isEmpty else {
            throw FileToolError(.usage, "name a key file (-i) or a passphrase source")
        }
        let source = try openInput(input)
        let target = output.flatMap { $0 == "-" ? nil : $0 }
        if let target {
            let file = try AtomicOutput(target, mode: 0o600, replaces: overwrites)
            policy.allowsProvisionalOutput = true  // it has no name before the end
            let verified = try decrypt(source, to: file.descriptor, identities, policy)
            try file.commit()
            return verified
        }
        guard policy.senders != nil else {
            return try decrypt(source, to: 1, identities, policy)
        }
        return try spool(source, identities, policy)
    }

    private func decrypt(
        _ source: DescriptorIO,
        to descriptor: Int32,
        _ identities: [Identity],
        _ policy: DecryptionPolicy
    ) throws(FileToolError) -> VerifiedFile {
        let bar = ProgressBar(total: source.byteCount, isWanted: showsProgress && descriptor != 1)
        let cipher = FileCipher(workers: workers, progress: { bar.update($0) })
        defer { bar.finish() }
        do throws(DecryptionError) {
            var sink: DescriptorIO
            do throws(SystemFailure) { sink = try DescriptorIO(descriptor) } catch {
                throw DecryptionError.system(error)
            }
            var source = source
            guard source.isRegularFile, descriptor != 1, try !Self.isArmored(source) else {
                return try cipher.decrypt(
                    stream: &source,
                    to: &sink,
                    identities: identities,
                    policy: policy
                )
            }
            return try cipher.decrypt(source, to: sink, identities: identities, policy: policy)
        } catch { throw explain(error) }
    }

    private static func isArmored(_ source: DescriptorIO) throws(DecryptionError) -> Bool {
        guard source.byteCount > 0 else { return true }
        var failure: SystemFailure?
        let first = [UInt8](capacity: 1) { (output: inout OutputSpan<UInt8>) in
            do throws(SystemFailure) { try source.read(at: 0, count: 1, into: &output) } catch {
                failure = error
            }
        }
        if let failure { throw DecryptionError.system(failure) }
        return first != [0x49] && first != [0x61]
    }

    /// A demanded sender and a pipe: the plaintext waits in an unnamed file of the temporary folder.
    private func spool(
        _ source: DescriptorIO,
        _ identities: [Identity],
        _ policy: DecryptionPolicy
    ) throws(FileToolError) -> VerifiedFile {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        let name =
            folder + "/.iot-spool-\(getpid())-"
            + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let descriptor = unsafe open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FileToolError(.system, "cannot create a file in \(folder): \(describe(errno))")
        }
        unsafe _ = unlink(name)
        defer { close(descriptor) }
        var policy = policy
        policy.allowsProvisionalOutput = true
        let verified = try decrypt(source, to: descriptor, identities, policy)
        do throws(SystemFailure) {
            let spooled = try DescriptorIO(descriptor)
            var sink = try DescriptorIO(1)
            var at: UInt64 = 0
            while at < spooled.byteCount {
                let count = Int(min(262_144, spooled.byteCount - at))
                var failure: SystemFailure?
                let piece = [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) in
                    do throws(SystemFailure) {
                        try spooled.read(at: at, count: count, into: &output)
                    } catch { failure = error }
                }
                if let failure { throw failure }
                try sink.write(piece.span)
                at += UInt64(count)
            }
        } catch { throw FileToolError(.system, "cannot write: \(describe(error.code))") }
        return verified
    }
}
