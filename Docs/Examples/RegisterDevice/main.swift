// DeviceRegistration: a certificate nobody has seen is registered by its first connection.

import DeviceRegistration
import IoTTime
import X509Verification
import X509VerificationOpenSSL

let now = WallClock(seconds: 1_700_000_000)
let key = try OpenSSLPrivateKey.generate(.ec(.p256))
let name = DistinguishedName([(.commonName, "Factory")])

/// A certificate of the factory.
func certificate(
    _ serial: UInt8,
    _ extensions: [CertificateTemplate.Extension]
) throws -> Certificate {
    let holder = serial == 1 ? key : try OpenSSLPrivateKey.generate(.ec(.p256))
    var template = CertificateTemplate(
        serialNumber: [serial],
        issuer: name,
        subject: serial == 1 ? name : DistinguishedName([(.commonName, "lamp-7")]),
        notBefore: now,
        notAfter: now.adding(seconds: 86_400),
        publicKey: holder.publicKey
    )
    template.extensions = extensions
    return try template.sign(with: key)
}

let authority = try certificate(
    1,
    [
        .basicConstraints(isCA: true), .keyUsage([.keyCertSign]),
        .subjectKeyIdentifier([1, 2, 3, 4]),
    ]
)
let device = try certificate(
    2,
    [
        .keyUsage([.digitalSignature]), .extendedKeyUsage(.clientAuth),
        .authorityKeyIdentifier([1, 2, 3, 4]),
    ]
)
let registrar = Registrar(
    store: InMemoryRegistryStore(),
    crypto: OpenSSLCrypto(),
    settings: .init(accountID: "000000000000")
)
var registration = AuthorityRegistration(authority, verification: nil)
registration.mode = .sniOnly  // no proof of possession: whoever runs this vouches for the authority
registration.setAsActive = true
registration.allowsAutoRegistration = true
_ = try await registrar.register(registration, at: now).get()

/// What becomes of a connection of the device.
func connect() async -> String {
    let chain = [device.der]
    switch await registrar.admit(chain, serverName: "iot.example.com", crls: .none, at: now) {
    case .admitted(let principal): return "admitted, serial number \(principal.facts.serialNumber)"
    case .pending(let record, let event):
        return "pending\(event == nil ? "" : ", published"): \(record.id.rawValue.prefix(8))…"
    case .refused(let refusal): return "refused: \(refusal.code)"
    }
}

print("first connection:", await connect().prefix(18))
if let id = CertificateID(device.id(crypto: OpenSSLCrypto())) {
    _ = try await registrar.apply(.activate, to: id, at: now).get()
    print("activated:", await connect())
    _ = try await registrar.apply(.update(.revoked), to: id, at: now).get()
    print("revoked:", await connect())
}
