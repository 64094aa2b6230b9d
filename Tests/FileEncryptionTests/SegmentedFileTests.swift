import IoTTestSupport
import Testing

@testable import FileEncryption

@Suite("IOTSEG 1")
struct SegmentedFileTests {
    let alice = Identity.generate()
    let bob = Identity.generate()

    func recipient(_ identity: Identity) throws -> Recipient { try #require(identity.recipient) }

    func write(_ plain: [UInt8], _ options: SegmentedOptions) throws -> [UInt8] {
        try Encryptor.encrypt(plain.span, as: .segmented(options), to: [recipient(alice)])
    }

    @Test(
        "any size, any segment size, any cut: the plaintext comes back",
        arguments: SegmentSize.allCases
    )
    func roundTrip(size: SegmentSize) throws {
        var random = SplitMix64(seed: UInt64(size.rawValue))
        let step = size.bytes - 16
        for count in [0, 1, step - 1, step, step + 1, 2 * step, 2 * step + 77] {
            for variant in 0..<4 {
                let plain = random.bytes(count)
                let options = SegmentedOptions(
                    segmentSize: size,
                    isSealed: variant & 1 == 1,
                    plaintextSize: variant & 2 == 2 ? UInt64(count) : nil
                )
                let file = try write(plain, options)
                #expect(try Decryptor.decrypt(file.span, with: [alice]) == plain)
                let header = try SegmentedHeader.parse(file.span)
                #expect(header.encoded == Array(file[..<header.length]))
                #expect(
                    (file.count - header.length - header.sealBytes - 1) / size.bytes + 1
                        == Int(header.segmentCount(of: UInt64(count)))
                )
            }
        }
    }

    @Test("every byte of the header counts: a flip anywhere is refused")
    func headerFlips() throws {
        let plain = [UInt8]("content".utf8)
        let context = FileContext("here")
        let file = try write(
            plain,
            SegmentedOptions(
                segmentSize: .kibibytes4,
                context: context,
                sender: .generate(),
                plaintextSize: 7
            )
        )
        for i in 0..<4_096 {
            var bad = file
            bad[i] ^= UInt8(1 << (i % 8))
            #expect(throws: DecryptionError.self) {
                try Decryptor.decrypt(
                    bad.span,
                    with: [alice],
                    policy: DecryptionPolicy(context: context)
                )
            }
        }
    }

    @Test("two encryptions of the same bytes share no key, identifier or segment")
    func freshKeys() throws {
        let plain = [UInt8](repeating: 7, count: 10_000)
        let a = try write(plain, SegmentedOptions(segmentSize: .kibibytes4))
        let b = try write(plain, SegmentedOptions(segmentSize: .kibibytes4))
        #expect(a[24..<56] != b[24..<56])
        #expect(a[4_096...] != b[4_096...])
    }

    @Test("a promised size must be kept, above and below")
    func promisedSize() throws {
        let options = SegmentedOptions(plaintextSize: 10)
        for count in [9, 11] {
            #expect(throws: EncryptionError.plaintextSize(promised: 10, actual: UInt64(count))) {
                try write([UInt8](repeating: 0, count: count), options)
            }
        }
    }

    @Test("stanza limit: 64 recipients pass, 65 and none do not")
    func recipientLimit() throws {
        let keys = try (0..<65).map { _ in try recipient(.generate()) }
        let plain: [UInt8] = [1]
        #expect(throws: Never.self) {
            let file = try Encryptor.encrypt(
                plain.span,
                as: .segmented,
                to: Array(keys[..<63]) + [recipient(alice)]
            )
            #expect(try Decryptor.decrypt(file.span, with: [alice]) == plain)
        }
        #expect(throws: EncryptionError.recipientCount(65)) {
            try Encryptor.encrypt(plain.span, as: .segmented, to: keys)
        }
        #expect(throws: EncryptionError.recipientCount(0)) {
            try Encryptor.encrypt(plain.span, as: .segmented, to: [])
        }
    }

    @Test("a stream does not release a demanded sender's file early unless asked by name")
    func provisional() throws {
        let sender = SigningIdentity.generate()
        let file = try write([1, 2, 3], SegmentedOptions(sender: sender))
        var policy = DecryptionPolicy(senders: [sender.senderKey])
        var strict = Decryptor(identities: [alice], policy: policy)
        var failure: DecryptionError?
        let released = [UInt8](capacity: Decryptor.outputBound(for: file.count)) { output in
            do throws(DecryptionError) { try strict.update(file.span, into: &output) } catch {
                failure = error
            }
        }
        #expect(failure?.failure == .sender(.provisionalOutput))
        #expect(released.isEmpty)
        policy.allowsProvisionalOutput = true
        #expect(try Decryptor.decrypt(file.span, with: [alice], policy: policy) == [1, 2, 3])
    }

    @Test("a seeking reader knows the sender at once, and answers every part as a slice does")
    func seeking() throws {
        var random = SplitMix64(seed: 3)
        let plain = random.bytes(40_000)
        let sender = SigningIdentity.generate()
        for isKnown in [true, false] {
            let file = try write(
                plain,
                SegmentedOptions(
                    segmentSize: .kibibytes4,
                    sender: sender,
                    plaintextSize: isKnown ? 40_000 : nil
                )
            )
            let reader = try SeekableDecryptor(
                MemorySource(file),
                identities: [alice],
                policy: DecryptionPolicy(senders: [sender.senderKey])
            )
            #expect(reader.verifiedSender == sender.senderKey)
            #expect(reader.plaintextSize == 40_000)
            for _ in 0..<200 {
                let at = random.below(40_001)
                let count = random.below(40_001 - at)
                let part = try [UInt8](reader, at, count)
                #expect(part == Array(plain[at..<at + count]))
            }
            #expect(throws: DecryptionError.self) { try [UInt8](reader, 39_999, 2) }
            #expect(try reader.verifyAll().verifiedSender == sender.senderKey)
        }
    }

    @Test("a truncated file of unknown size answers no read")
    func truncatedSeek() throws {
        let plain = [UInt8](repeating: 5, count: 40_000)
        let file = try write(plain, SegmentedOptions(segmentSize: .kibibytes4))
        for segments in 1...9 {
            let cut = Array(file[..<(4_096 * (segments + 1))])
            #expect(throws: DecryptionError.self) {
                try SeekableDecryptor(MemorySource(cut), identities: [alice])
            }
        }
    }

    @Test("a firmware context separates its parts")
    func firmwareContext() {
        func context(_ component: [[UInt8]], _ sequence: UInt64) -> FileContext {
            .firmware(
                vendor: [1],
                deviceClass: [2],
                component: component,
                sequenceNumber: sequence,
                plaintextDigest: [3],
                plaintextSize: 4
            )
        }
        let all = [
            context([[1, 2]], 1), context([[1], [2]], 1), context([[1, 2], []], 1),
            context([[1, 2]], 2), context([], 1),
        ]
        #expect(Set(all).count == all.count)
        #expect(Set(all.map(\.hash)).count == all.count)
    }

    @Test("parallel and streaming runs write files that the other reads", arguments: [1, 2, 5])
    func parallel(workers: Int) throws {
        var random = SplitMix64(seed: 11)
        let plain = random.bytes(1_500_000)
        for format in [
            FileFormat.age,
            .segmented(SegmentedOptions(segmentSize: .kibibytes16, isSealed: true)),
        ] {
            let target = SharedSink()
            let count = try FileCipher(workers: workers).encrypt(
                MemorySource(plain),
                to: target,
                as: format,
                recipients: [recipient(alice)]
            )
            let file = target.bytes
            #expect(UInt64(file.count) == count)
            #expect(try Decryptor.decrypt(file.span, with: [alice]) == plain)
            let opened = SharedSink()
            let verified = try FileCipher(workers: workers).decrypt(
                MemorySource(file),
                to: opened,
                identities: [alice]
            )
            #expect(opened.bytes == plain)
            #expect(verified.plaintextSize == 1_500_000)
            var damaged = file
            damaged[700_000] ^= 1
            damaged[1_400_000] ^= 1
            let failure = #expect(throws: DecryptionError.self) {
                try FileCipher(workers: workers).decrypt(
                    MemorySource(damaged),
                    to: SharedSink(),
                    identities: [alice]
                )
            }
            // The first damaged chunk, whatever the order of the workers.
            #expect(failure?.failure == .payload(.authentication))
            #expect((failure?.offset ?? 0) <= 700_000)
            #expect((failure?.offset ?? 0) > 700_000 - 65_552)
        }
    }

    @Test("a run that is cancelled says so")
    func cancellation() throws {
        let plain = [UInt8](repeating: 0, count: 3_000_000)
        let cipher = FileCipher(workers: 2, isCancelled: { true })
        #expect(throws: EncryptionError.cancelled) {
            _ = try cipher.encrypt(
                MemorySource(plain),
                to: SharedSink(),
                recipients: [recipient(alice)]
            )
        }
    }

    @Test("asynchronous sequences give the same bytes")
    func asyncSequences() async throws {
        let pieces = (0..<50).map { [UInt8](repeating: UInt8($0), count: 9_000) }
        let base = AsyncStream<[UInt8]> { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish()
        }
        let encrypted = EncryptedBytes(base, as: .segmented, to: [try recipient(alice)])
        var plain: [UInt8] = []
        for try await piece in DecryptedBytes(encrypted, with: [alice]) { plain += piece }
        #expect(plain == pieces.flatMap { $0 })
    }

    @Test("a verifier accepts each segment at its place only")
    func verifier() throws {
        let plain = [UInt8](repeating: 5, count: 10_000)
        let file = try write(plain, SegmentedOptions(segmentSize: .kibibytes4, isSealed: true))
        let verifier = try SegmentVerifier(header: file.span, identities: [alice])
        let one = file.span.extracting(8_192..<12_288)
        let answers = [
            verifier.isAuthentic(one, index: 1, isFinal: false),
            verifier.isAuthentic(one, index: 0, isFinal: false),
            verifier.isAuthentic(one, index: 1, isFinal: true),
        ]
        #expect(answers == [true, false, false])
        try verifier.checkSeal(Array(file.suffix(120)))
    }
}

extension [UInt8] {
    init(_ reader: SeekableDecryptor<MemorySource>, _ at: Int, _ count: Int) throws(DecryptionError)
    {
        self = []
        try appendOutput(count) { (output) throws(DecryptionError) in
            try reader.read(at: UInt64(at), count: count, into: &output)
        }
    }
}
