#if Endpoint
internal import ArgumentParser
internal import FileEncryption
internal import FileTool

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// `iot-cloud file`: thin commands over FileTool.
struct FileCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "file",
        abstract: "Encrypt, decrypt, inspect and fetch files.",
        subcommands: [
            FileKeygen.self, FileEncrypt.self, FileDecrypt.self, FileInspect.self, FileResume.self,
        ]
    )
}

/// Reads `tty`, `env:NAME`, `file:PATH` or `fd:NUMBER`.
@Sendable
private func parseSource(_ text: String) throws -> PassphraseSource {
    guard let source = PassphraseSource(text) else {
        throw ValidationError("a passphrase source is tty, env:NAME, file:PATH or fd:NUMBER")
    }
    return source
}

struct FileKeygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key file, mode 0600; prints the public key to standard error."
    )

    @Option(name: .shortAndLong, help: "Where to write the key (default: standard output).")
    var output: String?

    @Flag(help: "Make a sender's signing key instead.")
    var signing = false

    @Flag(name: .shortAndLong, help: "Encrypt the key file with a passphrase.")
    var passphrase = false

    @Option(
        help: "Where the passphrase comes from: tty, env:NAME, file:PATH or fd:NUMBER.",
        transform: parseSource
    )
    var passphraseSource: PassphraseSource = .terminal

    func run() throws {
        var command = KeyGeneration()
        command.output = output
        command.isSigning = signing
        command.passphrase = passphrase ? passphraseSource : nil
        try report { () throws(FileToolError) in
            let key = try command.run()
            complain("Public key: \(key)")
        }
    }
}

/// Where the result of `encrypt` and `decrypt` goes, and how many threads work on it.
struct FileTarget: ParsableArguments {
    @Option(name: .shortAndLong, help: "Where to write (default: standard output).")
    var output: String?

    @Flag(help: "Replace an existing output.")
    var force = false

    @Option(help: "Threads for a regular file, 1...64.")
    var workers = 2

    func validate() throws {
        guard (1...64).contains(workers) else { throw ValidationError("--workers is 1...64") }
    }
}

struct FileEncrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt",
        abstract: "Encrypt a file, to recipients or with a passphrase."
    )

    @Option(name: .shortAndLong, help: "A recipient, age1…; may be repeated.")
    var recipient: [String] = []

    @Option(name: [.customShort("R"), .long], help: "A file of recipients; may be repeated.")
    var recipientsFile: [String] = []

    @Option(name: .shortAndLong, help: "A key file whose public keys are recipients.")
    var identity: [String] = []

    @Flag(name: .shortAndLong, help: "Encrypt with a passphrase.")
    var passphrase = false

    @Option(
        help: "Where the passphrase comes from: tty, env:NAME, file:PATH or fd:NUMBER.",
        transform: parseSource
    )
    var passphraseSource: PassphraseSource = .terminal

    @Flag(name: .shortAndLong, help: "Write text (age only).")
    var armor = false

    @Flag(help: "Write the segmented format instead of age.")
    var segmented = false

    @Option(help: "Bytes of a segment: 4096, 16384, 65536 or 131072.")
    var segmentSize = 65_536

    @Option(help: "What the file is for; decrypting needs the same text.")
    var context: String?

    @Flag(help: "Add a seal, by which a relay can check the file without a key.")
    var seal = false

    @Option(help: "Sign with this key file.")
    var signWith: String?

    @OptionGroup var target: FileTarget

    @Argument(help: "What to encrypt (default: standard input).")
    var input: String?

    func validate() throws {
        guard SegmentSize.allCases.contains(where: { $0.bytes == segmentSize }) else {
            throw ValidationError("--segment-size is 4096, 16384, 65536 or 131072")
        }
    }

    func run() throws {
        var command = FileEncryptionCommand()
        command.recipients = recipient
        command.recipientFiles = recipientsFile
        command.identityFiles = identity
        command.passphrase = passphrase ? passphraseSource : nil
        command.isArmored = armor
        command.isSegmented = segmented
        command.segmentSize =
            SegmentSize.allCases.first { $0.bytes == segmentSize } ?? .kibibytes64
        command.context = context.map { FileContext($0) }
        command.isSealed = seal
        command.signingKeyFile = signWith
        command.input = input
        command.output = target.output
        command.overwrites = target.force
        command.workers = target.workers
        try report { () throws(FileToolError) in try command.run() }
    }
}

struct FileDecrypt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt",
        abstract: "Decrypt a file of either format."
    )

    @Option(name: .shortAndLong, help: "A key file; may be repeated.")
    var identity: [String] = []

    @Flag(name: .shortAndLong, help: "Decrypt with a passphrase.")
    var passphrase = false

    @Option(
        help: "Where the passphrase comes from: tty, env:NAME, file:PATH or fd:NUMBER.",
        transform: parseSource
    )
    var passphraseSource: PassphraseSource = .terminal

    @Option(help: "The context the file must belong to.")
    var context: String?

    @Option(help: "An accepted sender, iotsign1…; may be repeated. Unsigned files are refused.")
    var sender: [String] = []

    @OptionGroup var target: FileTarget

    @Argument(help: "What to decrypt (default: standard input).")
    var input: String?

    func run() throws {
        var command = FileDecryptionCommand()
        command.identityFiles = identity
        // Without -p the source still serves encrypted key files.
        command.passphrase = passphrase || !identity.isEmpty ? passphraseSource : nil
        command.context = context.map { FileContext($0) }
        command.senders = sender
        command.input = input
        command.output = target.output
        command.overwrites = target.force
        command.workers = target.workers
        try report { () throws(FileToolError) in try command.run() }
    }
}

struct FileInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a file says about itself; nothing of it is verified."
    )

    @Argument(help: "The file.")
    var input: String

    func run() throws {
        try report { () throws(FileToolError) in
            for line in try FileInspection(input).run() { print(line) }
        }
    }
}

struct FileResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Fetch a segmented file, and go on where an interrupted run stopped."
    )

    @Option(name: .shortAndLong, help: "Where the file shall appear.")
    var output: String

    @Option(name: .shortAndLong, help: "A key file, to check each segment when it arrives.")
    var identity: [String] = []

    @Option(
        help: "Where a key file's passphrase comes from: tty, env:NAME, file:PATH or fd:NUMBER.",
        transform: parseSource
    )
    var passphraseSource: PassphraseSource = .terminal

    @Option(help: "The context the file must belong to.")
    var context: String?

    @Argument(help: "The file to fetch: a path, or a URL that begins with http://.")
    var source: String

    func run() throws {
        var command = FileResumption(output: output)
        command.identityFiles = identity
        command.passphrase = passphraseSource
        command.context = context.map { FileContext($0) }
        try report { () throws(FileToolError) in
            let resumed: UInt64
            if HTTPRangeSource.isURL(source) {
                var server = try HTTPRangeSource(source)
                resumed = try command.run(&server)
            } else {
                var file = try LocalRangeSource(source)
                resumed = try command.run(&file)
            }
            if resumed > 0 { complain("resumed: \(resumed) segments were there") }
        }
    }
}

private func complain(_ text: String) {
    let bytes = [UInt8]((text + "\n").utf8)
    unsafe _ = write(2, bytes, bytes.count)
}

/// Turns a failure into one line on the standard error and the failure's exit status.
private func report(_ body: () throws(FileToolError) -> Void) throws {
    do throws(FileToolError) { try body() } catch {
        complain("error: \(error)")
        throw ExitCode(error.kind.rawValue)
    }
}
#endif
