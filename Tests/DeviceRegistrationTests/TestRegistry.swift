import DeviceRegistration
import IoTTestSupport
import IoTTime
import Synchronization
import X509Verification
import X509VerificationOpenSSL

typealias TestRegistrar = Registrar<InMemoryRegistryStore, OpenSSLCrypto>

/// A certificate with its key.
struct Party {
    var certificate: Certificate
    var key: OpenSSLPrivateKey

    var der: [UInt8] { certificate.der }
}

/// A sequence that is the same in every run.
final class TestRandom: RandomSource {
    private let state: Mutex<SplitMix64>

    init(_ seed: UInt64 = 1) { state = Mutex(SplitMix64(seed: seed)) }

    func randomBytes(_ count: Int) -> [UInt8] {
        state.withLock { generator in
            (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        }
    }
}

/// A registry with certificates made for one test.
struct TestRegistry {
    static let now = WallClock(seconds: 1_780_272_000)
    static let day: Int64 = 86_400

    let registrar: TestRegistrar
    let random = TestRandom()

    init(_ change: (inout TestRegistrar.Settings) -> Void = { _ in }) {
        var settings = TestRegistrar.Settings(accountID: "123456789012")
        change(&settings)
        registrar = TestRegistrar(
            store: InMemoryRegistryStore(),
            crypto: OpenSSLCrypto(),
            settings: settings
        )
    }

    var store: InMemoryRegistryStore { registrar.store }

    static func name(_ commonName: String) -> DistinguishedName {
        DistinguishedName([(.organization, "Example"), (.commonName, commonName)])
    }

    static func authority(
        _ commonName: String = "CA",
        by issuer: Party? = nil,
        key: OpenSSLPrivateKey? = nil,
        from: Int64 = -3600,
        until: Int64 = 30 * day
    ) throws -> Party {
        let key = try key ?? .generate(.ec(.p256))
        var template = CertificateTemplate(
            serialNumber: [1],
            issuer: issuer?.certificate.subject ?? name(commonName),
            subject: name(commonName),
            notBefore: now.adding(seconds: from),
            notAfter: now.adding(seconds: until),
            publicKey: key.publicKey
        )
        template.extensions = [
            .basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign]),
            .subjectKeyIdentifier(key.publicKey.identifier(crypto: OpenSSLCrypto())),
            .authorityKeyIdentifier([1, 2, 3, 4]),
        ]
        return Party(certificate: try template.sign(with: issuer?.key ?? key), key: key)
    }

    /// A device's certificate; of version 1, as the documented commands make them.
    static func device(
        by issuer: Party,
        _ subject: DistinguishedName = name("device-1"),
        serial: [UInt8] = [0x42],
        key: OpenSSLPrivateKey? = nil,
        from: Int64 = -3600,
        until: Int64 = 20 * day
    ) throws -> Party {
        let key = try key ?? .generate(.ec(.p256))
        let template = CertificateTemplate(
            serialNumber: serial,
            issuer: issuer.certificate.subject,
            subject: subject,
            notBefore: now.adding(seconds: from),
            notAfter: now.adding(seconds: until),
            publicKey: key.publicKey
        )
        return Party(certificate: try template.sign(with: issuer.key), key: key)
    }

    /// Registers a CA that registers its devices.
    @discardableResult
    func add(
        _ authority: Party,
        mode: CertificateMode = .default,
        setAsActive: Bool = true,
        allowsAutoRegistration: Bool = true,
        configuration: RegistrationConfiguration? = nil
    ) async throws -> AuthorityRecord {
        var proof: Certificate?
        if mode == .default {
            let code = await registrar.registrationCode(using: random)
            let subject = DistinguishedName([(.commonName, code)])
            proof = try Self.device(by: authority, subject, serial: [0x77]).certificate
        }
        var registration = AuthorityRegistration(authority.certificate, verification: proof)
        registration.mode = mode
        registration.setAsActive = setAsActive
        registration.allowsAutoRegistration = allowsAutoRegistration
        registration.configuration = configuration
        return try await registrar.register(registration, at: Self.now).get()
    }

    func admit(
        _ chain: [Party],
        serverName: String? = nil,
        crls: CRLSet = .none,
        at time: WallClock = now
    ) async -> Admission {
        await registrar.admit(chain.map(\.der), serverName: serverName, crls: crls, at: time)
    }

    @discardableResult
    func apply(
        _ change: StatusChange,
        to party: Party,
        at time: WallClock = now
    ) async throws -> StatusTransition {
        try await registrar.apply(change, to: id(party), at: time).get()
    }

    func id(_ party: Party) -> CertificateID {
        let text = party.certificate.id(crypto: registrar.crypto)
        guard let id = CertificateID(text) else { preconditionFailure("\(text)") }
        return id
    }

    func status(_ party: Party) -> CertificateStatus? { store.certificate(id(party))?.status }
}

extension Admission {
    /// `admitted`, `pending`, `pending+event`, or the code of the refusal.
    var word: String {
        switch self {
        case .admitted: "admitted"
        case .pending(_, nil): "pending"
        case .pending: "pending+event"
        case .refused(let refusal): refusal.code
        }
    }

    var event: RegistrationEvent? {
        if case .pending(_, let event) = self { return event }
        return nil
    }

    var principal: DevicePrincipal? {
        if case .admitted(let principal) = self { return principal }
        return nil
    }

    var refusal: Refusal? {
        if case .refused(let refusal) = self { return refusal }
        return nil
    }
}

/// Changes ECDSA signatures without the key.
enum SignatureVariant {
    /// The order of P-256, most significant octet first.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63,
        0x25, 0x51,
    ]

    /// The certificate with n − s in the place of s: as valid as before, with another id.
    static func malleated(_ certificate: Certificate) throws -> Certificate {
        try rewritten(certificate) { signature in
            // SEQUENCE { INTEGER r, INTEGER s }
            let rEnd = 4 + Int(signature[3])
            let s = Array(signature[(rEnd + 2)...])
            let padded = [UInt8](repeating: 0, count: max(0, 32 - s.count)) + s.suffix(32)
            var result = [UInt8](repeating: 0, count: 32)
            var borrow = 0
            for i in (0..<32).reversed() {
                let difference = Int(order[i]) - Int(padded[i]) - borrow
                borrow = difference < 0 ? 1 : 0
                result[i] = UInt8((difference + 256) % 256)
            }
            while result.count > 1, result[0] == 0, result[1] < 0x80 { result.removeFirst() }
            if result[0] >= 0x80 { result.insert(0, at: 0) }
            let body = Array(signature[2..<rEnd]) + [0x02, UInt8(result.count)] + result
            return [0x30, UInt8(body.count)] + body
        }
    }

    /// The certificate with another last octet of its signature.
    static func broken(_ certificate: Certificate) throws -> Certificate {
        try rewritten(certificate) { $0.dropLast() + [$0[$0.count - 1] ^ 1] }
    }

    private static func rewritten(
        _ certificate: Certificate,
        _ change: ([UInt8]) -> [UInt8]
    ) throws -> Certificate {
        let der = certificate.der
        let tbs = certificate.withTBS { span in span.indices.map { span[$0] } }
        let old = certificate.withSignature { span in span.indices.map { span[$0] } }
        let header = der.count - body(der)
        let algorithm = Array(der[(header + tbs.count)..<(der.count - old.count - 3)])
        let signature = change(old)
        let content =
            tbs + algorithm + [0x03, UInt8(signature.count + 1), 0x00] + signature
        let length: [UInt8] =
            content.count < 256
            ? [0x81, UInt8(content.count)]
            : [0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        return try Certificate(der: [0x30] + length + content)
    }

    /// Octets of the outermost element's content.
    private static func body(_ der: [UInt8]) -> Int {
        switch der[1] {
        case 0x81: der.count - 3
        case 0x82: der.count - 4
        default: der.count - 2
        }
    }
}
