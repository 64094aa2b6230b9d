#if Endpoint
internal import FirmwareManifest
internal import FirmwareTool
internal import Foundation

/// The publisher's side: keys, a trust root, and three signed releases.
struct FirmwareReleases: Sendable {
    private static let vendor = HardwareIdentifier("4c616d70-2046-6163-746f-727900000001")
    private static let deviceClass = HardwareIdentifier("4c616d70-2046-6163-746f-727900000007")

    private let folder: String

    /// Publishes below a folder.
    init(_ folder: String) { self.folder = folder }

    /// What the device is.
    static var device: DeviceDescription {
        get throws(FirmwareError) {
            guard let vendor, let deviceClass else { throw FirmwareError(.otherHardware) }
            return DeviceDescription(
                vendor: .uuid(vendor),
                classIdentifier: deviceClass,
                components: [DeviceComponent(ComponentIdentifier("app"), capacity: 1 << 24)]
            )
        }
    }

    /// Seconds since 1970.
    static func now() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

    /// The image of a release.
    func image(_ number: UInt64) -> String { folder + "/image-\(number).bin" }

    private func header(_ version: UInt64) -> TrustDocumentHeader {
        TrustDocumentHeader(
            version: version,
            environment: "demo",
            issued: FirmwareTime(seconds: Self.now() - 10 + version),
            expires: FirmwareTime(seconds: Self.now() + 86_400)
        )
    }

    private var keys: [String] { ["ed25519", "p256"].map { folder + "/firmware-\($0).key" } }

    /// Makes keys, the root, and three signed releases.
    func prepare() throws {
        _ = try FirmwareTool.keygen(.ed25519, path: keys[0])
        _ = try FirmwareTool.keygen(.p256, path: keys[1])
        let first = keys[0] + ".pub"
        _ = try FirmwareTool.root(
            FirmwareTool.RootOptions(
                header: header(1),
                rootKeys: ([first], 1),
                releaseKeys: ([first], 1),
                manifestKeys: (keys.map { $0 + ".pub" }, 2),
                signers: [keys[0]],
                output: folder + "/root.cbor"
            )
        )
        try FileManager.default.createDirectory(
            atPath: folder + "/www/firmware",
            withIntermediateDirectories: true
        )
        for number in UInt64(1)...3 { try sign(number) }
    }

    private func sign(_ number: UInt64) throws {
        let bytes = (0..<400_000).map {
            UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7 ^ Int(number))
        }
        try Data(bytes).write(to: URL(fileURLWithPath: image(number)))
        let envelope = folder + "/manifest-\(number).cbor"
        guard let vendor = Self.vendor, let deviceClass = Self.deviceClass else {
            throw FirmwareError(.otherHardware)
        }
        var options = FirmwareTool.ManifestOptions(
            sequenceNumber: number,
            vendor: vendor,
            deviceClass: deviceClass,
            images: [(ComponentIdentifier("app"), image(number), "image-\(number).bin")],
            output: envelope
        )
        options.securityCounter = number
        _ = try FirmwareTool.manifest(options)
        _ = try FirmwareTool.sign(envelope, signers: keys)
        _ = try FirmwareTool.release(
            header: header(number),
            envelopes: [envelope],
            signers: [keys[0]],
            output: folder + "/releases-\(number).cbor"
        )
    }

    /// Puts a release on the server.
    func publish(_ number: UInt64, isTampered: Bool = false) throws {
        let files = [
            ("manifest-\(number).cbor", "manifest.cbor"),
            ("releases-\(number).cbor", "releases.cbor"),
            ("image-\(number).bin", "image-\(number).bin"),
            ("image-\(number).bin.tree", "image-\(number).bin.tree"),
        ]
        for (source, name) in files {
            var data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + source))
            if isTampered, name.hasSuffix(".bin") { data[data.count / 2] ^= 1 }
            // Renamed over the old one, as the server wants it.
            try data.write(
                to: URL(fileURLWithPath: folder + "/www/firmware/" + name),
                options: .atomic
            )
        }
    }
}
#endif
