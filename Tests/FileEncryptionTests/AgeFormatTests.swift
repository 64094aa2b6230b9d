import IoTTestSupport
import Testing

@testable import FileEncryption

@Suite("age v1")
struct AgeFormatTests {
    let alice = Identity.generate()

    func encrypt(_ plain: [UInt8], armored: Bool = false) throws -> [UInt8] {
        let to = try #require(alice.recipient)
        return try Encryptor.encrypt(plain.span, as: .age(armored: armored), to: [to])
    }

    @Test(
        "any size around the chunk size, binary and armored",
        arguments: [
            0, 1, 47, 48, 49, 65_535, 65_536, 65_537, 131_072, 200_000,
        ]
    )
    func roundTrip(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let plain = random.bytes(count)
        for armored in [false, true] {
            let file = try encrypt(plain, armored: armored)
            #expect(try Decryptor.decrypt(file.span, with: [alice]) == plain)
        }
    }

    @Test("any cut of the plaintext and of the file gives the same plaintext")
    func chunking() throws {
        var random = SplitMix64(seed: 1)
        let plain = random.bytes(150_000)
        let to = try #require(alice.recipient)
        for round in 0..<30 {
            let armored = round % 2 == 0
            var encryptor = try Encryptor(.age(armored: armored), to: [to])
            var file: [UInt8] = []
            var at = 0
            while at < plain.count {
                let count = min(1 + random.below(80_000), plain.count - at)
                let bound = encryptor.outputBound(for: count)
                try file.appendOutput(bound) { (output) throws(EncryptionError) in
                    try encryptor.update(plain.span.extracting(at..<at + count), into: &output)
                }
                at += count
            }
            let bound = encryptor.outputBound(for: 0)
            try file.appendOutput(bound) { (output) throws(EncryptionError) in
                try encryptor.finish(into: &output)
            }
            var decryptor = Decryptor(identities: [alice])
            var opened: [UInt8] = []
            at = 0
            while at < file.count {
                let count = min(1 + random.below(80_000), file.count - at)
                let bound = Decryptor.outputBound(for: count)
                try opened.appendOutput(bound) { (output) throws(DecryptionError) in
                    try decryptor.update(file.span.extracting(at..<at + count), into: &output)
                }
                at += count
            }
            try opened.appendOutput(Decryptor.outputBound(for: 0)) {
                (output) throws(DecryptionError) in
                #expect(try decryptor.finish(into: &output).plaintextSize == 150_000)
            }
            #expect(opened == plain)
        }
    }

    @Test("a flip of any byte of the file is refused")
    func flips() throws {
        let file = try encrypt([UInt8]("hello".utf8))
        for i in file.indices {
            var bad = file
            bad[i] ^= UInt8(1 << (i % 8))
            #expect(throws: DecryptionError.self) {
                try Decryptor.decrypt(bad.span, with: [alice])
            }
        }
    }

    @Test("every cut of a file is refused; what was released is a prefix")
    func cuts() throws {
        var random = SplitMix64(seed: 1)
        let plain = random.bytes(140_000)
        let file = try encrypt(plain)
        for _ in 0..<60 {
            let cut = random.below(file.count)
            var decryptor = Decryptor(identities: [alice])
            var failed = false
            let released = [UInt8](capacity: 2 * Decryptor.outputBound(for: cut)) { output in
                do {
                    try decryptor.update(file.span.extracting(0..<cut), into: &output)
                    _ = try decryptor.finish(into: &output)
                } catch { failed = true }
            }
            #expect(failed)
            #expect(plain.starts(with: released))
        }
    }

    @Test("recipient limit: 1 024 stanzas pass, one more is refused by the reader")
    func recipientLimit() throws {
        let to = try #require(alice.recipient)
        let file = try Encryptor.encrypt([UInt8](arrayLiteral: 1).span, to: [to, to, to])
        let limit = { DecryptionPolicy(limits: DecryptionLimits(recipients: $0)) }
        #expect(try Decryptor.decrypt(file.span, with: [alice], policy: limit(3)) == [1])
        let failure = #expect(throws: DecryptionError.self) {
            try Decryptor.decrypt(file.span, with: [alice], policy: limit(2))
        }
        #expect(failure?.failure == .limit(.recipients))
    }

    @Test("header limit: at the limit it passes, one byte less is refused")
    func headerLimit() throws {
        let file = try encrypt([1])
        let (header, length) = try AgeHeader.parse(file.span)
        #expect(header.encoded == Array(file[..<length]))
        let limit = { DecryptionPolicy(limits: DecryptionLimits(headerBytes: $0)) }
        #expect(try Decryptor.decrypt(file.span, with: [alice], policy: limit(length - 1)) == [1])
        let failure = #expect(throws: DecryptionError.self) {
            try Decryptor.decrypt(file.span, with: [alice], policy: limit(length - 2))
        }
        #expect(failure?.failure == .limit(.headerBytes))
    }

    @Test("a passphrase stands alone, is not empty, and its work factor is capped")
    func passphrases() throws {
        let cost = PasswordCost(scryptWorkFactor: 4)
        let word = Recipient.passphrase(secret("word"), cost: cost)
        let to = try #require(alice.recipient)
        let plain: [UInt8] = [1, 2]
        let file = try Encryptor.encrypt(plain.span, to: [word])
        #expect(try Decryptor.decrypt(file.span, with: [.passphrase(secret("word"))]) == plain)
        #expect(throws: DecryptionError.self) {
            try Decryptor.decrypt(file.span, with: [.passphrase(secret("wort"))])
        }
        #expect(throws: EncryptionError.passphraseNotAlone) {
            try Encryptor.encrypt(plain.span, to: [word, to])
        }
        #expect(throws: EncryptionError.emptyPassphrase) {
            try Encryptor.encrypt(plain.span, to: [.passphrase(secret(""), cost: cost)])
        }
        let limit = { DecryptionPolicy(limits: DecryptionLimits(scryptWorkFactor: $0)) }
        #expect(throws: Never.self) {
            try Decryptor.decrypt(file.span, with: [.passphrase(secret("word"))], policy: limit(4))
        }
        let failure = #expect(throws: DecryptionError.self) {
            try Decryptor.decrypt(file.span, with: [.passphrase(secret("word"))], policy: limit(3))
        }
        #expect(failure?.failure == .limit(.scryptWorkFactor(4)))
    }

    @Test("keys: what age writes is read, other kinds are refused by name")
    func keys() throws {
        let text = try #require(alice.recipient?.bech32)
        #expect(try Recipient(bech32: text).bech32 == text)
        let copy = try #require(
            alice.withBech32 { key in SecureBytes(copying: key) }
        )
        #expect(try Identity(bech32: copy).recipient?.bech32 == text)
        func violation(_ text: String) -> KeyError.Violation? {
            do { _ = try Recipient(bech32: text) } catch { return error.violation }
            return nil
        }
        #expect(violation("ssh-ed25519 AAAA") == .sshUnsupported)
        #expect(violation(text.uppercased()) == .letterCase)
        #expect(violation(String(text.dropLast()) + "b") == .bech32(.character(0x62)))
        #expect(
            violation(String(text.dropLast()) + (text.last == "q" ? "p" : "q"))
                == .bech32(.checksum)
        )
        let plugin = Bech32.encode(prefix: "age1yubikey", [UInt8](repeating: 1, count: 33).span)
        #expect(violation(plugin) == .pluginUnsupported)
        #expect(violation(Bech32.encode(prefix: "age", [1, 2].span)) == .length(2))
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(violation(Bech32.encode(prefix: "age", zero.span)) == .lowOrder)
    }

    @Test("key files: comments and empty lines pass, an encrypted one needs its passphrase")
    func keyFiles() throws {
        let line = try #require(
            alice.withBech32 { key in String(decoding: key.indices.map { key[$0] }, as: UTF8.self) }
        )
        let text = "# comment\n\n\(line)\r\n"
        #expect(try KeyFile.identities(secret(text)).count == 1)
        let word = Recipient.passphrase(secret("w"), cost: PasswordCost(scryptWorkFactor: 4))
        let file = try Encryptor.encrypt(
            [UInt8](text.utf8).span,
            as: .age(armored: true),
            to: [word]
        )
        let sealed = SecureBytes(copying: file.span)
        func violation(_ text: SecureBytes, _ word: String?) -> KeyError? {
            do { _ = try KeyFile.identities(text, passphrase: word.map { secret($0) }) } catch {
                return error
            }
            return nil
        }
        #expect(violation(sealed, "w") == nil)
        #expect(violation(sealed, nil)?.violation == .passphraseNeeded)
        #expect(violation(sealed, "v")?.violation == .passphraseRefused)
        #expect(violation(secret("# nothing\n"), nil)?.violation == .empty)
        let bad = violation(secret("# one\nAGE-SECRET-KEY-1QQ\n"), nil)
        #expect(bad?.offset == 2)
        #expect(violation(secret("ssh-rsa AAAA\n"), nil)?.violation == .sshUnsupported)
    }

    @Test("armor: white space around it up to the limit, one more is refused")
    func armorWhitespace() throws {
        let file = try encrypt([1], armored: true)
        let spaces = { [UInt8](repeating: 0x20, count: $0) }
        #expect(try Decryptor.decrypt((spaces(1_024) + file).span, with: [alice]) == [1])
        #expect(throws: DecryptionError.self) {
            try Decryptor.decrypt((spaces(1_025) + file).span, with: [alice])
        }
        #expect(try Decryptor.decrypt((file + spaces(1_024)).span, with: [alice]) == [1])
        #expect(throws: DecryptionError.self) {
            try Decryptor.decrypt((file + spaces(1_025)).span, with: [alice])
        }
    }

    @Test("secret bytes: equal by content, guarded, and moved ones are gone from the array")
    func secureBytes() {
        var bytes: [UInt8] = [1, 2, 3]
        let moved = SecureBytes(wiping: &bytes)
        #expect(bytes.isEmpty)
        #expect(moved.isEqual(to: SecureBytes(copying: [UInt8](arrayLiteral: 1, 2, 3).span)))
        #expect(!moved.isEqual(to: SecureBytes(copying: [UInt8](arrayLiteral: 1, 2, 4).span)))
        #expect(!moved.isEqual(to: SecureBytes(copying: [UInt8](arrayLiteral: 1, 2).span)))
        #expect(moved.isGuarded)
    }
}
