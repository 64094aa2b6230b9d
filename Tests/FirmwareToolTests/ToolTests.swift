import FirmwareManifest
import FirmwareTool
import Foundation
import IoTTestSupport
import Testing

@Suite("Firmware tool")
struct ToolTests {
    @Test("keygen, root, manifest, sign, release, verify, inspect, simulate: one after the other")
    func wholeWay() throws {
        let folder = TemporaryFolder()
        func path(_ name: String) -> String { folder.path + "/" + name }
        let publisher = try Publisher()
        for (name, algorithm) in [
            ("root1", SignatureAlgorithm.ed25519), ("root2", .ed25519), ("release", .p256),
            ("signer", .ed25519), ("second", .p256),
        ] {
            _ = try FirmwareTool.keygen(algorithm, path: path(name))
        }
        #expect(throws: FirmwareTool.Failure.self) {
            try FirmwareTool.keygen(.p256, path: path("release"))
        }
        var options = FirmwareTool.RootOptions(
            header: Publisher.header(1),
            rootKeys: ([path("root1.pub"), path("root2.pub")], 2),
            releaseKeys: ([path("release.pub")], 1),
            manifestKeys: ([path("signer.pub"), path("second.pub")], 2),
            signers: [path("root1"), path("root2")],
            output: path("root.1.cbor")
        )
        _ = try FirmwareTool.root(options)
        options.signers = [path("root1")]
        options.output = path("bad.cbor")
        #expect(throws: FirmwareTool.Failure.self) { try FirmwareTool.root(options) }
        let image = Publisher.image(3, count: 100_000)
        try Data(image).write(to: URL(fileURLWithPath: path("image.bin")))
        _ = try FirmwareTool.manifest(
            FirmwareTool.ManifestOptions(
                sequenceNumber: 7,
                vendor: publisher.vendor,
                deviceClass: publisher.vendor,
                images: [(ComponentIdentifier("app"), path("image.bin"), "image.bin")],
                output: path("manifest.cbor")
            )
        )
        _ = try FirmwareTool.sign(path("manifest.cbor"), signers: [path("signer")])
        try signExternally(path)
        _ = try FirmwareTool.release(
            header: Publisher.header(1),
            envelopes: [path("manifest.cbor")],
            signers: [path("release")],
            output: path("releases.cbor")
        )
        let device = FirmwareTool.DeviceOptions(
            root: path("root.1.cbor"),
            releases: path("releases.cbor"),
            device: publisher.device,
            clock: Publisher.clock
        )
        let verified = try FirmwareTool.verify(
            path("manifest.cbor"),
            device,
            images: [(ComponentIdentifier("app"), path("image.bin"))]
        )
        #expect(verified.last?.hasSuffix("is the image of app") == true)
        let inspected = try FirmwareTool.inspect(path("manifest.cbor"), device)
        #expect(inspected.first == "107({")
        #expect(inspected.contains("  fetch app from image.bin, 100000 bytes"))
        var other = device
        other.device.classIdentifier = try #require(
            HardwareIdentifier([UInt8](repeating: 0, count: 16))
        )
        let refused = try FirmwareTool.inspect(path("manifest.cbor"), other)
        #expect(refused.last?.contains("E_HARDWARE") == true)
        let steps = try FirmwareTool.simulate(
            folder: folder.path,
            root: path("root.1.cbor"),
            device: publisher.device,
            clock: Publisher.clock,
            work: path("device")
        )
        #expect(steps.suffix(2) == ["confirmed", "app: sequence number 7"])
    }

    /// The second signature, the way a token makes it.
    func signExternally(_ path: (String) -> String) throws {
        _ = try FirmwareTool.signingRequest(
            path("manifest.cbor"),
            publicKey: path("second.pub"),
            output: path("request.bin")
        )
        let pem = try String(contentsOfFile: path("second"), encoding: .utf8)
        let token = try KeyFile(privatePEM: pem)
        let request = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path("request.bin"))))
        let signature = try token.sign(request.span)
        try Data(signature).write(to: URL(fileURLWithPath: path("signature.bin")))
        _ = try FirmwareTool.attach(
            path("manifest.cbor"),
            publicKey: path("second.pub"),
            signature: path("signature.bin")
        )
        #expect(throws: FirmwareTool.Failure.self) {
            try FirmwareTool.attach(
                path("manifest.cbor"),
                publicKey: path("root1.pub"),
                signature: path("signature.bin")
            )
        }
    }
}
