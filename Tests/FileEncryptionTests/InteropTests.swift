import Foundation
import IoTTestSupport
import Testing

@testable import FileEncryption

/// Runs other tools' programs; prints a line and passes where they are not installed.
@Suite("Interoperability of file encryption", .serialized)
struct FileInteropTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct Result {
        var status: Int32
        var output: [UInt8]
    }

    static func find(_ path: String) -> String? {
        FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    static let age = find("/usr/bin/age")
    static let python = find(root.appendingPathComponent(".venv/bin/python").path)

    /// Input and output go through files, so that no pipe fills up.
    static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> Result
    {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appendingPathComponent("in")
        let target = folder.appendingPathComponent("out")
        try Data(input).write(to: source)
        try Data().write(to: target)
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: source)
        process.standardOutput = try FileHandle(forWritingTo: target)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: [UInt8](try Data(contentsOf: target))
        )
    }

    func keyFile(_ identity: Identity, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-key-\(UInt64.random(in: 0...UInt64.max))")
        let text = try #require(
            identity.withBech32 { key in Data(key.indices.map { key[$0] } + [0x0A]) }
        )
        try text.write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        try body(path.path)
    }

    static let sizes = [0, 1, 65_536, 65_537, 300_000]

    @Test("age reads what we write and writes what we read, binary and armored")
    func debianAge() throws {
        guard let age = Self.age else { return print("age: skipped, not installed") }
        let identity = Identity.generate()
        let recipient = try #require(identity.recipient)
        let text = try #require(recipient.bech32)
        var count = 0
        try keyFile(identity) { key in
            for size in Self.sizes {
                let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                for armored in [false, true] {
                    let ours = try Encryptor.encrypt(
                        plain.span,
                        as: .age(armored: armored),
                        to: [recipient]
                    )
                    let opened = try Self.run(age, ["-d", "-i", key], input: ours)
                    #expect(opened.status == 0 && opened.output == plain)
                    let flags = ["-r", text] + (armored ? ["-a"] : [])
                    let theirs = try Self.run(age, flags, input: plain)
                    #expect(try Decryptor.decrypt(theirs.output.span, with: [identity]) == plain)
                    count += 2
                }
            }
        }
        print("interop age: \(count) files, both ways")
    }

    @Test("pyrage reads what we write and writes what we read, keys and passphrases")
    func pyrage() throws {
        guard
            let python = Self.python,
            try Self.run(python, ["-c", "import pyrage"]).status == 0
        else { return print("pyrage: skipped, not installed") }
        let identity = Identity.generate()
        let recipient = try #require(identity.recipient)
        let public_ = try #require(recipient.bech32)
        let secretText = try #require(
            identity.withBech32 { key in
                String(decoding: key.indices.map { key[$0] }, as: UTF8.self)
            }
        )
        let read = """
            import sys, pyrage
            key = pyrage.x25519.Identity.from_str(sys.argv[1])
            sys.stdout.buffer.write(pyrage.decrypt(sys.stdin.buffer.read(), [key]))
            """
        let write = """
            import sys, pyrage
            key = pyrage.x25519.Recipient.from_str(sys.argv[1])
            sys.stdout.buffer.write(pyrage.encrypt(sys.stdin.buffer.read(), [key]))
            """
        for size in Self.sizes {
            let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 17) }
            let ours = try Encryptor.encrypt(plain.span, to: [recipient])
            #expect(try Self.run(python, ["-c", read, secretText], input: ours).output == plain)
            let theirs = try Self.run(python, ["-c", write, public_], input: plain).output
            #expect(try Decryptor.decrypt(theirs.span, with: [identity]) == plain)
        }
        let word = """
            import sys, pyrage
            sys.stdout.buffer.write(pyrage.passphrase.decrypt(sys.stdin.buffer.read(), "word"))
            """
        let ours = try Encryptor.encrypt(
            [UInt8]("x".utf8).span,
            to: [.passphrase(secret("word"), cost: PasswordCost(scryptWorkFactor: 10))]
        )
        #expect(try Self.run(python, ["-c", word], input: ours).output == [0x78])
        print("interop pyrage: \(Self.sizes.count * 2 + 1) files, both ways")
    }

    @Test("the second implementation of IOTSEG reads what we write")
    func secondImplementation() throws {
        guard
            let python = Self.python,
            try Self.run(python, ["-c", "import nacl"]).status == 0
        else { return print("pynacl: skipped, not installed") }
        let script = Self.root.appendingPathComponent("Tests/Interop/segmented_file.py").path
        let key = SecureBytes(randomCount: 32)
        let identity = Identity(secret: key)
        let recipient = try #require(identity.recipient)
        let keyHex = key.withBytes { bytes in hex(bytes.indices.map { bytes[$0] }) }
        let sender = SigningIdentity.generate()
        var count = 0
        for size in Self.sizes {
            for variant in 0..<4 {
                let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13) }
                let options = SegmentedOptions(
                    segmentSize: variant == 0 ? .kibibytes4 : .kibibytes64,
                    context: variant == 1 ? FileContext("pump 7") : nil,
                    isSealed: variant >= 2,
                    sender: variant == 3 ? sender : nil,
                    plaintextSize: variant == 2 ? UInt64(size) : nil
                )
                let file = try Encryptor.encrypt(
                    plain.span,
                    as: .segmented(options),
                    to: [recipient]
                )
                let path = FileManager.default.temporaryDirectory
                    .appendingPathComponent("iot-seg-\(UInt64.random(in: 0...UInt64.max))")
                try Data(file).write(to: path)
                defer { try? FileManager.default.removeItem(at: path) }
                var flags = [script, "decrypt", path.path, "--identity", keyHex]
                if variant == 1 { flags += ["--context", "pump 7"] }
                if variant == 3 { flags += ["--sender", hex(sender.senderKey.bytes)] }
                let opened = try Self.run(python, flags)
                #expect(opened.status == 0 && opened.output == plain)
                count += 1
            }
        }
        print("interop IOTSEG second implementation: \(count) files")
    }
}
