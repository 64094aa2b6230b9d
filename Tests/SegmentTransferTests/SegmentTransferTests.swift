import IoTTestSupport
import SegmentTransfer
import Testing

/// A stand-in for BLAKE2b: 256 bits from four differently seeded FNV-1a passes.
struct TestHash: SegmentHash {
    func digest(_ label: StaticString, _ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
        var digest: [UInt8] = []
        let prefix = [UInt8](label.description.utf8)
        for lane in 0..<4 as Range<UInt64> {
            var h: UInt64 = 0xCBF2_9CE4_8422_2325 ^ lane &* 0x9E37_79B9_7F4A_7C15
            func mix(_ byte: UInt8) {
                h = (h ^ UInt64(byte)) &* 0x100_0000_01B3
                h ^= h >> 29
            }
            prefix.forEach(mix)
            for i in first.indices { mix(first[i]) }
            for i in second.indices { mix(second[i]) }
            digest += (0..<8).map { UInt8(truncatingIfNeeded: h >> (8 * $0)) }
        }
        return digest
    }
}

/// A file that has the public shape of a segmented one, with random segments.
struct SampleFile {
    var bytes: [UInt8]
    var offer: TransferOffer

    init(segments: Int, final: Int = 100, sealed: Bool, leaves: Bool, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var header: [UInt8] = [
            0x49, 0x4F, 0x54, 0x53, 0x45, 0x47, 0, 1, 12, sealed ? 1 : 0, 1, 0, 1, 0,
        ]
        header += [0, 0] + random.bytes(104) + [1, 0, 80, 0] + random.bytes(80 + 32)
        header += [UInt8](repeating: 0, count: 4_096 - header.count)
        let body = random.bytes((segments - 1) * 4_096 + final)
        var list: [UInt8] = []
        var nodes: [[UInt8]] = []
        for i in 0..<segments {
            let segment = Array(body[i * 4_096..<min(body.count, (i + 1) * 4_096)])
            let leaf = TestHash().leaf(segment.span, index: UInt64(i), isFinal: i == segments - 1)
            list += leaf
            nodes.append(leaf)
        }
        var seal: [UInt8] = []
        if sealed {
            seal = [0x49, 0x4F, 0x54, 0x53, 0x45, 0x41, 0x4C, 1] + [UInt8](repeating: 0, count: 8)
            seal += (0..<8).map { UInt8(truncatingIfNeeded: segments >> (8 * $0)) }
            seal += Self.root(nodes) + [UInt8](repeating: 0, count: 64)
        }
        bytes = header + body + seal
        offer = try TransferOffer(
            header: header,
            fileLength: UInt64(bytes.count),
            seal: seal,
            leaves: leaves ? list : []
        )
    }

    /// RFC 9162 §2.1.1, written from its recursive definition.
    static func root(_ leaves: [[UInt8]]) -> [UInt8] {
        guard leaves.count > 1 else { return leaves[0] }
        var k = 1
        while k * 2 < leaves.count { k *= 2 }
        let left = root(Array(leaves[..<k]))
        let right = root(Array(leaves[k...]))
        return TestHash().digest("iotseg1 node", left.span, right.span)
    }

    func segment(_ i: UInt64) -> [UInt8] {
        let range = offer.layout.range(of: i)
        return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }
}

/// Accepts exactly the segments of one file.
struct KnownSegments: SegmentAuthenticator {
    let file: SampleFile
    func isAuthentic(_ segment: Span<UInt8>, index: UInt64, isFinal: Bool) -> Bool {
        let known = file.segment(index)
        return known.count == segment.count && known.indices.allSatisfy { known[$0] == segment[$0] }
    }
}

/// A disk that loses what was not synchronised, and may tear the last write.
struct Disk {
    var durable: [UInt8]
    var current: [UInt8]
    var state: [UInt8]?
    var installed: [UInt8]?

    init(size: Int) {
        durable = [UInt8](repeating: 0, count: size)
        current = durable
    }

    mutating func write(_ bytes: [UInt8], at offset: UInt64) {
        current.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
    }

    /// Keeps each page that was not synchronised with probability one half.
    mutating func crash(_ random: inout SplitMix64) {
        for page in stride(from: 0, to: current.count, by: 512) where random.oneIn(2) {
            let end = min(page + 512, current.count)
            durable.replaceSubrange(page..<end, with: current[page..<end])
        }
        current = durable
    }
}

typealias TestReceiver = SegmentReceiver<TestHash, KnownSegments>

@Suite("Segment transfer")
struct SegmentTransferTests {
    func receiver(
        _ file: SampleFile,
        state: [UInt8]? = nil,
        withKey: Bool = true,
        perSave: Int = 4
    ) throws -> TestReceiver {
        try TestReceiver(
            file.offer,
            resuming: state,
            hash: TestHash(),
            authenticator: withKey ? KnownSegments(file: file) : nil,
            segmentsPerSave: perSave,
            limits: TransferLimits(window: 8)
        )
    }

    /// Runs until nothing is left to do, `stop` says so, or a limit of steps is reached.
    @discardableResult
    func run(
        _ receiver: inout TestReceiver,
        _ sender: inout SegmentSender,
        _ disk: inout Disk,
        _ file: SampleFile,
        shuffle random: inout SplitMix64,
        damage: Int = 0,
        stopAfter steps: Int = .max
    ) throws -> Int {
        var arriving: [UInt64] = []
        var step = 0
        while step < steps {
            step += 1
            if let output = receiver.nextOutput() {
                switch output {
                case .write(let bytes, let offset): disk.write(bytes, at: offset)
                case .request(let request):
                    try sender.receive(SegmentRequest(decoding: request.encoded))
                    while case .send(let index, _)? = sender.nextOutput() { arriving.append(index) }
                case .synchronize:
                    disk.durable = disk.current
                    receiver.didSynchronize()
                case .saveState(let state): disk.state = state
                case .readBack(let index, let range):
                    let bytes = Array(disk.current[Int(range.lowerBound)..<Int(range.upperBound)])
                    try receiver.check(bytes.span, segment: index)
                case .install: disk.installed = disk.current
                }
                continue
            }
            guard !arriving.isEmpty else {
                if receiver.isComplete || receiver.failure != nil { break }
                receiver.requestMissing()
                continue
            }
            let index = arriving.remove(at: random.below(arriving.count))
            if damage > 0, random.oneIn(damage * 3) { continue }  // lost
            var bytes = file.segment(index)
            if damage > 0, random.oneIn(damage) { bytes[random.below(bytes.count)] ^= 1 }
            do throws(TransferError) {
                if let offset = try receiver.receive(bytes.span, segment: index) {
                    disk.write(bytes, at: offset)
                }
            } catch {}
        }
        return step
    }

    @Test(
        "a file arrives whole in any order, with losses and damage",
        arguments: [
            (true, true, true), (true, true, false), (true, false, true), (false, false, true),
            (true, false, false),
        ]
    )
    func arrives(sealed: Bool, leaves: Bool, key: Bool) throws {
        for seed in 0..<8 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let file = try SampleFile(
                segments: 1 + random.below(60),
                final: 16 + 1 + random.below(4_079),
                sealed: sealed,
                leaves: leaves,
                seed: seed
            )
            var receiver = try receiver(file, withKey: key)
            var sender = SegmentSender(file.offer)
            var disk = Disk(size: file.bytes.count)
            // A relay without leaves cannot tell damage until the end.
            let damage = leaves || key ? 7 : 0
            try run(&receiver, &sender, &disk, file, shuffle: &random, damage: damage)
            #expect(receiver.isComplete)
            #expect(disk.installed == file.bytes)
        }
    }

    @Test("an interruption between any two steps is resumed and ends in the same file")
    func resumesAfterEveryStep() throws {
        let file = try SampleFile(segments: 11, sealed: true, leaves: false, seed: 5)
        var cut = 0
        while true {
            var random = SplitMix64(seed: UInt64(cut))
            var disk = Disk(size: file.bytes.count)
            var first = try receiver(file)
            var sender = SegmentSender(file.offer)
            try run(&first, &sender, &disk, file, shuffle: &random, stopAfter: cut)
            if first.isComplete { break }
            disk.crash(&random)
            var second = try receiver(file, state: disk.state)
            var again = SegmentSender(file.offer)
            try run(&second, &again, &disk, file, shuffle: &random)
            #expect(disk.installed == file.bytes)
            cut += 1
        }
        #expect(cut > 30)
    }

    @Test("the state claims only what was synchronised, and claims save requests")
    func stateIsHonest() throws {
        let file = try SampleFile(segments: 40, sealed: true, leaves: true, seed: 9)
        var random = SplitMix64(seed: 1)
        var disk = Disk(size: file.bytes.count)
        var first = try receiver(file)
        var sender = SegmentSender(file.offer)
        try run(&first, &sender, &disk, file, shuffle: &random, stopAfter: 60)
        let state = try #require(disk.state)
        let parsed = try ResumeState(decoding: state, segmentCount: 40, using: TestHash())
        #expect(parsed.segments.setCount > 0)
        for i in 0..<40 as Range<UInt64> where parsed.segments[i] {
            let range = file.offer.layout.range(of: i)
            let bytes = disk.durable[Int(range.lowerBound)..<Int(range.upperBound)]
            #expect(Array(bytes) == file.segment(i))
        }
        let second = try receiver(file, state: state)
        #expect(second.receivedSegments == parsed.segments.setCount)
    }

    @Test("a bit that lies is found when the file is read back, and the segment fetched again")
    func lyingBits() throws {
        let file = try SampleFile(segments: 9, sealed: true, leaves: true, seed: 2)
        var random = SplitMix64(seed: 3)
        var disk = Disk(size: file.bytes.count)
        var honest = try receiver(file)
        var sender = SegmentSender(file.offer)
        try run(&honest, &sender, &disk, file, shuffle: &random)
        disk.installed = nil
        disk.current[4_096 * 4 + 7] ^= 0x20
        var resumed = try receiver(file, state: disk.state)
        #expect(resumed.receivedSegments == 9)
        var again = SegmentSender(file.offer)
        try run(&resumed, &again, &disk, file, shuffle: &random)
        #expect(disk.installed == file.bytes)
    }

    @Test("a relay that finds another root discards everything")
    func wrongRoot() throws {
        let file = try SampleFile(segments: 6, sealed: true, leaves: false, seed: 2)
        var random = SplitMix64(seed: 3)
        var other = file
        other.bytes[4_096 * 3] ^= 1
        var disk = Disk(size: file.bytes.count)
        var relay = try receiver(file, withKey: false)
        var sender = SegmentSender(file.offer)
        try run(&relay, &sender, &disk, other, shuffle: &random)
        #expect(relay.failure?.violation == .root)
        #expect(disk.installed == nil)
        #expect(relay.receivedSegments == 0)
    }

    @Test("a state of another file, damaged, cut or extended is ignored")
    func foreignStates() throws {
        let file = try SampleFile(segments: 20, sealed: true, leaves: true, seed: 1)
        let other = try SampleFile(segments: 20, sealed: true, leaves: true, seed: 2)
        var random = SplitMix64(seed: 3)
        var disk = Disk(size: file.bytes.count)
        var first = try receiver(file)
        var sender = SegmentSender(file.offer)
        try run(&first, &sender, &disk, file, shuffle: &random)
        let state = try #require(disk.state)
        #expect(try receiver(other, state: state).receivedSegments == 0)
        #expect(try receiver(file, state: state).receivedSegments == 20)
        for i in state.indices {
            var damaged = state
            damaged[i] ^= 1 << UInt8(i % 8)
            #expect(try receiver(file, state: damaged).receivedSegments == 0)
        }
        #expect(try receiver(file, state: state + [0]).receivedSegments == 0)
        #expect(try receiver(file, state: state.dropLast()).receivedSegments == 0)
    }

    @Test("a segment past the end, of another length, or of another place is refused")
    func refusesSegments() throws {
        let file = try SampleFile(segments: 5, sealed: true, leaves: true, seed: 1)
        var receiver = try receiver(file)
        let one = file.segment(1)
        #expect(throws: TransferError.self) { try receiver.receive(one.span, segment: 5) }
        #expect(throws: TransferError.self) { try receiver.receive(one.span, segment: 2) }
        #expect(throws: TransferError.self) {
            try receiver.receive(one.span.extracting(0..<100), segment: 1)
        }
        #expect(try receiver.receive(one.span, segment: 1) == 8_192)
        #expect(try receiver.receive(one.span, segment: 1) == nil)
        #expect(receiver.receivedSegments == 1)
    }

    @Test("an offer whose leaves do not give the root is refused")
    func wrongLeaves() throws {
        let file = try SampleFile(segments: 5, sealed: true, leaves: true, seed: 1)
        var leaves = file.offer.leaves
        leaves[33] ^= 1
        let offer = try TransferOffer(
            header: file.offer.header,
            fileLength: file.offer.layout.fileLength,
            seal: file.offer.seal,
            leaves: leaves
        )
        #expect(throws: TransferError.self) {
            try TestReceiver(offer, hash: TestHash(), authenticator: nil)
        }
    }

    @Test("an offer survives the wire; every cut of it is refused")
    func offerRoundTrip() throws {
        for (sealed, leaves) in [(true, true), (true, false), (false, false)] {
            let file = try SampleFile(segments: 3, sealed: sealed, leaves: leaves, seed: 1)
            let bytes = file.offer.encoded
            #expect(try TransferOffer(decoding: bytes) == file.offer)
            for cut in stride(from: 0, to: bytes.count, by: 97) {
                #expect(throws: TransferError.self) {
                    try TransferOffer(decoding: Array(bytes[..<cut]))
                }
            }
            #expect(throws: TransferError.self) { try TransferOffer(decoding: bytes + [0]) }
        }
    }

    @Test("segment limit: at the limit is accepted, one more is refused")
    func limit() throws {
        let file = try SampleFile(segments: 8, sealed: true, leaves: false, seed: 1)
        let bytes = file.offer.encoded
        #expect(throws: Never.self) {
            try TransferOffer(decoding: bytes, limits: TransferLimits(segments: 8))
        }
        #expect(throws: TransferError.self) {
            try TransferOffer(decoding: bytes, limits: TransferLimits(segments: 7))
        }
    }

    @Test("a bitmap keeps its count and finds clear bits as a plain array does")
    func bitmap() throws {
        var random = SplitMix64(seed: 4)
        for count in [1, 7, 8, 9, 64, 100] {
            var bitmap = SegmentBitmap(count: UInt64(count))
            var plain = [Bool](repeating: false, count: count)
            for _ in 0..<300 {
                let i = random.below(count)
                let value = !random.oneIn(4)
                bitmap[UInt64(i)] = value
                plain[i] = value
                let from = random.below(count)
                let expected = plain.indices.first { $0 >= from && !plain[$0] }.map(UInt64.init)
                #expect(bitmap.firstClear(from: UInt64(from)) == expected)
                #expect(bitmap.setCount == UInt64(plain.count { $0 }))
            }
            #expect(try SegmentBitmap(count: UInt64(count), bytes: bitmap.bytes) == bitmap)
        }
    }

    @Test(
        "MQTT file blocks: a segment's blocks cover exactly its bytes",
        arguments: [
            256, 4_096, 8_192, 131_072,
        ]
    )
    func blocks(size: Int) throws {
        let file = try SampleFile(segments: 40, sealed: true, leaves: false, seed: 1)
        for i in 0..<40 as Range<UInt64> {
            let blocks = try #require(file.offer.layout.blocks(of: i, blockSize: size))
            let range = file.offer.layout.range(of: i)
            #expect(blocks.lowerBound * UInt64(size) <= range.lowerBound)
            #expect((blocks.upperBound + 1) * UInt64(size) >= range.upperBound)
            #expect((blocks.lowerBound + 1) * UInt64(size) > range.lowerBound)
        }
        #expect(file.offer.layout.blocks(of: 0, blockSize: 255) == nil)
        #expect(file.offer.layout.blocks(of: 0, blockSize: 262_144) == nil)
    }
}
