import Foundation
import IoTTestSupport
import Testing

@testable import FileEncryption

@Suite("IOTSEG 1 vectors")
struct SegmentedVectorTests {
    struct Vectors: Decodable {
        struct Case: Decodable {
            var name: String
            var expect: String
            var file_zlib: String
            var identity: String?
            var passphrase: String?
            var context: String?
            var sender: String?
            var plaintext_sha256: String?
        }
        var cases: [Case]
    }

    @Test("every file of the second implementation is answered as it says")
    func vectors() throws {
        let suite = VectorSuite(
            label: "segmented-file",
            variable: "IOT_VECTORS_SEGMENTED",
            vendored: "segmented-file/vectors.json"
        )
        guard let url = suite.location else { return suite.reportMissing() }
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        var failed = 0
        for vector in vectors.cases {
            let packed = try #require(Data(base64Encoded: vector.file_zlib))
            let file = try #require(inflate([UInt8](packed)))
            var identities: [Identity] = []
            if let key = vector.identity {
                identities.append(Identity(secret: SecureBytes(copying: bytes(hex: key).span)))
            }
            if let text = vector.passphrase { identities.append(.passphrase(secret(text))) }
            var policy = DecryptionPolicy(allowsProvisionalOutput: true)
            policy.context = vector.context.map { FileContext($0) }
            policy.senders = try vector.sender.map { [try SenderKey(bytes: bytes(hex: $0))] }
            let whole = answer(file, identities, policy, pieces: file.count)
            let cut = answer(file, identities, policy, pieces: 977)
            let sought = seek(file, identities, policy)
            let isRight =
                whole.kind == vector.expect && cut.kind == vector.expect
                && sought.kind == vector.expect
                && (vector.plaintext_sha256 == nil
                    || [whole.plain, cut.plain, sought.plain].allSatisfy {
                        sha256($0) == vector.plaintext_sha256
                    })
            if !isRight {
                failed += 1
                Issue.record(
                    "\(vector.name): \(vector.expect), got \(whole.kind) \(cut.kind) \(sought.kind)"
                )
            }
        }
        suite.report(passed: vectors.cases.count - failed, failed: failed, skipped: 0)
        #expect(vectors.cases.count > 0)
    }

    private func answer(
        _ file: [UInt8],
        _ identities: [Identity],
        _ policy: DecryptionPolicy,
        pieces: Int
    ) -> (kind: String, plain: [UInt8]) {
        var decryptor = Decryptor(identities: identities, policy: policy)
        var plain: [UInt8] = []
        do throws(DecryptionError) {
            for at in stride(from: 0, to: file.count, by: max(1, pieces)) {
                let end = min(at + pieces, file.count)
                try plain.appendOutput(Decryptor.outputBound(for: end - at)) {
                    (output) throws(DecryptionError) in
                    try decryptor.update(file.span.extracting(at..<end), into: &output)
                }
            }
            try plain.appendOutput(Decryptor.outputBound(for: 0)) {
                (output) throws(DecryptionError) in
                let verified = try decryptor.finish(into: &output)
                #expect((verified.verifiedSender != nil) == (policy.senders != nil))
            }
        } catch { return (kind(error), plain) }
        return ("success", plain)
    }

    /// The same by random access, with the whole pass at the end.
    private func seek(
        _ file: [UInt8],
        _ identities: [Identity],
        _ policy: DecryptionPolicy
    ) -> (kind: String, plain: [UInt8]) {
        var plain: [UInt8] = []
        do throws(DecryptionError) {
            let reader = try SeekableDecryptor(
                MemorySource(file),
                identities: identities,
                policy: policy
            )
            _ = try reader.verifyAll()
            let size = Int(reader.plaintextSize)
            try plain.appendOutput(size) { (output) throws(DecryptionError) in
                try reader.read(at: 0, count: size, into: &output)
            }
        } catch { return (kind(error), plain) }
        return ("success", plain)
    }

    private func kind(_ error: DecryptionError) -> String {
        switch error.failure {
        case .header: "header"
        case .noMatch: "noMatch"
        case .commitment: "commitment"
        case .context: "context"
        case .limit: "limit"
        case .payload: "payload"
        case .seal: "seal"
        case .sender: "sender"
        default: "other"
        }
    }
}
