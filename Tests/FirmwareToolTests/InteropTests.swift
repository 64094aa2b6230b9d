import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import FirmwareTool
import Foundation
import IoTTestSupport
import Testing

/// The other side: cbor2, pycose and cryptography of the virtual environment at the project's root.
@Suite("COSE interoperability")
struct InteropTests {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func python(_ script: String, _ arguments: [String]) throws -> String? {
        let python = root.appendingPathComponent(".venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            print("cose-interop: 0 passed, 0 failed, 1 skipped (.venv/bin/python is not there)")
            return nil
        }
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", script] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    static let verify = """
        import sys, hashlib, cbor2
        from pycose.messages import CoseMessage
        from pycose.keys import OKPKey, EC2Key
        from pycose.keys.curves import Ed25519, P256
        envelope = cbor2.loads(open(sys.argv[1], "rb").read())
        assert envelope.tag == 107
        members = envelope.value
        wrapper = cbor2.loads(members[2])
        digest = cbor2.loads(wrapper[0])
        assert digest == [-16, hashlib.sha256(cbor2.dumps(members[3])).digest()]
        for block, kind, key in zip(wrapper[1:], sys.argv[2::2], sys.argv[3::2]):
            key = bytes.fromhex(key)
            message = CoseMessage.decode(block)
            message.key = OKPKey(Ed25519, x=key) if kind == "ed25519" else EC2Key(P256, x=key[1:33], y=key[33:])
            assert message.verify_signature(detached_payload=wrapper[0])
            again = cbor2.dumps(cbor2.loads(block), canonical=True)
            assert again == block
        manifest = cbor2.loads(members[3])
        assert manifest[1] == 1 and manifest[2] == 7
        print("ok", len(wrapper) - 1)
        """

    static let author = """
        import sys, hashlib, cbor2
        from pycose.messages import Sign1Message
        from pycose.headers import Algorithm, KID
        from pycose.algorithms import EdDSA, Es256
        from pycose.keys import OKPKey, EC2Key
        from cryptography.hazmat.primitives.asymmetric import ed25519, ec
        from cryptography.hazmat.primitives import serialization as s
        manifest = open(sys.argv[1], "rb").read()
        digest = cbor2.dumps([-16, hashlib.sha256(cbor2.dumps(manifest)).digest()])
        a = ed25519.Ed25519PrivateKey.generate()
        b = ec.generate_private_key(ec.SECP256R1())
        ax = a.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)
        ad = a.private_bytes(s.Encoding.Raw, s.PrivateFormat.Raw, s.NoEncryption())
        n = b.private_numbers()
        one = Sign1Message(phdr={Algorithm: EdDSA}, uhdr={KID: b"k"})
        one.key = OKPKey(crv="ED25519", x=ax, d=ad)
        block_a = one.encode(detached_payload=digest)
        two = Sign1Message(phdr={Algorithm: Es256})
        x = n.public_numbers.x.to_bytes(32, "big"); y = n.public_numbers.y.to_bytes(32, "big")
        two.key = EC2Key(crv="P_256", x=x, y=y, d=n.private_value.to_bytes(32, "big"))
        block_b = two.encode(detached_payload=digest)
        envelope = cbor2.CBORTag(107, {2: cbor2.dumps([digest, block_a, block_b]), 3: manifest})
        open(sys.argv[2], "wb").write(cbor2.dumps(envelope, canonical=True))
        print(ax.hex(), "04" + x.hex() + y.hex())
        """

    @Test("RFC 9052 §4.4 envelopes of ours verify there, theirs verify here")
    func bothWays() throws {
        let folder = TemporaryFolder()
        let ours = folder.path + "/ours.cbor"
        let publisher = try Publisher()
        let p256 = try OpenSSLSigner.generate()
        let digest = testCrypto.sha256([1].span)
        let manifest = Manifest.update(
            sequenceNumber: 7,
            vendor: .uuid(publisher.vendor),
            classIdentifier: publisher.vendor,
            components: [
                ComponentUpdate(
                    ComponentIdentifier("app"),
                    imageDigest: digest,
                    imageSize: 1,
                    uri: "a"
                )
            ]
        )
        var author = EnvelopeAuthor(manifest, using: testCrypto)
        try author.sign(with: publisher.signer)
        try author.sign(with: p256)
        try Data(author.encoded()).write(to: URL(fileURLWithPath: ours))
        func text(_ key: PinnedKey) -> String {
            key.bytes.map { String(format: "%02x", $0) }.joined()
        }
        let verified = try Self.python(
            Self.verify,
            [ours, "ed25519", text(publisher.signer.key), "p256", text(p256.key)]
        )
        guard let verified else { return }
        #expect(verified == "ok 2\n", "\(verified)")

        let theirs = folder.path + "/theirs.cbor"
        let plain = folder.path + "/manifest.cbor"
        try Data(manifest.encoded).write(to: URL(fileURLWithPath: plain))
        let output = try #require(try Self.python(Self.author, [plain, theirs]))
        let keys = output.split(whereSeparator: \.isWhitespace).map { word in
            stride(from: 0, to: word.count - 1, by: 2).compactMap { i in
                let start = word.index(word.startIndex, offsetBy: i)
                return UInt8(word[start..<word.index(start, offsetBy: 2)], radix: 16)
            }
        }
        #expect(keys.count == 2, "\(output)")
        guard keys.count == 2 else { return }
        let envelope = try Envelope(
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: theirs)))
        )
        let pinned = [
            try PinnedKey(.ed25519, bytes: keys[0]), try PinnedKey(.p256, bytes: keys[1]),
        ]
        #expect(try envelope.signers(among: pinned, using: testCrypto) == pinned)
        print("cose-interop: 2 passed, 0 failed, 0 skipped")
    }
}
