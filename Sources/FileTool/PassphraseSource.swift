public import FileEncryption

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Where a passphrase comes from, with or without a terminal.
public enum PassphraseSource: Hashable, Sendable {
    /// Asked for on the controlling terminal, without echo.
    case terminal
    /// The value of an environment variable.
    case environment(String)
    /// The first line of a file.
    case file(String)
    /// The first line of an inherited descriptor.
    case descriptor(Int32)

    /// The longest passphrase in bytes.
    public static let maximumBytes = 1_024

    /// Reads `env:NAME`, `file:PATH`, `fd:NUMBER` or `tty`.
    public init?(_ text: String) {
        if text == "tty" {
            self = .terminal
        } else if text.hasPrefix("env:"), text.count > 4 {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:"), text.count > 5 {
            self = .file(String(text.dropFirst(5)))
        } else if text.hasPrefix("fd:"), let number = Int32(text.dropFirst(3)), number >= 0 {
            self = .descriptor(number)
        } else {
            return nil
        }
    }

    /// Gets the passphrase.
    ///
    /// - Parameters:
    ///   - prompt: what a terminal shows.
    ///   - confirming: asks twice on a terminal.
    /// - Returns: 1 to ``maximumBytes`` bytes.
    /// - Throws: ``FileToolError`` when there is none, it is empty, or longer than
    ///   ``maximumBytes``.
    public func read(
        prompt: String = "Passphrase: ",
        confirming: Bool = false
    ) throws(FileToolError) -> SecureBytes {
        let passphrase: SecureBytes
        switch self {
        case .terminal:
            passphrase = try Self.ask(prompt)
            if confirming {
                guard try Self.ask("Repeat: ").isEqual(to: passphrase) else {
                    throw FileToolError(.usage, "the two passphrases differ")
                }
            }
        case .environment(let name):
            guard let value = unsafe getenv(name) else {
                throw FileToolError(.usage, "the variable \(name) is not set")
            }
            var bytes: [UInt8] = []
            unsafe bytes.append(
                contentsOf: UnsafeRawBufferPointer(start: value, count: strlen(value))
            )
            passphrase = SecureBytes(wiping: &bytes)
        case .file(let path):
            passphrase = try Self.firstLine(try readSecretFile(path, limit: 65_536))
        case .descriptor(let number):
            passphrase = try Self.line(from: number)
        }
        guard (1...Self.maximumBytes).contains(passphrase.count) else {
            throw FileToolError(.usage, "a passphrase has 1 to \(Self.maximumBytes) bytes")
        }
        return passphrase
    }

    private static func firstLine(_ bytes: SecureBytes) throws(FileToolError) -> SecureBytes {
        bytes.withBytes { bytes in
            var end = 0
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            return SecureBytes(copying: bytes.extracting(0..<end))
        }
    }

    private static func line(from descriptor: Int32) throws(FileToolError) -> SecureBytes {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(maximumBytes + 1)
        var byte: UInt8 = 0
        while bytes.count <= maximumBytes {
            let count = systemRead(descriptor, &byte)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw FileToolError(.system, "cannot read the passphrase: \(describe(errno))")
            }
            guard count == 1, byte != 0x0A else { break }
            if byte != 0x0D { bytes.append(byte) }
        }
        return SecureBytes(wiping: &bytes)
    }

    private static func systemRead(_ descriptor: Int32, _ byte: inout UInt8) -> Int {
        unsafe withUnsafeMutablePointer(to: &byte) {
            #if canImport(Glibc)
            unsafe Glibc.read(descriptor, $0, 1)
            #elseif canImport(Musl)
            unsafe Musl.read(descriptor, $0, 1)
            #else
            unsafe Darwin.read(descriptor, $0, 1)
            #endif
        }
    }

    private static func ask(_ prompt: String) throws(FileToolError) -> SecureBytes {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else {
            throw FileToolError(
                .usage,
                "no terminal to ask for the passphrase: name a source (env:, file:, fd:)"
            )
        }
        defer { close(terminal) }
        var kept = termios()
        guard unsafe tcgetattr(terminal, &kept) == 0 else {
            throw FileToolError(.system, "cannot use the terminal: \(describe(errno))")
        }
        var silent = kept
        silent.c_lflag &= ~tcflag_t(ECHO)
        unsafe _ = tcsetattr(terminal, TCSAFLUSH, &silent)
        defer {
            unsafe _ = tcsetattr(terminal, TCSAFLUSH, &kept)
            write(terminal, "\n")
        }
        write(terminal, prompt)
        return try line(from: terminal)
    }
}

/// Writes text to a descriptor; what does not fit is lost.
func write(_ descriptor: Int32, _ text: String) {
    guard var io = try? DescriptorIO(descriptor) else { return }
    try? io.write([UInt8](text.utf8).span)
}
