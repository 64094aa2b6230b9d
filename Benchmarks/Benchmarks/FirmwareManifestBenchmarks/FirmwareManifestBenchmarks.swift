import BenchmarkSupport
import CBORCodec
import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import IoTCYardstickCBOR

typealias Cryptography = CombinedCryptography<OpenSSLCryptography, SodiumCryptography>

/// One release of a made-up product, signed by one Ed25519 key.
struct Release {
    static let crypto = Cryptography(
        ed25519: SodiumCryptography(),
        others: OpenSSLCryptography()
    )
    let envelope: [UInt8]
    let state: DeviceState
    let device: DeviceDescription
    let signer: SodiumSigner
    let verified: VerifiedManifest
    let releases: VerifiedReleaseSet
    let component = ComponentIdentifier("app")

    init(image digest: SUITDigest, size: UInt64, tree: ChunkTreeRoot?) throws {
        signer = try SodiumSigner(seed: [UInt8](repeating: 7, count: 32))
        guard let vendor = HardwareIdentifier([UInt8](1...16)) else {
            throw FirmwareError(.valueOutOfRange)
        }
        let header = TrustDocumentHeader(
            version: 1,
            environment: "bench",
            issued: FirmwareTime(seconds: 1),
            expires: FirmwareTime(seconds: 1 << 40)
        )
        let role = try RoleKeys(threshold: 1, keys: [signer.key])
        var root = TrustRoot.author(header, roles: [.root: role, .release: role, .manifest: role])
        try root.sign(with: signer)
        state = DeviceState(root: try TrustRoot(provisioned: root.encoded()))
        device = DeviceDescription(
            vendor: .uuid(vendor),
            classIdentifier: vendor,
            components: [DeviceComponent(component, capacity: 1 << 40)]
        )
        var update = ComponentUpdate(
            component,
            imageDigest: digest,
            imageSize: size,
            uri: "http://example.com/file.bin"
        )
        update.chunkTree = tree
        let manifest = Manifest.update(
            sequenceNumber: 1,
            vendor: .uuid(vendor),
            classIdentifier: vendor,
            components: [update]
        )
        var author = EnvelopeAuthor(manifest, using: Self.crypto)
        try author.sign(with: signer)
        envelope = author.encoded()
        let entry = ReleaseSet.Entry(
            component: component,
            sequenceNumber: 1,
            manifestDigest: try Envelope(envelope).manifestDigest
        )
        var set = ReleaseSet.author(header, entries: [entry])
        try set.sign(with: signer)
        releases = try VerifiedReleaseSet(
            set.encoded(),
            for: state,
            at: nil,
            using: Self.crypto
        )
        verified = try Envelope(envelope).verified(
            for: device,
            state: state,
            releases: releases,
            using: Self.crypto
        )
    }

    func verify() -> Bool {
        (try? Envelope(envelope).verified(
            for: device,
            state: state,
            releases: releases,
            using: Self.crypto
        )) != nil
    }
}

@main
enum FirmwareManifestBenchmarks {
    static let pieceSize = 1 << 16
    static let imageSize = 16 << 20

    static func main() throws {
        let program = BenchmarkProgram("CBORCodec and FirmwareManifest")
        let image = (0..<imageSize).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let digest = Release.crypto.sha256(image.span)
        let plain = try Release(image: digest, size: UInt64(imageSize), tree: nil)
        verifyManifest(program, plain)
        walk(program, plain)
        stream(program, "firmware/stream-digest", plain, image, [])
        var builder = try ChunkTreeBuilder(chunkSize: UInt64(pieceSize), using: Release.crypto)
        builder.update(image.span)
        let (root, nodes) = try builder.finish()
        let chunked = try Release(image: digest, size: UInt64(imageSize), tree: root)
        stream(program, "firmware/stream-chunk-tree", chunked, image, nodes)
        program.finish()
    }

    static func verifyManifest(_ program: BenchmarkProgram, _ release: Release) {
        guard let envelope = try? Envelope(release.envelope),
            let signature = envelope.signatures.first
        else { return program.fail("the envelope does not parse") }
        let payload = envelope.manifestDigest.encoded
        let message = signature.toBeSigned(payload: payload.span)
        let bytes = signature.signature
        let key = release.signer.key
        let crypto = SodiumCryptography()
        program.compare(
            "firmware/verify-manifest",
            count: 1_000,
            bar: 1.3,
            peer: (
                "crypto_sign_verify_detached",
                { count in
                    var valid: UInt64 = 0
                    for _ in 0..<count where crypto.verify(bytes.span, over: message.span, by: key)
                    {
                        valid += 1
                    }
                    return valid
                }
            ),
            ours: { count in
                var valid: UInt64 = 0
                for _ in 0..<count where release.verify() { valid += 1 }
                return valid
            }
        )
    }

    static func walk(_ program: BenchmarkProgram, _ release: Release) {
        // The envelope, and the manifest inside of it.
        let envelope = release.envelope
        guard let parsed = try? Envelope(envelope), let manifest = try? parsed.untrustedManifest()
        else { return program.fail("the envelope does not parse") }
        let inner = manifest.encoded
        let shared =
            manifest.sharedSequence.map { sequence in
                var only = Manifest(sequenceNumber: 1, components: manifest.components)
                only.sharedSequence = sequence
                return only.encoded
            }
        let inputs: [[UInt8]] = [envelope, inner, shared ?? []]
        program.compare(
            "cbor/walk-envelope",
            count: 100_000,
            bar: 3,
            peer: (
                "C walk",
                { count in
                    var total: UInt64 = 0
                    for _ in 0..<count {
                        for input in inputs {
                            total &+= UInt64(
                                input.withUnsafeBufferPointer {
                                    iot_cbor_walk($0.baseAddress, $0.count)
                                }
                            )
                        }
                    }
                    return total
                }
            ),
            ours: { count in
                var total: UInt64 = 0
                for _ in 0..<count {
                    for input in inputs { total &+= UInt64(length(input.span)) }
                }
                return total
            }
        )
    }

    static func length(_ bytes: Span<UInt8>) -> Int {
        var decoder = CBORDecoder(bytes)
        do { return try decoder.skipItem().upperBound } catch { return 0 }
    }

    static func stream(
        _ program: BenchmarkProgram,
        _ name: String,
        _ release: Release,
        _ image: [UInt8],
        _ nodes: [UInt8]
    ) {
        program.compare(
            name,
            count: 4,
            bar: 1 / 0.9,
            peer: (
                "raw SHA-256",
                { count in
                    var total: UInt64 = 0
                    for _ in 0..<count {
                        var hash = Release.crypto.makeSHA256()
                        for at in stride(from: 0, to: image.count, by: pieceSize) {
                            hash.update(image.span.extracting(at..<at + pieceSize))
                        }
                        blackHole(hash.finish())
                        total += UInt64(image.count)
                    }
                    return total
                }
            ),
            ours: { count in
                var total: UInt64 = 0
                for _ in 0..<count { total += (try? verifyStream(release, image, nodes)) ?? 0 }
                return total
            }
        )
    }

    static func verifyStream(
        _ release: Release,
        _ image: [UInt8],
        _ nodes: [UInt8]
    ) throws -> UInt64 {
        var verifier = try PayloadVerifier(
            release.verified,
            component: release.component,
            using: Release.crypto
        )
        loop: while true {
            switch verifier.need {
            case .node(let index):
                let at = Int(index) * 64
                try verifier.supply(node: nodes.span.extracting(at..<at + 64))
            case .bytes:
                let at = Int(verifier.offset)
                let end = min(image.count, at + pieceSize)
                _ = try verifier.update(image.span.extracting(at..<end))
            case .nothing: break loop
            }
        }
        return try verifier.finish().byteCount
    }
}
