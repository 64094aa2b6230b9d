// FirmwareManifest with both engines: a manifest that two keys must sign.

import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium

let crypto = CombinedCryptography(ed25519: SodiumCryptography(), others: OpenSSLCryptography())
let keys = try (1...2).map { try SodiumSigner(seed: [UInt8](repeating: $0, count: 32)) }
guard let vendor = HardwareIdentifier("4c616d70-2046-6163-746f-727900000001"),
    let deviceClass = HardwareIdentifier("4c616d70-2046-6163-746f-727900000007")
else { preconditionFailure("both are UUIDs") }

// The device knows a root: who may sign what, and how many must.
var root = TrustRoot.author(
    TrustDocumentHeader(
        version: 1,
        environment: "example",
        issued: FirmwareTime(seconds: 1_000),
        expires: FirmwareTime(seconds: 1_000_000)
    ),
    roles: [
        .root: try RoleKeys(threshold: 1, keys: [keys[0].key]),
        .release: try RoleKeys(threshold: 1, keys: [keys[0].key]),
        .manifest: try RoleKeys(threshold: 2, keys: keys.map(\.key)),
    ]
)
try root.sign(with: keys[0])
let state = DeviceState(root: try TrustRoot(provisioned: root.encoded()))
let device = DeviceDescription(
    vendor: .uuid(vendor),
    classIdentifier: deviceClass,
    components: [DeviceComponent(ComponentIdentifier("app"), capacity: 1 << 20)]
)

let image = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
var author = EnvelopeAuthor(
    Manifest.update(
        sequenceNumber: 1,
        vendor: .uuid(vendor),
        classIdentifier: deviceClass,
        components: [
            ComponentUpdate(
                ComponentIdentifier("app"),
                imageDigest: crypto.sha256(image.span),
                imageSize: UInt64(image.count),
                uri: "app.bin"
            )
        ]
    ),
    using: crypto
)

/// What a device says to the envelope as it is now.
func verdict(on envelope: [UInt8]) -> String {
    var policy = VerificationPolicy.default
    policy.requiresReleaseSet = false
    do throws(FirmwareError) {
        let manifest = try Envelope(envelope).verified(
            for: device,
            state: state,
            policy: policy,
            at: FirmwareTime(seconds: 2_000),
            using: crypto
        )
        return "verified, \(manifest.signers.count) signatures"
    } catch {
        return "refused: \(error.code.rawValue), \(error.violation)"
    }
}

for key in keys {
    try author.sign(with: key)
    print(verdict(on: author.encoded()))
}
