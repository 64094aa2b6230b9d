import CBORCodec
import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import Testing

/// A signer that says it is somebody else's key, or signs with another algorithm number.
private struct ForeignBlock {
    /// A COSE_Sign1 block with any protected header, signed over it by a key.
    static func make(
        protected: [UInt8],
        unprotected: [UInt8] = [0xA0],
        payload: [UInt8],
        signer: SodiumSigner,
        tag: UInt64 = 18,
        signature: [UInt8]? = nil
    ) throws -> [UInt8] {
        let message = CBOREncoder.encode {
            $0.append(arrayCount: 4)
            $0.append(textString: "Signature1")
            $0.append(byteString: protected)
            $0.append(byteString: [])
            $0.append(byteString: payload)
        }
        let signature = try signature ?? signer.sign(message.span)
        return CBOREncoder.encode {
            $0.append(tag: tag)
            $0.append(arrayCount: 4)
            $0.append(byteString: protected)
            $0.append(encoded: unprotected)
            $0.appendNull()
            $0.append(byteString: signature)
        }
    }

    /// An envelope with these blocks.
    static func envelope(
        _ f: Fixture,
        _ blocks: [[UInt8]],
        manifest: [UInt8]? = nil
    ) throws -> [UInt8] {
        let encoded = try manifest ?? f.manifest(1).encoded
        let wrapped = CBOREncoder.encode { $0.append(byteString: encoded) }
        let digest = f.crypto.sha256(wrapped.span)
        return CBOREncoder.encode {
            $0.append(tag: 107)
            $0.append(mapCount: 2)
            $0.append(unsigned: 2)
            $0.append(embedding: { wrapper in
                wrapper.append(arrayCount: 1 + blocks.count)
                wrapper.append(byteString: digest.encoded)
                for block in blocks { wrapper.append(byteString: block) }
            })
            $0.append(unsigned: 3)
            $0.append(encoded: wrapped)
        }
    }

    static func digest(_ f: Fixture, _ manifest: [UInt8]) -> [UInt8] {
        f.crypto.sha256(CBOREncoder.encode { $0.append(byteString: manifest) }.span).encoded
    }
}

/// Verifies an envelope with one block around the usual manifest.
private func verifyBlock(
    protected: String,
    unprotected: String = "a0",
    tag: UInt64 = 18,
    signature: [UInt8]? = nil
) throws {
    let f = try Fixture()
    let manifest = try f.manifest(1).encoded
    let block = try ForeignBlock.make(
        protected: hex(protected),
        unprotected: hex(unprotected),
        payload: ForeignBlock.digest(f, manifest),
        signer: f.manifestSigners[0],
        tag: tag,
        signature: signature
    )
    let envelope = try Envelope(ForeignBlock.envelope(f, [block], manifest: manifest))
    _ = try f.verify(envelope)
}

/// Verifies a manifest whose bytes were changed before they were signed.
private func verifyManifest(_ bytes: [UInt8]) throws {
    let f = try Fixture()
    let block = try ForeignBlock.make(
        protected: hex("a10127"),
        payload: ForeignBlock.digest(f, bytes),
        signer: f.manifestSigners[0]
    )
    let envelope = try Envelope(ForeignBlock.envelope(f, [block], manifest: bytes))
    var policy = VerificationPolicy()
    policy.requiresReleaseSet = false
    _ = try envelope.verified(
        for: f.device,
        state: f.state,
        policy: policy,
        at: Fixture.now,
        using: f.crypto
    )
}

private func verifySequence(
    install: [Command],
    shared: [Command]? = nil,
    device change: (inout DeviceDescription) -> Void = { _ in }
) throws {
    var f = try Fixture(twoComponents: true)
    change(&f.device)
    let image = Fixture.image()
    var manifest = try f.manifest(
        1,
        components: [f.update(image).0, f.update(image, component: f.radio).0]
    )
    if let shared { manifest.sharedSequence = CommandSequence(shared) }
    manifest.install = .present(CommandSequence(install))
    _ = try f.verify(f.sign(manifest))
}

extension AttackScenario {
    /// Rows whose expected outcome is that nothing is refused, or that need several steps.
    static let provenElsewhere: Set<Int> = [35, 62]

    static let envelopeAttacks: [AttackScenario] = [
        AttackScenario(1, "no signature", .notSigned) {
            let f = try Fixture()
            _ = try f.verify(f.sign(f.manifest(1), []))
        },
        AttackScenario(20, "another vendor", .hardware) {
            var f = try Fixture()
            f.device.vendor = .privateEnterprise([1])
            _ = try f.verify(f.sign(f.manifest(1)))
        },
        AttackScenario(20, "another class", .hardware) {
            var f = try Fixture()
            f.device.classIdentifier = f.vendor
            _ = try f.verify(f.sign(f.manifest(1)))
        },
        AttackScenario(20, "no vendor or class condition at all", .hardware) {
            try verifySequence(
                install: [.condition(.abort, [])],
                shared: [.setComponentIndex(.one(0))]
            )
        },
        AttackScenario(21, "a manifest for another device", .device) {
            let f = try Fixture()
            let other = HardwareIdentifier([UInt8](repeating: 9, count: 16))
            _ = try f.verify(f.sign(f.manifest(1, device: other)))
        },
        AttackScenario(22, "a component that the device does not have", .component) {
            let f = try Fixture()
            let update = try f.update(Fixture.image(), component: f.radio).0
            _ = try f.verify(f.sign(f.manifest(1, components: [update])))
        },
        AttackScenario(22, "a component index past the list", .component) {
            try verifySequence(install: [.setComponentIndex(.one(2))])
        },
        AttackScenario(34, "the manifest of another product", .hardware) {
            let f = try Fixture()
            var other = f.device
            other.classIdentifier = f.vendor
            let envelope = try f.sign(f.manifest(1))
            _ = try envelope.verified(
                for: other,
                state: f.state,
                releases: f.releases([envelope]),
                at: Fixture.now,
                using: f.crypto
            )
        },
        AttackScenario(36, "HS256 with the public key as its key", .algorithm) {
            try verifyBlock(protected: "a10105", signature: [UInt8](repeating: 1, count: 32))
        },
        AttackScenario(36, "COSE_Mac0 in place of a signature", .algorithm) {
            try verifyBlock(protected: "a10105", tag: 17)
        },
        AttackScenario(36, "ES256 named for a key that is pinned to Ed25519", .threshold) {
            try verifyBlock(protected: "a10126")
        },
        AttackScenario(37, "the algorithm only in the unprotected header", .algorithm) {
            try verifyBlock(protected: "", unprotected: "a10127")
        },
        AttackScenario(37, "an empty protected header", .algorithm) {
            try verifyBlock(protected: "a0")
        },
        AttackScenario(38, "an unknown algorithm number", .algorithm) {
            try verifyBlock(protected: "a10139fffe")
        },
        AttackScenario(38, "a critical header that nobody knows", .critical) {
            try verifyBlock(protected: "a3012702811863186301")
        },
        AttackScenario(38, "a critical header that is not there", .critical) {
            try verifyBlock(protected: "a20127028104")
        },
        AttackScenario(38, "crit in the unprotected header", .critical) {
            try verifyBlock(protected: "a10127", unprotected: "a1028101")
        },
        AttackScenario(39, "SHA-1 in the authentication wrapper", .digestAlgorithm) {
            let f = try Fixture()
            let bytes = try f.sign(f.manifest(1)).bytes
            _ = try Envelope(replacing(bytes, hex("822f5820"), with: hex("822d5820")))
        },
        AttackScenario(39, "a truncated digest", .digestAlgorithm) {
            let f = try Fixture()
            let digest = f.crypto.sha256(Fixture.image().span).encoded
            let cut = CBOREncoder.encode {
                $0.append(byteString: hex("822f5818") + digest[4..<28])
            }
            let parameters = hex("a103") + cut
            let shared = CBOREncoder.encode {
                $0.append(arrayCount: 2)
                $0.append(unsigned: 20)
                $0.append(encoded: parameters)
            }
            try verifyManifest(Self.minimalManifest(shared: shared))
        },
        AttackScenario(40, "a digest of another manifest", .manifestDigest) {
            let f = try Fixture()
            let one = try f.sign(f.manifest(1))
            let two = try f.manifest(2).encoded
            let bytes = replacing(one.bytes, try f.manifest(1).encoded, with: two)
            _ = try f.verify(Envelope(bytes))
        },
        AttackScenario(41, "a severed install sequence replaced", .severedDigest) {
            let f = try Fixture()
            let envelope = try f.sign(f.manifest(1), severing: [.install])
            let bytes = replacing(
                envelope.bytes,
                Array("image.bin".utf8),
                with: Array("imagf.bin".utf8)
            )
            _ = try f.verify(Envelope(bytes))
        },
        AttackScenario(41, "a member beside a manifest that does not sever it", .severedDigest) {
            let f = try Fixture()
            var manifest = try f.manifest(1)
            manifest.install = nil
            var author = EnvelopeAuthor(manifest, using: f.crypto)
            try author.sign(with: f.manifestSigners[0])
            let bytes = Self.adding(
                label: 20,
                content: CBOREncoder.encode {
                    $0.append(arrayCount: 2)
                    $0.append(unsigned: 14)
                    $0.append(unsigned: 0)
                },
                to: author.encoded()
            )
            _ = try f.verify(Envelope(bytes))
        },
        AttackScenario(42, "a severed install sequence left out", .missing) {
            let f = try Fixture()
            var author = EnvelopeAuthor(try f.manifest(1), severing: [.install], using: f.crypto)
            try author.sign(with: f.manifestSigners[0])
            author.drop(.install)
            _ = try f.verify(Envelope(author.encoded()))
        },
        AttackScenario(43, "an integer in more bytes than it needs", .cborNonCanonical) {
            let f = try Fixture()
            let bytes = try f.manifest(1).encoded
            try verifyManifest(replacing(bytes, hex("010102"), with: hex("01180102")))
        },
        AttackScenario(43, "an indefinite length", .cborNonCanonical) {
            let f = try Fixture()
            let bytes = try f.sign(f.manifest(1)).bytes
            _ = try Envelope(Array(bytes[..<2]) + [0xBF] + Array(bytes[3...]) + [0xFF])
        },
        AttackScenario(43, "keys out of order", .cborNonCanonical) {
            try verifyManifest(hex("a3 0201 0101 0341a0"))
        },
        AttackScenario(44, "a key twice", .cborDuplicate) {
            try verifyManifest(hex("a3 0101 0101 0341a0"))
        },
        AttackScenario(45, "a hundred thousand arrays inside one another", .limit) {
            _ = try Envelope(hex("d86ba1") + [UInt8](repeating: 0x81, count: 100_000))
        },
        AttackScenario(45, "byte strings inside of byte strings", .limit) {
            var sequence = CommandSequence([.condition(.abort, [])])
            for _ in 0..<10 { sequence = CommandSequence([.runSequence(sequence)]) }
            try verifySequence(install: sequence.commands)
        },
        AttackScenario(46, "a length of 2⁶⁴−1", .cbor) {
            _ = try Envelope(hex("d86ba1025bffffffffffffffff"))
        },
        AttackScenario(46, "an array of 2³² items", .cbor) {
            _ = try Envelope(hex("d86ba102459affffffff"))
        },
        AttackScenario(47, "an image above the slot", .range) {
            var f = try Fixture()
            f.device.components[0].capacity = 39_999
            _ = try f.verify(f.sign(f.manifest(1)))
        },
        AttackScenario(47, "an image of 2⁶⁴−1 bytes", .range) {
            let f = try Fixture()
            var update = try f.update(Fixture.image()).0
            update.imageSize = .max
            _ = try f.verify(f.sign(f.manifest(1, components: [update])))
        },
        AttackScenario(47, "a delta of 2⁶⁴−1 bytes", .range) {
            let f = try Fixture()
            var update = try f.update(Fixture.image()).0
            update.transport = (update.imageDigest, .max)
            update.baseDigest = update.imageDigest
            _ = try f.verify(f.sign(f.manifest(1, components: [update])))
        },
        AttackScenario(48, "a negative sequence number", .type) {
            try verifyManifest(hex("a3 0101 0220 0341a0"))
        },
        AttackScenario(48, "a float as the sequence number", .type) {
            try verifyManifest(hex("a3 0101 02f93c00 0341a0"))
        },
        AttackScenario(48, "a bignum as the sequence number", .type) {
            try verifyManifest(hex("a3 0101 02c24101 0341a0"))
        },
        AttackScenario(49, "bytes after the envelope", .trailing) {
            let f = try Fixture()
            _ = try Envelope(f.sign(f.manifest(1)).bytes + [0])
        },
        AttackScenario(49, "bytes after the manifest", .trailing) {
            let f = try Fixture()
            try verifyManifest(f.manifest(1).encoded + [0])
        },
        AttackScenario(50, "a URI that is not UTF-8", .utf8) {
            let f = try Fixture()
            let bytes = try f.manifest(1).encoded
            try verifyManifest(replacing(bytes, Array("image".utf8), with: hex("696dc0ae65")))
        },
        AttackScenario(50, "a URI with a NUL", .utf8) {
            let f = try Fixture()
            let bytes = try f.manifest(1).encoded
            try verifyManifest(replacing(bytes, Array("image".utf8), with: hex("696d006765")))
        },
        AttackScenario(51, "a command nobody knows", .unknownCommand) {
            try verifyManifest(Self.minimalManifest(shared: hex("82181900")))
        },
        AttackScenario(51, "a custom command", .unknownCommand) {
            try verifyManifest(Self.minimalManifest(shared: hex("822000")))
        },
        AttackScenario(51, "a custom parameter nobody registered", .unknownCommand) {
            try verifyManifest(Self.minimalManifest(shared: hex("8214a12600")))
        },
        AttackScenario(51, "a fetch in the shared sequence", .unknownCommand) {
            try verifyManifest(Self.minimalManifest(shared: hex("821502")))
        },
        AttackScenario(52, "try-each whose last sequence fails too", .abort) {
            let fails = CommandSequence([.condition(.abort, [])])
            try verifySequence(install: [.tryEach([fails, fails], orNothing: false)])
        },
        AttackScenario(52, "an empty sequence", .type) {
            try verifyManifest(Self.minimalManifest(shared: hex("80")))
        },
        AttackScenario(52, "more steps than allowed by loops over components", .limit) {
            var loop = CommandSequence([.setComponentIndex(.all), .setComponentIndex(.all)])
            for _ in 0..<3 {
                loop = CommandSequence(
                    [.setComponentIndex(.some([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]))]
                        + [.runSequence(loop)]
                )
            }
            try verifySequence(install: loop.commands)
        },
        AttackScenario(53, "a swap", .policy) {
            try verifySequence(install: [.action(.swap, [])])
        },
        AttackScenario(53, "a copy over what is running", .policy) {
            var source = ParameterSet()
            source.sourceComponent = 1
            try verifySequence(
                install: [.overrideParameters(source), .action(.copy, [])],
                device: { $0.components[0].isRunning = true }
            )
        },
        AttackScenario(67, "S + L in an Ed25519 signature", .threshold) {
            try Self.verifyMalleated()
        },
        AttackScenario(67, "a public key of low order", .threshold) {
            let key = try PinnedKey(.ed25519, bytes: [1] + [UInt8](repeating: 0, count: 31))
            let roles = try RoleKeys(threshold: 1, keys: [key])
            let f = try Fixture()
            let author = TrustRoot.author(
                Fixture.header(1),
                roles: [.root: roles, .release: roles, .manifest: roles]
            )
            let root = try TrustRoot(provisioned: author.encoded())
            // R = identity, S = 0: right for every message under a lenient verifier.
            let forged = [1] + [UInt8](repeating: 0, count: 63)
            var envelope = EnvelopeAuthor(try f.manifest(1), using: f.crypto)
            try envelope.attach(signature: forged, of: key)
            _ = try Envelope(envelope.encoded()).verified(
                for: f.device,
                state: DeviceState(root: root),
                using: f.crypto
            )
        },
        AttackScenario(68, "an Ed25519 signature of 63 bytes", .algorithm) {
            try verifyBlock(protected: "a10127", signature: [UInt8](repeating: 1, count: 63))
        },
        AttackScenario(68, "an empty signature", .algorithm) {
            try verifyBlock(protected: "a10127", signature: [])
        },
        AttackScenario(68, "a key of zeros", .algorithm) {
            _ = try PinnedKey(.ed25519, bytes: [UInt8](repeating: 0, count: 32))
        },
        AttackScenario(68, "a key of 31 bytes", .algorithm) {
            _ = try PinnedKey(.ed25519, bytes: [UInt8](repeating: 7, count: 31))
        },
        AttackScenario(68, "a compressed P-256 key", .algorithm) {
            _ = try PinnedKey(.p256, bytes: [2] + [UInt8](repeating: 7, count: 32))
        },
        AttackScenario(70, "a hundred thousand signatures", .limit) {
            let f = try Fixture()
            let block = try ForeignBlock.make(
                protected: hex("a10127"),
                payload: [],
                signer: f.manifestSigners[0]
            )
            let blocks = Array(repeating: block, count: 100_000)
            var limits = FirmwareLimits()
            limits.envelopeBytes = 1 << 26
            _ = try Envelope(ForeignBlock.envelope(f, blocks), limits: limits)
        },
        AttackScenario(70, "seventeen signatures", .limit) {
            let f = try Fixture()
            let signers = Array(repeating: f.manifestSigners[0], count: 17)
            _ = try f.sign(f.manifest(1), signers)
        },
        AttackScenario(74, "1.0 in place of 1", .type) {
            try verifyManifest(hex("a3 01f93c00 0201 0341a0"))
        },
    ]

    /// A manifest of one component with a given shared sequence.
    static func minimalManifest(shared: [UInt8]) -> [UInt8] {
        CBOREncoder.encode {
            $0.append(mapCount: 3)
            $0.append(unsigned: 1)
            $0.append(unsigned: 1)
            $0.append(unsigned: 2)
            $0.append(unsigned: 1)
            $0.append(unsigned: 3)
            $0.append(embedding: { common in
                common.append(mapCount: 2)
                common.append(unsigned: 2)
                common.append(arrayCount: 1)
                common.append(arrayCount: 1)
                common.append(byteString: Array("app".utf8))
                common.append(unsigned: 4)
                common.append(byteString: shared)
            })
        }
    }

    /// An envelope with one more member.
    static func adding(label: UInt64, content: [UInt8], to envelope: [UInt8]) -> [UInt8] {
        var bytes = envelope
        bytes[2] += 1
        return bytes
            + CBOREncoder.encode {
                $0.append(unsigned: label)
                $0.append(byteString: content)
            }
    }

    static func verifyMalleated() throws {
        let f = try Fixture()
        let author = EnvelopeAuthor(try f.manifest(1), using: f.crypto)
        let request = author.signingRequest(for: f.manifestSigners[0].key)
        var signature = try f.manifestSigners[0].sign(request.toBeSigned.span)
        let order =
            hex("edd3f55c1a631258d69cf7a2def9de14") + [UInt8](repeating: 0, count: 15) + [0x10]
        var carry = 0
        for i in 0..<32 {
            let sum = Int(signature[32 + i]) + Int(order[i]) + carry
            signature[32 + i] = UInt8(sum & 255)
            carry = sum >> 8
        }
        var malleated = author
        try malleated.attach(signature: signature, of: f.manifestSigners[0].key)
        _ = try f.verify(Envelope(malleated.encoded()))
    }
}
