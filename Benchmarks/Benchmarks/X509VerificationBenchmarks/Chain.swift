import IoTCYardstickX509
import IoTTime
import X509Verification
import X509VerificationOpenSSL

/// The moment of every validation.
let now = WallClock(seconds: 1_780_272_000)

/// A leaf, its intermediate and the anchor, as DER.
struct Chain {
    let der: [[UInt8]]
    let certificates: [Certificate]

    init(_ kind: OpenSSLPrivateKey.Kind) throws {
        let keys = try (0..<3).map { _ in try OpenSSLPrivateKey.generate(kind) }
        let names = ["device-1", "Intermediate", "Root"].map {
            DistinguishedName([(.organization, "Example IoT"), (.commonName, $0)])
        }
        let identifiers = keys.map { Array(OpenSSLCrypto().sha256($0.publicKey.der.span)[..<20]) }
        certificates = try (0..<3).map { i in
            let issuer = min(i + 1, 2)
            var template = CertificateTemplate(
                serialNumber: [0x11, UInt8(i), 0x42, 0x99],
                issuer: names[issuer],
                subject: names[i],
                notBefore: now.adding(seconds: -86_400),
                notAfter: now.adding(seconds: 86_400),
                publicKey: keys[i].publicKey
            )
            template.extensions =
                i == 0
                ? [
                    .basicConstraints(isCA: false), .keyUsage(.digitalSignature),
                    .extendedKeyUsage(.clientAuth),
                    .subjectAltName([.dns("device-1.example.com"), .uri("urn:dev:1")]),
                ] : [.basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign])]
            template.extensions += [
                .subjectKeyIdentifier(identifiers[i]), .authorityKeyIdentifier(identifiers[issuer]),
            ]
            return try template.sign(with: keys[issuer])
        }
        der = certificates.map(\.der)
    }

    /// Everything fresh: three certificates, the validator and its keys.
    func validateFresh() -> Bool {
        guard let leaf = try? Certificate(der: der[0]),
            let intermediate = try? Certificate(der: der[1]),
            let anchor = try? Certificate(der: der[2])
        else { return false }
        let validator = PathValidator(
            anchors: [TrustAnchor(anchor)],
            profile: .iotClient,
            crypto: OpenSSLCrypto()
        )
        return validator.validate(leaf, intermediates: [intermediate], at: now).isAccepted
    }

    func validateWithC() -> Bool {
        der[0].withUnsafeBufferPointer { a in
            der[1].withUnsafeBufferPointer { b in
                der[2].withUnsafeBufferPointer { c in
                    var pointers = (a.baseAddress, b.baseAddress, c.baseAddress)
                    var counts = (a.count, b.count, c.count)
                    return withUnsafePointer(to: &pointers) { p in
                        withUnsafePointer(to: &counts) { n in
                            p.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 3) { p in
                                n.withMemoryRebound(to: Int.self, capacity: 3) { n in
                                    iot_yardstick_verify_chain(p, n, now.seconds) == 1
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The two signatures of the path, with keys that are prepared already.
    func rawSignatures() -> [OpaquePointer] {
        (0..<2).compactMap { i in
            certificates[i].withTBS { tbs in
                certificates[i].withSignature { signature in
                    tbs.withUnsafeBufferPointer { t in
                        signature.withUnsafeBufferPointer { s in
                            iot_yardstick_signature_new(
                                der[i + 1],
                                der[i + 1].count,
                                t.baseAddress,
                                t.count,
                                s.baseAddress,
                                s.count
                            )
                        }
                    }
                }
            }
        }
    }
}

func count(_ n: Int, _ body: () -> Bool) -> UInt64 {
    var sum: UInt64 = 0
    for _ in 0..<n where body() { sum += 1 }
    return sum
}
