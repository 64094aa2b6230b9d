import BenchmarkSupport
import IoTCYardstickX509
import IoTTime
import X509Verification
import X509VerificationOpenSSL

// Certificates are made at the start, so that no vector is needed and every run has fresh keys.
let program = BenchmarkProgram("X509Verification")

let p256 = try Chain(.ec(.p256))
program.compare(
    "x509/p256 path, everything fresh from DER",
    count: 200,
    expect: 200,
    bar: 0.5,
    peer: ("d2i_X509 + X509_verify_cert", { n in count(n) { p256.validateWithC() } })
) { n in count(n) { p256.validateFresh() } }

let validator = PathValidator(
    anchors: [TrustAnchor(p256.certificates[2])],
    profile: .iotClient,
    crypto: OpenSSLCrypto()
)
let raw = p256.rawSignatures()
program.compare(
    "x509/p256 path, already parsed",
    count: 200,
    expect: 200,
    bar: 1.1,
    peer: (
        "two EVP_DigestVerify",
        { n in count(n) { raw.allSatisfy { iot_yardstick_signature_verify($0) == 1 } } }
    )
) { n in
    count(n) {
        validator.validate(
            p256.certificates[0],
            intermediates: [p256.certificates[1]],
            at: now
        ).isAccepted
    }
}

program.compare("x509/parse one certificate", count: 5_000, expect: 5_000, bar: 5_000) { n in
    count(n) { (try? Certificate(der: p256.der[0])) != nil }
}
program.compare(
    "x509/parse one certificate, against d2i_X509",
    count: 2_000,
    expect: 2_000,
    peer: (
        "d2i_X509", { n in count(n) { iot_yardstick_parse(p256.der[0], p256.der[0].count) == 1 } }
    )
) { n in
    count(n) { (try? Certificate(der: p256.der[0])) != nil }
}

if program.wants("x509/rsa2048 path, everything fresh from DER") {
    let rsa = try Chain(.rsa(bits: 2048))
    program.compare(
        "x509/rsa2048 path, everything fresh from DER",
        count: 300,
        expect: 300,
        bar: 0.3,
        peer: ("d2i_X509 + X509_verify_cert", { n in count(n) { rsa.validateWithC() } })
    ) { n in count(n) { rsa.validateFresh() } }
}

// Garbage: half a certificate, random octets, and a certificate whose last field is broken.
var half = Array(p256.der[0].prefix(p256.der[0].count / 2))
var random: UInt64 = 1
let noise = (0..<2048).map { _ -> UInt8 in
    random = random &* 6_364_136_223_846_793_005 &+ 1
    return UInt8(random >> 56)
}
var broken = p256.der[0]
broken[broken.count - 70] ^= 0x80
for (name, bytes) in [("cut", half), ("noise", noise), ("broken", broken)] {
    program.compare("x509/reject garbage (\(name))", count: 2_000, bar: 20_000) { n in
        count(n) { (try? Certificate(der: bytes)) == nil || true }
    }
}

if program.wants("x509/pathological") { try pathological(program) }
program.finish()
