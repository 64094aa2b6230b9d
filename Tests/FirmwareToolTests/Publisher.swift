import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import FirmwareTool
import Foundation
import IoTTestSupport
import Testing

typealias TestCryptography = CombinedCryptography<OpenSSLCryptography, SodiumCryptography>
let testCrypto = TestCryptography(
    ed25519: SodiumCryptography(),
    others: OpenSSLCryptography()
)

/// Publishes releases into memory or into a folder.
struct Publisher {
    let signer: SodiumSigner
    let root: [UInt8]
    let vendor: HardwareIdentifier
    var files: [String: [UInt8]] = [:]
    static let clock = FirmwareTime(seconds: 1_000)

    init() throws {
        signer = try SodiumSigner(seed: [UInt8](repeating: 5, count: 32))
        vendor = try #require(HardwareIdentifier([UInt8](1...16)))
        let roles = try RoleKeys(threshold: 1, keys: [signer.key])
        var author = TrustRoot.author(
            Self.header(1),
            roles: [.root: roles, .release: roles, .manifest: roles]
        )
        try author.sign(with: signer)
        root = author.encoded()
    }

    static func header(_ version: UInt64) -> TrustDocumentHeader {
        TrustDocumentHeader(
            version: version,
            environment: "test",
            issued: FirmwareTime(seconds: 900),
            expires: FirmwareTime(seconds: 1 << 40)
        )
    }

    var device: DeviceDescription {
        DeviceDescription(
            vendor: .uuid(vendor),
            classIdentifier: vendor,
            components: [DeviceComponent(ComponentIdentifier("app"), capacity: 1 << 24)]
        )
    }

    static func image(_ version: UInt64, count: Int = 200_000) -> [UInt8] {
        var g = SplitMix64(seed: version)
        return g.bytes(count)
    }

    mutating func publish(_ version: UInt64, count: Int = 200_000) throws {
        let image = Self.image(version, count: count)
        var builder = try ChunkTreeBuilder(chunkSize: 4_096, using: testCrypto)
        builder.update(image.span)
        let (root, nodes) = try builder.finish()
        var update = ComponentUpdate(
            ComponentIdentifier("app"),
            imageDigest: testCrypto.sha256(image.span),
            imageSize: UInt64(image.count),
            uri: "image-\(version).bin"
        )
        update.chunkTree = root
        let manifest = Manifest.update(
            sequenceNumber: version,
            vendor: .uuid(vendor),
            classIdentifier: vendor,
            securityCounter: version,
            components: [update]
        )
        var author = EnvelopeAuthor(manifest, using: testCrypto)
        try author.sign(with: signer)
        let entry = ReleaseSet.Entry(
            component: ComponentIdentifier("app"),
            sequenceNumber: version,
            manifestDigest: try #require(author.digest)
        )
        var releases = ReleaseSet.author(Self.header(version), entries: [entry])
        try releases.sign(with: signer)
        files["manifest.cbor"] = author.encoded()
        files["releases.cbor"] = releases.encoded()
        files["image-\(version).bin"] = image
        files["image-\(version).bin.tree"] = nodes
    }

    func write(to folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        for (name, bytes) in files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
    }
}

/// Files in memory.
struct MemorySource: UpdateSource {
    let files: [String: [UInt8]]

    func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit: Int
    ) throws(FirmwareError) -> [UInt8]? {
        guard let bytes = files[path] else { return nil }
        guard let range else { return bytes }
        return Array(bytes.dropFirst(Int(range.lowerBound)).prefix(range.count))
    }
}

/// A folder that is gone with its owner.
final class TemporaryFolder {
    let path: String
    init() {
        path = FileManager.default.temporaryDirectory.path + "/firmware-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true
        )
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}
