import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Private keys, requests and certificates")
struct PrivateKeyTests {
    static let kinds: [OpenSSLPrivateKey.Kind] = [
        .ec(.p256), .ec(.p384), .ec(.p521), .rsa(bits: 2048), .ed25519,
    ]

    @Test("a signature verifies with the public half, and with no other message", arguments: kinds)
    func signs(kind: OpenSSLPrivateKey.Kind) throws {
        let key = try OpenSSLPrivateKey.generate(kind)
        let crypto = OpenSSLCrypto()
        let signature = try key.sign([1, 2, 3])
        for (message, expected): ([UInt8], Bool) in [([1, 2, 3], true), ([1, 2, 4], false)] {
            let isValid = crypto.verify(
                signature.span,
                over: message.span,
                algorithm: key.signatureAlgorithm,
                key: key.publicKey
            )
            #expect(isValid == expected)
        }
    }

    @Test("RFC 5958 a key written as PKCS #8 and read again is the same key", arguments: kinds)
    func roundTrip(kind: OpenSSLPrivateKey.Kind) throws {
        let key = try OpenSSLPrivateKey.generate(kind)
        let again = try OpenSSLPrivateKey(pem: try #require(key.pem))
        #expect(again.publicKey == key.publicKey)
        let copy = try key.withPKCS8 { try OpenSSLPrivateKey(der: $0) }
        #expect(copy?.publicKey == key.publicKey)
    }

    @Test("a private key with a trailing byte, and RSA of 2047 or 8193 bits, are refused")
    func refuses() throws {
        let key = try OpenSSLPrivateKey.generate(.ec(.p256))
        _ = key.withPKCS8 { bytes in
            var longer = (0..<bytes.count).map { bytes[$0] }
            longer.append(0)
            #expect(throws: PrivateKeyError.malformed) {
                _ = try OpenSSLPrivateKey(der: longer.span)
            }
        }
        for bits in [2047, 8193] {
            #expect(throws: PrivateKeyError.unsupported) {
                _ = try OpenSSLPrivateKey.generate(.rsa(bits: bits))
            }
        }
    }

    @Test("RFC 2986 a request holds what was asked for and proves possession", arguments: kinds)
    func requests(kind: OpenSSLPrivateKey.Kind) throws {
        let key = try OpenSSLPrivateKey.generate(kind)
        let request = try SigningRequestTemplate(
            subject: DistinguishedName([(.commonName, "device-1")]),
            extensions: [.subjectAltName([.uri("urn:dev:1")]), .keyUsage(.digitalSignature)]
        ).sign(with: key)
        #expect(request.subject.values(of: .commonName) == ["device-1"])
        #expect(request.alternativeNames == [.uri("urn:dev:1")])
        #expect(request.keyUsage == .digitalSignature)
        var keys = KeyPolicy()
        keys.allowsEd25519 = true
        #expect(request.refusal(keys: keys, crypto: OpenSSLCrypto()) == nil)
        var forged = request.der
        forged[forged.count - 1] ^= 1
        // An octet of an ECDSA integer may also make the signature malformed; both are refused.
        #expect(
            try CertificateSigningRequest(der: forged).refusal(keys: keys, crypto: OpenSSLCrypto())
                == .signatureInvalid
        )
    }

    @Test("a key of Ed25519 is refused where the policy does not allow it")
    func refusesEd25519() throws {
        let key = try OpenSSLPrivateKey.generate(.ed25519)
        let request = try SigningRequestTemplate(subject: DistinguishedName([])).sign(with: key)
        #expect(request.refusal(crypto: OpenSSLCrypto()) == .keyNotAllowed)
    }

    @Test("FIPS 180-4 SHA-256 of abc")
    func digest() {
        let text = Array("abc".utf8)
        let digest = OpenSSLCrypto().sha256(text.span)
        #expect(
            digest
                == octets("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        )
    }

    @Test("the cache of keys stays within its size and answers the same", arguments: [0, 1, 4])
    func cache(size: Int) throws {
        let crypto = OpenSSLCrypto(cachedKeys: size)
        let keys = try (0..<6).map { _ in try OpenSSLPrivateKey.generate(.ec(.p256)) }
        for _ in 0..<3 {
            for key in keys {
                let signature = try key.sign([9])
                let message: [UInt8] = [9]
                let isValid = crypto.verify(
                    signature.span,
                    over: message.span,
                    algorithm: key.signatureAlgorithm,
                    key: key.publicKey
                )
                #expect(isValid)
            }
        }
    }
}
