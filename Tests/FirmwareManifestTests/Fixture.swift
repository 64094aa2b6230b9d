import CBORCodec
import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import IoTTestSupport
import Testing

typealias TestCryptography = CombinedCryptography<OpenSSLCryptography, SodiumCryptography>

/// A made-up product: keys, a root, a device, an image.
struct Fixture {
    static let crypto = TestCryptography(
        ed25519: SodiumCryptography(),
        others: OpenSSLCryptography()
    )
    let crypto = Fixture.crypto
    let rootSigners: [SodiumSigner]
    let releaseSigners: [SodiumSigner]
    let manifestSigners: [SodiumSigner]
    let root: TrustRoot
    var state: DeviceState
    var device: DeviceDescription
    let vendor: HardwareIdentifier
    let deviceClass: HardwareIdentifier
    let app = ComponentIdentifier("app")
    let radio = ComponentIdentifier("radio")
    static let now = FirmwareTime(seconds: 1_000_000)
    static let later = FirmwareTime(seconds: 2_000_000)

    static func signer(_ seed: UInt8, _ name: String = "") throws -> SodiumSigner {
        try SodiumSigner(
            seed: [UInt8](repeating: seed, count: 32),
            identifier: Array(name.utf8)
        )
    }

    init(manifestThreshold: UInt64 = 1, twoComponents: Bool = false) throws {
        rootSigners = try [11, 12, 13].map { try Self.signer($0) }
        releaseSigners = try [21, 22].map { try Self.signer($0) }
        manifestSigners = try [31, 32, 33].map { try Self.signer($0) }
        let author = TrustRoot.author(
            Self.header(1),
            roles: [
                .root: try RoleKeys(threshold: 2, keys: rootSigners.map(\.key)),
                .release: try RoleKeys(threshold: 1, keys: releaseSigners.map(\.key)),
                .manifest: try RoleKeys(
                    threshold: manifestThreshold,
                    keys: manifestSigners.map(\.key)
                ),
            ]
        )
        root = try TrustRoot(provisioned: Self.signed(author, rootSigners))
        state = DeviceState(root: root)
        vendor = try #require(HardwareIdentifier([UInt8](1...16)))
        deviceClass = try #require(HardwareIdentifier([UInt8](2...17)))
        device = DeviceDescription(
            vendor: .uuid(vendor),
            classIdentifier: deviceClass,
            device: HardwareIdentifier([UInt8](3...18)),
            components: [DeviceComponent(app, capacity: 1 << 20)]
                + (twoComponents ? [DeviceComponent(radio, capacity: 1 << 20)] : [])
        )
    }

    static func header(
        _ version: UInt64,
        issued: UInt64 = 900_000,
        expires: UInt64 = 1_500_000,
        environment: String = "production"
    ) -> TrustDocumentHeader {
        TrustDocumentHeader(
            version: version,
            environment: environment,
            issued: FirmwareTime(seconds: issued),
            expires: FirmwareTime(seconds: expires)
        )
    }

    static func signed(
        _ author: TrustDocumentAuthor,
        _ signers: [SodiumSigner]
    ) throws -> [UInt8] {
        var author = author
        for signer in signers { try author.sign(with: signer) }
        return author.encoded()
    }

    static func image(_ count: Int = 40_000, seed: UInt64 = 1) -> [UInt8] {
        var g = SplitMix64(seed: seed)
        return g.bytes(count)
    }

    func update(
        _ image: [UInt8],
        component: ComponentIdentifier? = nil,
        chunkSize: UInt64? = 4_096
    ) throws -> (ComponentUpdate, [UInt8]) {
        var update = ComponentUpdate(
            component ?? app,
            imageDigest: crypto.sha256(image.span),
            imageSize: UInt64(image.count),
            uri: "http://example.com/image.bin"
        )
        guard let chunkSize else { return (update, []) }
        var builder = try ChunkTreeBuilder(chunkSize: chunkSize, using: crypto)
        builder.update(image.span)
        let (root, nodes) = try builder.finish()
        update.chunkTree = root
        return (update, nodes)
    }

    func manifest(
        _ sequence: UInt64,
        image: [UInt8] = Fixture.image(),
        chunkSize: UInt64? = 4_096,
        counter: UInt64? = nil,
        device: HardwareIdentifier? = nil,
        components: [ComponentUpdate]? = nil
    ) throws -> Manifest {
        Manifest.update(
            sequenceNumber: sequence,
            vendor: .uuid(vendor),
            classIdentifier: deviceClass,
            device: device,
            securityCounter: counter,
            components: try components ?? [update(image, chunkSize: chunkSize).0]
        )
    }

    func sign(
        _ manifest: Manifest,
        _ signers: [any FirmwareSigner]? = nil,
        severing: Set<SeverableMember> = []
    ) throws -> Envelope {
        var author = EnvelopeAuthor(manifest, severing: severing, using: crypto)
        for signer in signers ?? [manifestSigners[0]] { try author.sign(with: signer) }
        return try Envelope(author.encoded())
    }

    func releaseBytes(
        _ envelopes: [Envelope],
        version: UInt64 = 1,
        issued: UInt64 = 900_000,
        expires: UInt64 = 1_500_000,
        environment: String = "production",
        signers: [SodiumSigner]? = nil
    ) throws -> [UInt8] {
        var entries: [ReleaseSet.Entry] = []
        for envelope in envelopes {
            let manifest = try envelope.untrustedManifest()
            for component in manifest.components {
                entries.append(
                    ReleaseSet.Entry(
                        component: component,
                        sequenceNumber: manifest.sequenceNumber,
                        manifestDigest: envelope.manifestDigest
                    )
                )
            }
        }
        let header = Self.header(
            version,
            issued: issued,
            expires: expires,
            environment: environment
        )
        return try Self.signed(
            ReleaseSet.author(header, entries: entries),
            signers ?? [releaseSigners[0]]
        )
    }

    func releases(
        _ envelopes: [Envelope],
        version: UInt64 = 1,
        issued: UInt64 = 900_000
    ) throws -> VerifiedReleaseSet {
        try VerifiedReleaseSet(
            releaseBytes(envelopes, version: version, issued: issued),
            for: state,
            at: Self.now,
            using: crypto
        )
    }

    func verify(
        _ envelope: Envelope,
        releases: VerifiedReleaseSet? = nil,
        delegations: VerifiedDelegations = .none,
        purpose: VerificationPurpose = .install,
        policy: VerificationPolicy = .default
    ) throws -> VerifiedManifest {
        let releases = try releases ?? self.releases([envelope])
        return try envelope.verified(
            for: device,
            state: state,
            releases: releases,
            delegations: delegations,
            purpose: purpose,
            policy: policy,
            at: Self.now,
            using: crypto
        )
    }

    /// Streams an image through a verifier in pieces.
    func stream(
        _ image: [UInt8],
        nodes: [UInt8],
        _ manifest: VerifiedManifest,
        component: ComponentIdentifier? = nil,
        piece: Int = 1_000,
        resuming: ResumeState? = nil
    ) throws -> VerifiedPayload {
        var verifier = try PayloadVerifier(
            manifest,
            component: component ?? app,
            resuming: resuming,
            using: crypto
        )
        while true {
            switch verifier.need {
            case .node(let index):
                let at = Int(index) * 64
                try verifier.supply(node: nodes.span.extracting(at..<at + 64))
            case .bytes:
                let at = Int(verifier.offset)
                guard at < image.count else { return try verifier.finish() }
                let end = min(image.count, at + piece)
                _ = try verifier.update(image.span.extracting(at..<end))
            case .nothing:
                if Int(verifier.offset) < image.count {
                    let at = Int(verifier.offset)
                    _ = try verifier.update(image.span.extracting(at..<image.count))
                }
                return try verifier.finish()
            }
        }
    }

    func readBack(
        _ image: [UInt8],
        _ manifest: VerifiedManifest,
        component: ComponentIdentifier? = nil
    ) throws -> VerifiedImage {
        var verifier = try ImageVerifier(manifest, component: component ?? app, using: crypto)
        try verifier.update(image.span)
        return try verifier.finish()
    }

    /// Installs and confirms a release.
    mutating func install(
        _ sequence: UInt64,
        image: [UInt8] = Fixture.image(),
        counter: UInt64? = nil,
        releaseVersion: UInt64 = 1,
        issued: UInt64 = 900_000
    ) throws {
        let envelope = try sign(manifest(sequence, image: image, counter: counter))
        let releases = try releases([envelope], version: releaseVersion, issued: issued)
        let verified = try verify(envelope, releases: releases)
        let nodes = try update(image).1
        for event in [
            InstallEvent.begin([verified], releases: releases, device),
            .payload(try stream(image, nodes: nodes, verified)),
            .staged([try readBack(image, verified)]), .trial,
        ] {
            state = try state.applying(event)
        }
        let booted = state.booting()
        state = try booted.state.applying(.confirmed(running: booted.slot))
    }
}

/// The code of what a body throws; `nil` where it throws nothing.
func code(_ body: () throws -> Void) -> FirmwareError.Code? {
    do {
        try body()
        return nil
    } catch let error as FirmwareError {
        return error.code
    } catch {
        Issue.record("an error of another type: \(error)")
        return nil
    }
}

/// An encoded item with one place changed.
func replacing(_ bytes: [UInt8], _ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    guard !old.isEmpty, bytes.count >= old.count else { return bytes }
    for i in 0...(bytes.count - old.count) where Array(bytes[i..<i + old.count]) == old {
        return Array(bytes[..<i]) + new + Array(bytes[(i + old.count)...])
    }
    return bytes
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
