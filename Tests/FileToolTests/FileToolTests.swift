import FileEncryption
import FileTool
import Foundation
import IoTTestSupport
import Testing

/// A folder that vanishes with the test.
final class Folder {
    let url: URL
    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-tool-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return path(name)
    }
    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url.appendingPathComponent(name)))
    }
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path(name))
        return try #require(attributes[.posixPermissions] as? Int)
    }
    /// A key file, and its public text.
    func key(_ name: String = "key", signing: Bool = false) throws -> String {
        var command = KeyGeneration()
        command.output = path(name)
        command.isSigning = signing
        return try command.run()
    }
}

@Suite("File commands")
struct FileToolTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    func encryption(_ recipient: String, _ input: String, _ output: String) -> FileEncryptionCommand
    {
        var command = FileEncryptionCommand()
        command.recipients = [recipient]
        command.input = folder.path(input)
        command.output = folder.path(output)
        return command
    }

    func decryption(_ input: String, _ output: String) -> FileDecryptionCommand {
        var command = FileDecryptionCommand()
        command.identityFiles = [folder.path("key")]
        command.input = folder.path(input)
        command.output = folder.path(output)
        return command
    }

    @Test("keygen writes mode 0600, names the public key, and refuses to overwrite")
    func keygen() throws {
        let text = try folder.key()
        #expect(text.hasPrefix("age1"))
        #expect(try folder.mode("key") == 0o600)
        let before = try folder.read("key")
        let failure = #expect(throws: FileToolError.self) { try folder.key() }
        #expect(failure?.kind == .exists)
        #expect(try folder.read("key") == before)
        let signing = try folder.key("signing", signing: true)
        #expect(signing.hasPrefix("iotsign1"))
        #expect(folder.names == ["key", "signing"])
    }

    @Test(
        "what encrypt writes decrypt reads: age, armored, segmented, any number of workers",
        arguments: [1, 2]
    )
    func roundTrip(workers: Int) throws {
        let recipient = try folder.key()
        var random = SplitMix64(seed: 1)
        let plain = random.bytes(700_000)
        _ = try folder.write("plain", plain)
        for variant in 0..<4 {
            var command = encryption(recipient, "plain", "file\(variant)")
            command.isArmored = variant == 1
            command.isSegmented = variant >= 2
            command.isSealed = variant == 3
            command.workers = workers
            try command.run()
            var opened = decryption("file\(variant)", "opened\(variant)")
            opened.workers = workers
            #expect(try opened.run().plaintextSize == 700_000)
            #expect(try folder.read("opened\(variant)") == plain)
            #expect(try folder.mode("opened\(variant)") == 0o600)
        }
        #expect(folder.names.allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("an existing output is refused unless it shall be replaced")
    func overwriting() throws {
        let recipient = try folder.key()
        _ = try folder.write("plain", [1, 2, 3])
        _ = try folder.write("out", [9])
        var command = encryption(recipient, "plain", "out")
        let failure = #expect(throws: FileToolError.self) { try command.run() }
        #expect(failure?.kind == .exists)
        #expect(try folder.read("out") == [9])
        command.overwrites = true
        try command.run()
        try decryption("out", "opened").run()
        #expect(try folder.read("opened") == [1, 2, 3])
    }

    @Test("a damaged file leaves nothing behind, not even its authentic part")
    func nothingHalfWritten() throws {
        let recipient = try folder.key()
        _ = try folder.write("plain", [UInt8](repeating: 1, count: 300_000))
        try encryption(recipient, "plain", "file").run()
        var bytes = try folder.read("file")
        bytes[bytes.count - 1] ^= 1
        _ = try folder.write("damaged", bytes)
        bytes[200_000] ^= 1
        bytes[bytes.count - 1] ^= 1
        _ = try folder.write("damaged2", bytes)
        let before = folder.names
        for name in ["damaged", "damaged2"] {
            let failure = #expect(throws: FileToolError.self) {
                try decryption(name, "opened").run()
            }
            #expect(failure?.kind == .refused)
        }
        #expect(folder.names == before)
    }

    @Test("a passphrase comes from a variable, a file or a descriptor, without a terminal")
    func passphraseSources() throws {
        let file = try folder.write("word", [UInt8]("hunter2\n".utf8))
        let fromFile = try PassphraseSource.file(file).read()
        #expect(fromFile.isEqual(to: SecureBytes(copying: [UInt8]("hunter2".utf8).span)))
        #expect(PassphraseSource("file:" + file) == .file(file))
        #expect(PassphraseSource("env:NAME") == .environment("NAME"))
        #expect(PassphraseSource("fd:3") == .descriptor(3))
        #expect(PassphraseSource("tty") == .terminal)
        for bad in ["", "env:", "fd:x", "fd:-1", "word"] { #expect(PassphraseSource(bad) == nil) }
        let empty = try folder.write("empty", [0x0A])
        #expect(throws: FileToolError.self) { try PassphraseSource.file(empty).read() }
        let long = [UInt8](repeating: 0x61, count: 1_025)
        _ = try folder.write("limit", long.dropLast())
        #expect(try PassphraseSource.file(folder.path("limit")).read().count == 1_024)
        _ = try folder.write("long", long)
        #expect(throws: FileToolError.self) {
            try PassphraseSource.file(folder.path("long")).read()
        }
        #expect(throws: FileToolError.self) {
            try PassphraseSource.environment("IOT_NO_SUCH_VARIABLE").read()
        }
    }

    @Test("a passphrase encrypts files of both formats and key files")
    func passphrases() throws {
        let word = PassphraseSource.file(try folder.write("word", [UInt8]("hunter2\n".utf8)))
        _ = try folder.write("plain", [7])
        for isSegmented in [false, true] {
            var command = FileEncryptionCommand()
            command.passphrase = word
            command.cost = PasswordCost(scryptWorkFactor: 4, argon2Passes: 1, argon2Kibibytes: 8)
            command.isSegmented = isSegmented
            command.input = folder.path("plain")
            command.output = folder.path("p\(isSegmented)")
            try command.run()
            var opened = decryption("p\(isSegmented)", "o\(isSegmented)")
            opened.identityFiles = []
            opened.passphrase = word
            try opened.run()
            #expect(try folder.read("o\(isSegmented)") == [7])
        }
        var key = KeyGeneration()
        key.output = folder.path("key")
        key.passphrase = word
        key.workFactor = 4
        let recipient = try key.run()
        try encryption(recipient, "plain", "k").run()
        var opened = decryption("k", "ko")
        opened.passphrase = word
        try opened.run()
        #expect(try folder.read("ko") == [7])
    }

    @Test("sender and context: only the named ones pass")
    func senderAndContext() throws {
        let recipient = try folder.key()
        let sender = try folder.key("signing", signing: true)
        let stranger = try folder.key("other", signing: true)
        _ = try folder.write("plain", [7])
        var command = encryption(recipient, "plain", "file")
        command.isSegmented = true
        command.signingKeyFile = folder.path("signing")
        command.context = FileContext("pump 7")
        try command.run()
        var opened = decryption("file", "a")
        opened.context = FileContext("pump 7")
        opened.senders = [sender]
        #expect(try opened.run().verifiedSender?.bech32 == sender)
        opened.output = folder.path("b")
        opened.senders = [stranger]
        #expect(throws: FileToolError.self) { try opened.run() }
        opened.senders = [sender]
        opened.context = FileContext("pump 8")
        #expect(throws: FileToolError.self) { try opened.run() }
        #expect(!folder.names.contains("b"))
        let lines = try FileInspection(folder.path("file")).run()
        #expect(lines.contains("sender: \(sender)"))
        #expect(lines.contains("context: bound"))
        #expect(lines.contains("complete: yes, by its length"))
    }

    @Test("inspect names format and recipients of age files")
    func inspectAge() throws {
        let recipient = try folder.key()
        _ = try folder.write("plain", [7])
        var command = encryption(recipient, "plain", "file")
        command.isArmored = true
        try command.run()
        let lines = try FileInspection(folder.path("file")).run()
        #expect(lines.contains("format: age v1, armored"))
        #expect(lines.contains("recipient: X25519"))
    }

    @Test("options that do not fit together are refused before anything is written")
    func usage() throws {
        let recipient = try folder.key()
        _ = try folder.write("plain", [7])
        var command = encryption(recipient, "plain", "file")
        command.context = FileContext("x")
        #expect(throws: FileToolError.self) { try command.run() }
        command.context = nil
        command.isSegmented = true
        command.isArmored = true
        #expect(throws: FileToolError.self) { try command.run() }
        command.isArmored = false
        command.passphrase = .file(folder.path("plain"))
        #expect(throws: FileToolError.self) { try command.run() }
        command.passphrase = nil
        command.recipients = ["ssh-ed25519 AAAA"]
        let failure = #expect(throws: FileToolError.self) { try command.run() }
        #expect(failure?.description.contains("SSH") == true)
        #expect(folder.names == ["key", "plain"])
    }
}
