import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import Testing

/// Verifies a payload after something was done to it on its way.
private func transport(
    chunkSize: UInt64? = 4_096,
    nodes changeNodes: (inout [UInt8]) -> Void = { _ in },
    _ change: (inout [UInt8]) -> Void
) throws {
    let f = try Fixture()
    let image = Fixture.image()
    var nodes = try f.update(image, chunkSize: chunkSize).1
    let verified = try f.verify(f.sign(f.manifest(1, chunkSize: chunkSize)))
    var arriving = image
    change(&arriving)
    changeNodes(&nodes)
    _ = try f.stream(arriving, nodes: nodes, verified)
}

/// Writes more than it should.
private struct Bomb: PayloadDecoder {
    mutating func decode(
        _ input: Span<UInt8>,
        emit: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError) {
        let block = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<1_000_000 { try emit(block.span) }
    }
    mutating func finish(
        emit: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError) {}
}

extension AttackScenario {
    static let payloadAttacks: [AttackScenario] = [
        AttackScenario(2, "a byte flipped, chunk tree", .digest) {
            try transport { $0[5_000] ^= 1 }
        },
        AttackScenario(2, "a byte flipped, digest alone", .digest) {
            try transport(chunkSize: nil) { $0[5_000] ^= 1 }
        },
        AttackScenario(2, "two chunks exchanged", .digest) {
            try transport { image in
                let chunk = Array(image[..<4_096])
                image.replaceSubrange(..<4_096, with: image[4_096..<8_192])
                image.replaceSubrange(4_096..<8_192, with: chunk)
            }
        },
        AttackScenario(2, "a chunk twice", .digest) {
            try transport { $0.replaceSubrange(4_096..<8_192, with: Array($0[..<4_096])) }
        },
        AttackScenario(2, "a node of the tree changed", .digest) {
            try transport(nodes: { $0[70] ^= 1 }) { _ in }
        },
        AttackScenario(3, "cut at the end of a chunk, chunk tree", .size) {
            try transport { $0.removeLast($0.count - 4_096 * 9) }
        },
        AttackScenario(3, "cut, digest alone", .size) {
            try transport(chunkSize: nil) { $0.removeLast(4_096) }
        },
        AttackScenario(4, "a byte more, chunk tree", .size) { try transport { $0.append(0) } },
        AttackScenario(4, "a byte more, digest alone", .size) {
            try transport(chunkSize: nil) { $0.append(0) }
        },
        AttackScenario(6, "an endless payload", .size) {
            try transport { $0 += [UInt8](repeating: 0, count: 1 << 22) }
        },
        AttackScenario(6, "an endless payload without a signed size", .size) {
            let f = try Fixture()
            var manifest = try f.manifest(1, chunkSize: nil)
            let commands = manifest.sharedSequence?.commands ?? []
            manifest.sharedSequence?.commands = commands.map {
                guard case .overrideParameters(var set) = $0 else { return $0 }
                set.imageSize = nil
                return .overrideParameters(set)
            }
            var policy = VerificationPolicy()
            policy.requiresImageSize = false
            let verified = try f.verify(f.sign(manifest), policy: policy)
            _ = try f.stream([UInt8](repeating: 0, count: (1 << 20) + 1), nodes: [], verified)
        },
        AttackScenario(7, "a transfer that trickles", .timeout) {
            var watch = TransferWatch(at: 0)
            for second in UInt64(1)...60 {
                try watch.received(1, at: second * 1_000_000_000)
            }
        },
        AttackScenario(7, "a transfer that never ends", .timeout) {
            var watch = TransferWatch(at: 0)
            try watch.received(1 << 40, at: 86_400_000_000_001)
        },
        AttackScenario(34, "the payload of another product", .digest) {
            try transport { $0 = Fixture.image(seed: 77) }
        },
        AttackScenario(54, "a delta on the wrong base", .base) {
            let f = try Fixture()
            let verified = try f.verify(f.sign(deltaManifest(f)))
            let payload = try #require(verified.payload(f.app))
            var running = f.crypto.makeSHA256()
            running.update(Fixture.image(seed: 4).span)
            _ = try VerifiedBase(for: payload, running: &running)
        },
        AttackScenario(54, "a delta without looking at its base", .base) {
            let f = try Fixture()
            let verified = try f.verify(f.sign(deltaManifest(f)))
            _ = try PayloadVerifier(verified, component: f.app, using: f.crypto)
        },
        AttackScenario(54, "a delta without a signed transport digest", .missing) {
            let f = try Fixture()
            var update = try f.update(Fixture.image()).0
            update.baseDigest = update.imageDigest
            _ = try f.verify(f.sign(f.manifest(1, components: [update])))
        },
        AttackScenario(55, "a decompressor that does not stop", .size) {
            let f = try Fixture()
            let verified = try f.verify(f.sign(f.manifest(1)))
            let payload = try #require(verified.payload(f.app))
            var written = 0
            var image = try DecodedImage(payload, base: nil, decoder: Bomb())
            defer { #expect(written <= 40_000) }
            try image.update([1].span) { output throws(FirmwareError) in written += output.count }
        },
        AttackScenario(57, "the ciphertext of another file", .digest) {
            let f = try Fixture()
            let cipher = Fixture.image(41_000, seed: 8)
            var update = try f.update(Fixture.image(), chunkSize: nil).0
            update.transport = (f.crypto.sha256(cipher.span), 41_000)
            update.encryption = .segmented
            let verified = try f.verify(f.sign(f.manifest(1, components: [update])))
            _ = try f.stream(Fixture.image(41_000, seed: 9), nodes: [], verified)
        },
        AttackScenario(57, "the right ciphertext with another plaintext", .digest) {
            let f = try Fixture()
            let verified = try f.verify(f.sign(f.manifest(1)))
            _ = try f.readBack(Fixture.image(seed: 9), verified)
        },
        AttackScenario(59, "staging before everything has arrived", .state) {
            let f = try Fixture()
            let envelope = try f.sign(f.manifest(1))
            let releases = try f.releases([envelope])
            let verified = try f.verify(envelope, releases: releases)
            let state = try f.state.applying(.begin([verified], releases: releases, f.device))
            _ = try state.applying(.staged([f.readBack(Fixture.image(), verified)]))
        },
        AttackScenario(59, "a trial before staging", .state) {
            let f = try Fixture()
            let envelope = try f.sign(f.manifest(1))
            let releases = try f.releases([envelope])
            let verified = try f.verify(envelope, releases: releases)
            let state = try f.state.applying(.begin([verified], releases: releases, f.device))
            _ = try state.applying(.trial)
        },
        AttackScenario(60, "another file at the same place after an interruption", .digest) {
            try resumed { $0 = Fixture.image(seed: 5) }
        },
        AttackScenario(61, "a resume state that claims everything is there", .digest) {
            let f = try Fixture()
            let image = Fixture.image()
            let nodes = try f.update(image).1
            let verified = try f.verify(f.sign(f.manifest(1)))
            let verifier = try PayloadVerifier(verified, component: f.app, using: f.crypto)
            let fresh = verifier.resumeState
            var encoded = try #require(fresh).encoded
            encoded[encoded.count - 1] = 9
            let claim = try ResumeState(encoded.span)
            // Nine chunks are taken on trust, the tenth one is right …
            _ = try f.stream(image, nodes: nodes, verified, resuming: claim)
            // … and what is read back is not the image.
            var slot = image
            slot.replaceSubrange(..<36_864, with: [UInt8](repeating: 0, count: 36_864))
            _ = try f.readBack(slot, verified)
        },
        AttackScenario(63, "the slot changed between download and installation", .digest) {
            let f = try Fixture()
            let verified = try f.verify(f.sign(f.manifest(1)))
            var slot = Fixture.image()
            slot[39_999] ^= 0x80
            _ = try f.readBack(slot, verified)
        },
        AttackScenario(64, "an image that boots and never confirms", .securityCounter) {
            var f = try Fixture()
            try f.install(1, counter: 5)
            let before = f.state
            let image = Fixture.image(seed: 3)
            let envelope = try f.sign(f.manifest(2, image: image, counter: 9))
            let releases = try f.releases([envelope], version: 2)
            let verified = try f.verify(envelope, releases: releases)
            for event in [
                InstallEvent.begin([verified], releases: releases, f.device),
                .payload(try f.stream(image, nodes: f.update(image).1, verified)),
                .staged([try f.readBack(image, verified)]), .trial,
            ] {
                f.state = try f.state.applying(event)
            }
            for boot in 0..<4 {
                let booted = f.state.booting()
                f.state = booted.state
                #expect(booted.slot == (boot < 3 ? before.slot.other : before.slot))
            }
            #expect(f.state.installation == nil && f.state.lastFailure == .trialExpired)
            #expect(f.state.securityCounter == 5 && f.state.accepted == before.accepted)
            // The counter is still the old one: 5 is enough, 4 is not.
            let again = try f.sign(f.manifest(3, counter: 5))
            _ = try f.verify(again, releases: f.releases([again], version: 2))
            let low = try f.sign(f.manifest(3, counter: 4))
            _ = try f.verify(low, releases: f.releases([low], version: 2))
        },
        AttackScenario(75, "a path that climbs out", .path) {
            _ = try PayloadLocation("http://host/a/../../etc/passwd")
        },
        AttackScenario(75, "an absolute path", .path) { _ = try PayloadLocation("/etc/passwd") },
        AttackScenario(75, "an encoded path", .path) { _ = try PayloadLocation("a/%2e%2e/b") },
        AttackScenario(75, "a path with a NUL", .path) { _ = try PayloadLocation("a\0b") },
        AttackScenario(76, "an error page in place of the image", .digest) {
            try transport { $0 = Array("<html>not found</html>".utf8) + $0.dropFirst(22) }
        },
        AttackScenario(76, "a short error page", .size) {
            try transport { $0 = Array("<html>not found</html>".utf8) }
        },
    ]
}

private func deltaManifest(_ f: Fixture) throws -> Manifest {
    let patch = Fixture.image(500, seed: 6)
    var update = try f.update(Fixture.image(), chunkSize: nil).0
    update.transport = (f.crypto.sha256(patch.span), 500)
    update.baseDigest = f.crypto.sha256(Fixture.image(seed: 2).span)
    return try f.manifest(1, components: [update])
}

/// Interrupts a transfer after three chunks, and goes on with other bytes.
private func resumed(_ change: (inout [UInt8]) -> Void) throws {
    let f = try Fixture()
    let image = Fixture.image()
    let nodes = try f.update(image).1
    let verified = try f.verify(f.sign(f.manifest(1)))
    var verifier = try PayloadVerifier(verified, component: f.app, using: f.crypto)
    while verifier.offset < 12_288 {
        switch verifier.need {
        case .node(let index):
            let at = Int(index) * 64
            try verifier.supply(node: nodes.span.extracting(at..<at + 64))
        case .bytes:
            let at = Int(verifier.offset)
            _ = try verifier.update(image.span.extracting(at..<at + 1_024))
        case .nothing: return
        }
    }
    let stored = verifier.resumeState
    let state = try #require(stored)
    #expect(state.verifiedBytes == 12_288)
    var rest = image
    change(&rest)
    _ = try f.stream(rest, nodes: nodes, verified, resuming: state)
}

@Suite("Payload verification")
struct PayloadTests {
    @Test("any piece length and any place of resumption gives the same result")
    func pieces() throws {
        let f = try Fixture()
        for size in [0, 1, 255, 256, 257, 4_096, 10_000, 40_000] {
            let image = Fixture.image(size)
            let (update, nodes) = try f.update(image, chunkSize: 256)
            let verified = try f.verify(f.sign(f.manifest(1, components: [update])))
            for piece in [1, 7, 256, 1_000, 100_000] where size < 20_000 || piece > 100 {
                let payload = try f.stream(image, nodes: nodes, verified, piece: piece)
                #expect(payload.byteCount == UInt64(size))
            }
            let chunks = UInt64((size + 255) / 256)
            for chunk in stride(from: 0, to: chunks, by: 13) {
                let fresh = try PayloadVerifier(verified, component: f.app, using: f.crypto)
                let start = fresh.resumeState
                var encoded = try #require(start).encoded
                encoded.removeLast()
                encoded += chunk < 24 ? [UInt8(chunk)] : [0x18, UInt8(chunk)]
                let resume = try ResumeState(encoded.span)
                _ = try f.stream(image, nodes: nodes, verified, resuming: resume)
            }
        }
    }

    @Test("RFC 9162 §2.1.1 the root equals a plain recursive definition")
    func treeShape() throws {
        let crypto = Fixture.crypto
        func root(_ chunks: ArraySlice<[UInt8]>) -> SUITDigest {
            if chunks.count == 1 { return crypto.sha256(([0] + (chunks.first ?? [])).span) }
            var k = 1
            while k * 2 < chunks.count { k *= 2 }
            let left = root(chunks.prefix(k)).bytes
            let right = root(chunks.dropFirst(k)).bytes
            return crypto.sha256(([1] + left + right).span)
        }
        for count in [0, 1, 256, 300, 512, 513, 1_000, 2_048, 5_000] {
            let payload = Fixture.image(count)
            var chunks = stride(from: 0, to: count, by: 256).map {
                Array(payload[$0..<min(count, $0 + 256)])
            }
            if chunks.isEmpty { chunks = [[]] }
            var builder = try ChunkTreeBuilder(chunkSize: 256, using: crypto)
            builder.update(payload.span)
            let built = try builder.finish()
            #expect(built.root.digest == root(chunks[...]))
            #expect(built.nodes.count == (chunks.count - 1) * 64)
        }
    }

    @Test("#35 a URI to another host changes nothing about what is trusted")
    func uriIsNoTrust() throws {
        let f = try Fixture()
        let author = EnvelopeAuthor(try f.manifest(1), severing: [.text], using: f.crypto)
        _ = author
        let verified = try f.verify(f.sign(f.manifest(1)))
        // Whatever host the bytes come from, the signed size and digest decide.
        let image = Fixture.image()
        _ = try f.stream(image, nodes: f.update(image).1, verified)
        #expect(throws: FirmwareError.self) {
            try f.stream(Fixture.image(seed: 2), nodes: f.update(image).1, verified)
        }
    }

    @Test("a refused chunk can come again from somewhere else")
    func retry() throws {
        let f = try Fixture()
        let image = Fixture.image(600)
        let (update, nodes) = try f.update(image, chunkSize: 256)
        let verified = try f.verify(f.sign(f.manifest(1, components: [update])))
        var verifier = try PayloadVerifier(verified, component: f.app, using: f.crypto)
        var refused = 0
        var isBad = true
        while verifier.offset < 600 || verifier.need != .nothing {
            switch verifier.need {
            case .node(let index):
                let at = Int(index) * 64
                try verifier.supply(node: nodes.span.extracting(at..<at + 64))
            case .bytes(let count):
                let at = Int(verifier.offset)
                var piece = Array(image[at..<at + Int(count)])
                if isBad { piece[0] ^= 1 }
                do {
                    _ = try verifier.update(piece.span)
                    isBad = true
                } catch {
                    #expect(error == FirmwareError(.payloadDigestMismatch(chunk: UInt64(at / 256))))
                    refused += 1
                    isBad = false
                }
            case .nothing: break
            }
        }
        #expect(refused == 3)
        _ = try verifier.finish()
    }
}
