import CBORCodec
import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import Testing

/// Roles with other keys or thresholds than the fixture's.
private func rootBytes(
    _ version: UInt64,
    root: [SodiumSigner],
    manifest: [SodiumSigner],
    release: [SodiumSigner],
    signers: [SodiumSigner],
    recovery: TrustRoot.Recovery = TrustRoot.Recovery(),
    environment: String = "production"
) throws -> [UInt8] {
    let author = TrustRoot.author(
        Fixture.header(version, environment: environment),
        roles: [
            .root: try RoleKeys(threshold: 2, keys: root.map(\.key)),
            .release: try RoleKeys(threshold: 1, keys: release.map(\.key)),
            .manifest: try RoleKeys(threshold: 1, keys: manifest.map(\.key)),
        ],
        recovery: recovery
    )
    return try Fixture.signed(author, signers)
}

private func next(
    _ f: Fixture,
    version: UInt64 = 2,
    manifest: [SodiumSigner]? = nil,
    root: [SodiumSigner]? = nil,
    signers: [SodiumSigner]? = nil,
    environment: String = "production"
) throws -> [UInt8] {
    try rootBytes(
        version,
        root: root ?? f.rootSigners,
        manifest: manifest ?? f.manifestSigners,
        release: f.releaseSigners,
        signers: signers ?? f.rootSigners,
        environment: environment
    )
}

/// A root document with a role written by hand.
private func rootWithRole(threshold: UInt64, keyIndexes: [UInt64]) throws {
    let f = try Fixture()
    let document = CBOREncoder.encode { encoder in
        encoder.append(mapCount: 7)
        for (label, value) in [(1, 1), (2, 1)] as [(UInt64, UInt64)] {
            encoder.append(unsigned: label)
            encoder.append(unsigned: value)
        }
        encoder.append(unsigned: 3)
        encoder.append(textString: "production")
        encoder.append(unsigned: 4)
        encoder.append(unsigned: 1)
        encoder.append(unsigned: 5)
        encoder.append(unsigned: 2)
        encoder.append(unsigned: 6)
        encoder.append(arrayCount: 2)
        for (name, byte) in [("a", 1), ("b", 1)] as [(String, UInt8)] {
            encoder.append(arrayCount: 3)
            encoder.append(unsigned: 1)
            encoder.append(byteString: f.rootSigners[Int(byte)].key.bytes)
            encoder.append(byteString: Array(name.utf8))
        }
        encoder.append(unsigned: 7)
        encoder.append(mapCount: 3)
        for role in UInt64(1)...3 {
            encoder.append(unsigned: role)
            encoder.append(arrayCount: 2)
            encoder.append(unsigned: threshold)
            encoder.append(arrayCount: keyIndexes.count)
            for index in keyIndexes { encoder.append(unsigned: index) }
        }
    }
    let bytes = CBOREncoder.encode {
        $0.append(arrayCount: 2)
        $0.append(byteString: document)
        $0.append(arrayCount: 0)
    }
    _ = try TrustRoot(provisioned: bytes)
}

private func delegations(
    _ f: Fixture,
    prefix: ComponentIdentifier,
    signer: SodiumSigner,
    terminating: Bool = false,
    second: SodiumSigner? = nil
) throws -> VerifiedDelegations {
    var roles = [
        Delegation.Role(
            name: "vendor",
            prefixes: [prefix],
            keys: try RoleKeys(threshold: 1, keys: [signer.key]),
            isTerminating: terminating
        )
    ]
    if let second {
        roles.append(
            Delegation.Role(
                name: "second",
                prefixes: [prefix],
                keys: try RoleKeys(threshold: 1, keys: [second.key]),
                isTerminating: false
            )
        )
    }
    let author = Delegation.author(Fixture.header(1), issuer: "", roles: roles)
    return try VerifiedDelegations(
        [Fixture.signed(author, [f.manifestSigners[0]])],
        for: f.state,
        at: Fixture.now,
        using: f.crypto
    )
}

/// Delegations "0" → "1" → …, each role with the same key.
private func chain(_ names: [String], count: Int? = nil) throws {
    let f = try Fixture()
    let signer = f.manifestSigners[0]
    var documents: [[UInt8]] = []
    for (issuer, name) in zip([""] + names, names) {
        let role = Delegation.Role(
            name: name,
            prefixes: [f.app],
            keys: try RoleKeys(threshold: 1, keys: [signer.key]),
            isTerminating: false
        )
        let author = Delegation.author(Fixture.header(1), issuer: issuer, roles: [role])
        documents.append(try Fixture.signed(author, [signer]))
    }
    if let count { documents = Array(repeating: documents[0], count: count) }
    _ = try VerifiedDelegations(documents, for: f.state, at: Fixture.now, using: f.crypto)
}

extension AttackScenario {
    static let trustAttacks: [AttackScenario] = [
        AttackScenario(5, "a trust document of endless length", .limit) {
            _ = try TrustRoot(provisioned: [UInt8](repeating: 0, count: (512 << 10) + 1))
        },
        AttackScenario(8, "an older manifest", .rollback) {
            var f = try Fixture()
            let old = try f.sign(f.manifest(1))
            try f.install(2)
            let releases = try f.releases([f.sign(f.manifest(2))])
            _ = try f.verify(old, releases: releases)
        },
        AttackScenario(8, "another manifest with the same number", .rollback) {
            var f = try Fixture()
            try f.install(2)
            let other = try f.sign(f.manifest(2, image: Fixture.image(seed: 9)))
            _ = try f.verify(other, releases: f.releases([f.sign(f.manifest(2))]))
        },
        AttackScenario(9, "an older release set", .rollback) {
            var f = try Fixture()
            try f.install(2, releaseVersion: 5)
            _ = try f.releases([f.sign(f.manifest(2))], version: 4)
        },
        AttackScenario(9, "another release set of the same version", .rollback) {
            var f = try Fixture()
            try f.install(2, releaseVersion: 5)
            _ = try f.releases([f.sign(f.manifest(3))], version: 5)
        },
        AttackScenario(9, "an older delegation", .rollback) {
            let f = try Fixture()
            let role = Delegation.Role(
                name: "v",
                prefixes: [f.app],
                keys: try RoleKeys(threshold: 1, keys: [f.manifestSigners[1].key]),
                isTerminating: false
            )
            let one = try Fixture.signed(
                Delegation.author(Fixture.header(1), issuer: "", roles: [role]),
                [f.manifestSigners[0]]
            )
            let two = try Fixture.signed(
                Delegation.author(Fixture.header(2), issuer: "", roles: [role]),
                [f.manifestSigners[0]]
            )
            // One issuer has one document: two at a time are refused as well.
            _ = try VerifiedDelegations(
                [two, one],
                for: f.state,
                at: Fixture.now,
                using: f.crypto
            )
        },
        AttackScenario(10, "a release set that drops an installed component", .rollback) {
            var f = try Fixture(twoComponents: true)
            f.device.components.removeLast()
            try f.install(2)
            let update = try f.update(Fixture.image(), component: f.radio).0
            _ = try f.releases([f.sign(f.manifest(3, components: [update]))], version: 2)
        },
        AttackScenario(11, "a higher number with a lower security counter", .securityCounter) {
            var f = try Fixture()
            try f.install(2, counter: 7)
            let envelope = try f.sign(f.manifest(3, counter: 6))
            _ = try f.verify(envelope, releases: f.releases([envelope], version: 2))
        },
        AttackScenario(12, "a release set past its expiry", .expired) {
            let f = try Fixture()
            let bytes = try f.releaseBytes([f.sign(f.manifest(1))], expires: 999_999)
            _ = try VerifiedReleaseSet(bytes, for: f.state, at: Fixture.now, using: f.crypto)
        },
        AttackScenario(12, "a root past its expiry", .expired) {
            let f = try Fixture()
            let envelope = try f.sign(f.manifest(1))
            _ = try envelope.verified(
                for: f.device,
                state: f.state,
                releases: f.releases([envelope]),
                at: Fixture.later,
                using: f.crypto
            )
        },
        AttackScenario(13, "an expired release set and the clock set back", .expired) {
            var f = try Fixture()
            try f.install(2, issued: 1_400_000)
            let bytes = try f.releaseBytes(
                [f.sign(f.manifest(2))],
                version: 2,
                issued: 900_000,
                expires: 1_300_000
            )
            let back = FirmwareTime(seconds: 1_000)
            _ = try VerifiedReleaseSet(bytes, for: f.state, at: back, using: f.crypto)
        },
        AttackScenario(
            14,
            "versions that nobody can go beyond, before the root recovers",
            .rollback
        ) {
            var f = try Fixture()
            try f.install(2, releaseVersion: UInt64(Int64.max))
            _ = try f.releases([f.sign(f.manifest(3))], version: 3)
        },
        AttackScenario(15, "a component of another release", .snapshot) {
            let f = try Fixture(twoComponents: true)
            let app = try f.sign(f.manifest(1))
            let other = try f.sign(f.manifest(2))
            _ = try f.verify(app, releases: f.releases([other]))
        },
        AttackScenario(15, "no release set at all", .snapshot) {
            let f = try Fixture()
            _ = try f.sign(f.manifest(1)).verified(
                for: f.device,
                state: f.state,
                at: Fixture.now,
                using: f.crypto
            )
        },
        AttackScenario(16, "half of a bundle", .dependency) {
            let f = try Fixture(twoComponents: true)
            let app = try f.sign(f.manifest(1))
            let update = try f.update(Fixture.image(), component: f.radio).0
            let radio = try f.sign(f.manifest(1, components: [update]))
            let releases = try f.releases([app, radio])
            let verified = try f.verify(app, releases: releases)
            _ = try f.state.applying(.begin([verified], releases: releases, f.device))
        },
        AttackScenario(17, "a component that was not delegated to the signer", .delegation) {
            let f = try Fixture()
            let signer = try Fixture.signer(41)
            let d = try delegations(f, prefix: f.radio, signer: signer)
            _ = try f.verify(f.sign(f.manifest(1), [signer]), delegations: d)
        },
        AttackScenario(18, "a manifest that depends on another one", .dependency) {
            let bytes = CBOREncoder.encode {
                $0.append(mapCount: 3)
                $0.append(unsigned: 1)
                $0.append(unsigned: 1)
                $0.append(unsigned: 2)
                $0.append(unsigned: 1)
                $0.append(unsigned: 3)
                $0.append(embedding: { common in
                    common.append(mapCount: 1)
                    common.append(unsigned: 1)
                    common.append(mapCount: 0)
                })
            }
            _ = try Manifest(bytes.span)
        },
        AttackScenario(23, "one key of two", .threshold) {
            let f = try Fixture(manifestThreshold: 2)
            _ = try f.verify(f.sign(f.manifest(1)))
        },
        AttackScenario(24, "the same key twice", .threshold) {
            let f = try Fixture(manifestThreshold: 2)
            let signer = f.manifestSigners[0]
            _ = try f.verify(f.sign(f.manifest(1), [signer, signer]))
        },
        AttackScenario(25, "the same key under two names", .threshold) {
            let names = try [Fixture.signer(51, "a"), Fixture.signer(51, "b"), Fixture.signer(52)]
            let roles = try RoleKeys(threshold: 2, keys: names.map(\.key))
            let f = try Fixture()
            let author = TrustRoot.author(
                Fixture.header(1),
                roles: [.root: roles, .release: roles, .manifest: roles]
            )
            let root = try TrustRoot(provisioned: author.encoded())
            let envelope = try f.sign(f.manifest(1), [names[0], names[1]])
            var policy = VerificationPolicy()
            policy.requiresReleaseSet = false
            _ = try envelope.verified(
                for: f.device,
                state: DeviceState(root: root),
                policy: policy,
                using: f.crypto
            )
        },
        AttackScenario(26, "a threshold of zero", .role) {
            try rootWithRole(threshold: 0, keyIndexes: [0])
        },
        AttackScenario(26, "a threshold above the number of distinct keys", .role) {
            try rootWithRole(threshold: 2, keyIndexes: [0, 1])
        },
        AttackScenario(26, "a negative threshold", .type) {
            var bytes = try Fixture().root.bytes
            bytes = replacing(bytes, hex("018202"), with: hex("018221"))
            _ = try TrustRoot(provisioned: bytes)
        },
        AttackScenario(27, "a manifest by a key of the release role", .role) {
            let f = try Fixture()
            _ = try f.verify(f.sign(f.manifest(1), [f.releaseSigners[0]]))
        },
        AttackScenario(27, "a release set by a key of the manifest role", .role) {
            let f = try Fixture()
            let bytes = try f.releaseBytes(
                [f.sign(f.manifest(1))],
                signers: [f.manifestSigners[0]]
            )
            _ = try VerifiedReleaseSet(bytes, for: f.state, at: Fixture.now, using: f.crypto)
        },
        AttackScenario(28, "a key that the next root took away", .keyRevoked) {
            var f = try Fixture()
            let bytes = try next(f, manifest: [f.manifestSigners[1]])
            f.state = try f.state.applyingRoot(bytes, using: f.crypto)
            _ = try f.verify(f.sign(f.manifest(1), [f.manifestSigners[0]]))
        },
        AttackScenario(29, "a root that skips a version", .rollback) {
            let f = try Fixture()
            _ = try f.state.applyingRoot(next(f, version: 3), using: f.crypto)
        },
        AttackScenario(30, "a root signed by the new keys alone", .threshold) {
            let f = try Fixture()
            let signers = try [61, 62].map { try Fixture.signer($0) }
            let bytes = try next(f, root: signers, signers: signers)
            _ = try f.state.applyingRoot(bytes, using: f.crypto)
        },
        AttackScenario(30, "a root signed by the old keys alone", .threshold) {
            let f = try Fixture()
            let signers = try [61, 62].map { try Fixture.signer($0) }
            let bytes = try next(f, root: signers)
            _ = try f.state.applyingRoot(bytes, using: f.crypto)
        },
        AttackScenario(31, "another root of the same version", .rollback) {
            let f = try Fixture()
            let bytes = try next(f, version: 1, manifest: [f.manifestSigners[0]])
            _ = try f.state.applyingRoot(bytes, using: f.crypto)
        },
        AttackScenario(32, "a role after a terminating one", .delegation) {
            let f = try Fixture()
            let first = try Fixture.signer(41)
            let second = try Fixture.signer(42)
            let d = try delegations(
                f,
                prefix: f.app,
                signer: first,
                terminating: true,
                second: second
            )
            _ = try f.verify(f.sign(f.manifest(1), [second]), delegations: d)
        },
        AttackScenario(33, "a cycle of delegations", .limit) { try chain(["a", "b", "a"]) },
        AttackScenario(33, "a chain of five", .limit) { try chain(["a", "b", "c", "d", "e"]) },
        AttackScenario(33, "ten thousand delegations", .limit) {
            try chain(["a"], count: 10_000)
        },
        AttackScenario(66, "a manifest that names no device, where one is demanded", .device) {
            let f = try Fixture()
            var policy = VerificationPolicy()
            policy.requiresDeviceCondition = true
            _ = try f.verify(f.sign(f.manifest(1)), policy: policy)
        },
        AttackScenario(69, "one of two signatures taken away", .threshold) {
            let f = try Fixture(manifestThreshold: 2)
            let both = try f.sign(f.manifest(1), [f.manifestSigners[0], f.manifestSigners[1]])
            _ = try f.verify(both)
            _ = try f.verify(f.sign(f.manifest(1), [f.manifestSigners[1]]))
        },
        AttackScenario(77, "a release set of the test environment", .environment) {
            let f = try Fixture()
            let bytes = try f.releaseBytes([f.sign(f.manifest(1))], environment: "test")
            _ = try VerifiedReleaseSet(bytes, for: f.state, at: Fixture.now, using: f.crypto)
        },
        AttackScenario(77, "a root of the test environment", .environment) {
            let f = try Fixture()
            _ = try f.state.applyingRoot(next(f, environment: "test"), using: f.crypto)
        },
    ]
}

@Suite("Trust documents")
struct TrustDocumentTests {
    @Test("#14 a root can lower what a stolen key raised, once, and nothing else can")
    func fastForwardRecovery() throws {
        var f = try Fixture()
        try f.install(
            UInt64(Int64.max),
            counter: 99,
            releaseVersion: UInt64(Int64.max),
            issued: 1_499_999
        )
        #expect(f.state.timeFloor == FirmwareTime(seconds: 1_499_999))
        var recovery = TrustRoot.Recovery()
        recovery.releaseVersion = 3
        recovery.sequenceNumber = 10
        recovery.securityCounter = 1
        recovery.timeFloor = FirmwareTime(seconds: 1_000_000)
        let fresh = try [71, 72].map { try Fixture.signer($0) }
        let bytes = try rootBytes(
            2,
            root: f.rootSigners,
            manifest: fresh,
            release: fresh,
            signers: f.rootSigners,
            recovery: recovery
        )
        let before = f.state
        f.state = try f.state.applyingRoot(bytes, using: f.crypto)
        #expect(f.state.releaseVersion == 3 && f.state.securityCounter == 1)
        #expect(f.state.accepted.isEmpty && f.state.timeFloor.seconds == 1_000_000)
        #expect(try f.state.applyingRoot(bytes, using: f.crypto) == f.state)
        #expect(f.state.revision == before.revision + 1)
        let envelope = try f.sign(f.manifest(11, counter: 2), [fresh[0]])
        let releases = try VerifiedReleaseSet(
            f.releaseBytes([envelope], version: 4, signers: [fresh[0]]),
            for: f.state,
            at: Fixture.now,
            using: f.crypto
        )
        _ = try f.verify(envelope, releases: releases)
    }

    @Test("a chain of roots is followed one by one, and the signers may change on the way")
    func rotation() throws {
        var f = try Fixture()
        let second = try [61, 62].map { try Fixture.signer($0) }
        let two = try next(f, root: second, signers: f.rootSigners + second)
        f.state = try f.state.applyingRoot(two, using: f.crypto)
        #expect(f.state.root.version == 2)
        let three = try next(f, version: 3, root: second, signers: second)
        f.state = try f.state.applyingRoot(three, using: f.crypto)
        #expect(f.state.root.version == 3)
        #expect(throws: FirmwareError(.rollback(floor: 3, found: 2))) {
            try f.state.applyingRoot(two, using: f.crypto)
        }
        try f.state.root.checkOwnSignatures(using: f.crypto)
    }

    @Test("a delegated role signs for its own components, at any depth, and not for others")
    func delegation() throws {
        let f = try Fixture()
        let signer = try Fixture.signer(41)
        let d = try delegations(f, prefix: f.app, signer: signer)
        let verified = try f.verify(f.sign(f.manifest(1), [signer]), delegations: d)
        #expect(verified.signers == [signer.key])
        // A signature of somebody unknown beside it is ignored.
        let stranger = try Fixture.signer(99)
        _ = try f.verify(f.sign(f.manifest(1), [stranger, signer]), delegations: d)
    }

    @Test("prefixes match whole parts")
    func prefixes() {
        let component = ComponentIdentifier("app", "main")
        #expect(component.hasPrefix(ComponentIdentifier("app")))
        #expect(component.hasPrefix(ComponentIdentifier([])))
        #expect(!component.hasPrefix(ComponentIdentifier("ap")))
        #expect(!component.hasPrefix(ComponentIdentifier("app", "main", "x")))
    }

    @Test("signatures of one kind of document do not fit another kind")
    func domainSeparation() throws {
        let f = try Fixture()
        let header = Fixture.header(1)
        let entry = ReleaseSet.Entry(
            component: f.app,
            sequenceNumber: 1,
            manifestDigest: SUITDigest(bigEndianWords: 1, 2, 3, 4)
        )
        let author = ReleaseSet.author(header, entries: [entry])
        let request = SigningRequest(payload: author.document, key: f.releaseSigners[0].key)
        let signature = try f.releaseSigners[0].sign(request.toBeSigned.span)
        var forged = author
        try forged.attach(signature: signature, of: f.releaseSigners[0].key)
        #expect(throws: FirmwareError(.thresholdNotMet(valid: 0, needed: 1))) {
            try VerifiedReleaseSet(
                forged.encoded(),
                for: f.state,
                at: Fixture.now,
                using: f.crypto
            )
        }
    }
}
