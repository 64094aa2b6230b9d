import IoTTestSupport
import Testing
import X509Verification

@Suite("RFC 7468 textual encoding")
struct PEMTests {
    @Test("§3 blocks of every length round-trip")
    func roundTrip() throws {
        var random = SplitMix64(seed: 9)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            let text = PEM.encode(bytes, label: "X509 CRL")
            let blocks = try PEM.decode("comment\n" + text + text)
            #expect(blocks.map(\.der) == [bytes, bytes])
            #expect(blocks.map(\.label) == ["X509 CRL", "X509 CRL"])
            let dos = text.split(separator: "\n").map { $0 + "\r\n" }.joined()
            #expect(try PEM.decode(dos).map(\.der) == [bytes])
        }
    }

    @Test(
        "§2 and §3 boundaries match, lines are full, base64 is canonical",
        arguments: [
            ("-----BEGIN A-----\nAAAA\n", MalformedDER.Violation.pemBoundary, 23),
            ("-----BEGIN A-----\nAAAA\n-----END B-----\n", .pemBoundary, 23),
            ("-----END A-----\n", .pemBoundary, 0),
            ("-----BEGIN A----\n", .pemBoundary, 0),
            ("-----BEGIN -----\n-----END -----\n", .pemBoundary, 0),
            ("-----BEGIN A-----\nAA\nAA\n-----END A-----\n", .base64, 21),
            ("-----BEGIN A-----\n\n-----END A-----\n", .base64, 18),
            ("-----BEGIN A-----\nA*AA\n-----END A-----\n", .base64, 19),
            ("-----BEGIN A-----\nAA==AA==\n-----END A-----\n", .base64, 22),
            ("-----BEGIN A-----\nAB==\n-----END A-----\n", .base64, 23),
            ("-----BEGIN A-----\nAAA\n-----END A-----\n", .base64, 22),
            ("-----BEGIN A-----\nA===\n-----END A-----\n", .base64, 19),
        ]
    )
    func refuses(text: String, violation: MalformedDER.Violation, offset: Int) {
        #expect(throws: MalformedDER(violation, at: offset)) { _ = try PEM.decode(text) }
    }

    @Test("blocks and bytes at their limit, and one more")
    func limits() throws {
        let block = PEM.encode([1], label: "A")
        var limits = PEM.Limits()
        limits.blocks = 2
        #expect(try PEM.decode(block + block, limits: limits).count == 2)
        #expect(throws: MalformedDER(.oversize(limit: 2), at: block.utf8.count * 2)) {
            _ = try PEM.decode(block + block + block, limits: limits)
        }
        limits.bytes = block.utf8.count
        #expect(try PEM.decode(block, limits: limits).count == 1)
        #expect(throws: MalformedDER(.oversize(limit: block.utf8.count), at: 0)) {
            _ = try PEM.decode(block + "\n", limits: limits)
        }
    }
}
