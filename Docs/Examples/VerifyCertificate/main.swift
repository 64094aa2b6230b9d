// X509Verification and X509VerificationOpenSSL: issue a certificate, and judge it.

import IoTTime
import X509Verification
import X509VerificationOpenSSL

let now = WallClock(seconds: 1_700_000_000)

/// A certificate for a new key, valid for a day.
func issue(
    _ subject: String,
    by issuer: (name: String, key: OpenSSLPrivateKey)? = nil
) throws -> (Certificate, OpenSSLPrivateKey) {
    let key = try OpenSSLPrivateKey.generate(.ec(.p256))
    var template = CertificateTemplate(
        serialNumber: [issuer == nil ? 1 : 2],
        issuer: DistinguishedName([(.commonName, issuer?.name ?? subject)]),
        subject: DistinguishedName([(.commonName, subject)]),
        notBefore: now,
        notAfter: now.adding(seconds: 86_400),
        publicKey: key.publicKey
    )
    template.extensions =
        issuer == nil
        ? [.basicConstraints(isCA: true), .keyUsage([.keyCertSign])]
        : [.keyUsage([.digitalSignature]), .extendedKeyUsage(.clientAuth)]
    template.extensions.append(
        issuer == nil
            ? .subjectKeyIdentifier([1, 2, 3, 4]) : .authorityKeyIdentifier([1, 2, 3, 4])
    )
    return (try template.sign(with: issuer?.key ?? key), key)
}

let (authority, authorityKey) = try issue("Factory")
let (device, _) = try issue("lamp-7", by: ("Factory", authorityKey))
let validator = PathValidator(
    anchors: [TrustAnchor(authority)],
    profile: .iotClient,
    crypto: OpenSSLCrypto()
)
for moment in [now, now.adding(seconds: 100_000)] {
    switch validator.validate(device, at: moment).result {
    case .success(let chain): print("good until \(chain.validUntil.seconds)")
    case .failure(let error): print("\(error.code): \(error)")
    }
}
