import FileEncryption
import Foundation
import IoTTestSupport
import Testing

@Suite("age v1 testkit")
struct AgeTestkitTests {
    @Test("every case is answered as the testkit says, with the partial plaintext it says")
    func testkit() throws {
        let suite = VectorSuite(
            label: "age-testkit",
            variable: "IOT_VECTORS_AGE",
            shared: "file-encryption/age-testkit"
        )
        guard let folder = suite.location else { return suite.reportMissing() }
        var passed = 0
        var failed = 0
        var skipped = 0
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        for name in names where !name.hasPrefix(".") {
            let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
            guard let vector = AgeVector(bytes), !vector.needsPostQuantum else {
                skipped += 1
                continue
            }
            // Whole, and in pieces whose size has nothing to do with lines or chunks.
            let outcomes = [vector.run(pieces: .max), vector.run(pieces: 4_093)]
            if outcomes.allSatisfy({ vector.accepts($0) }) {
                passed += 1
            } else {
                failed += 1
                Issue.record("\(name): expected \(vector.expect), got \(outcomes.map(\.error))")
            }
        }
        suite.report(passed: passed, failed: failed, skipped: skipped)
        #expect(failed == 0)
        #expect(passed > 0)
    }
}

/// One file of the testkit.
struct AgeVector {
    var expect = ""
    var payload = ""
    var identities: [Identity] = []
    var isArmored = false
    var needsPostQuantum = false
    var file: [UInt8] = []

    struct Outcome {
        var plain: [UInt8] = []
        var error: DecryptionError?
    }

    /// `nil` for a file with unknown keys, as the testkit asks.
    init?(_ bytes: [UInt8]) {
        var start = 0
        var isCompressed = false
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            let line = String(decoding: bytes[start..<end], as: UTF8.self)
            start = end + 1
            if line.isEmpty { break }
            guard let colon = line.range(of: ": ") else { return nil }
            let value = String(line[colon.upperBound...])
            switch line[..<colon.lowerBound] {
            case "expect": expect = value
            case "payload": payload = value
            case "identity":
                if let key = try? Identity(bech32: SecureBytes(copying: [UInt8](value.utf8).span)) {
                    identities.append(key)
                } else {
                    needsPostQuantum = true
                }
            case "passphrase":
                identities.append(.passphrase(SecureBytes(copying: [UInt8](value.utf8).span)))
            case "armored": isArmored = value == "yes"
            case "compressed": isCompressed = value == "zlib"
            case "file key", "comment": break
            default: return nil
            }
        }
        file = [UInt8](bytes[start...])
        if isCompressed {
            guard let inflated = inflate(file) else { return nil }
            file = inflated
        }
    }

    func run(pieces: Int) -> Outcome {
        var outcome = Outcome()
        let policy = DecryptionPolicy(encoding: isArmored ? .armored : .binary)
        var decryptor = Decryptor(identities: identities, policy: policy)
        var at = 0
        func step(_ body: (inout OutputSpan<UInt8>) throws(DecryptionError) -> Void, _ n: Int) {
            let released = [UInt8](capacity: Decryptor.outputBound(for: n)) { output in
                do throws(DecryptionError) { try body(&output) } catch { outcome.error = error }
            }
            outcome.plain += released
        }
        while at < file.count, outcome.error == nil {
            let end = pieces > file.count - at ? file.count : at + pieces
            let piece = Array(file[at..<end])
            step(
                { (o) throws(DecryptionError) in try decryptor.update(piece.span, into: &o) },
                piece.count
            )
            at = end
        }
        if outcome.error == nil {
            step({ (o) throws(DecryptionError) in _ = try decryptor.finish(into: &o) }, 0)
        }
        return outcome
    }

    func accepts(_ outcome: Outcome) -> Bool {
        let classified =
            switch outcome.error?.failure {
            case nil: "success"
            case .noMatch: "no match"
            case .mac: "HMAC failure"
            case .header, .limit: "header failure"
            case .armor: "armor failure"
            case .payload: "payload failure"
            default: "other"
            }
        guard classified == expect else { return false }
        return payload.isEmpty ? outcome.plain.isEmpty : sha256(outcome.plain) == payload
    }
}
