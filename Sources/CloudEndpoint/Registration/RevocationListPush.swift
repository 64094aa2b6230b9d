#if Endpoint
internal import DeviceRegistration
internal import IoTTime
internal import Logging
internal import X509Verification
internal import X509VerificationOpenSSL

/// What became of a revocation list that was pushed.
enum RevocationListReceipt: Hashable, Sendable {
    /// It applies, to live connections as well.
    case accepted(issuer: String, entries: Int)
    /// It is none.
    case malformed(String)
    /// Delta lists, indirect ones, and those that are not valid now.
    case unsuitable(String)
    /// No CA of this endpoint signed it.
    case notOfAuthority
    /// One that is as new, or newer, is known.
    case notNewer
    /// It could not be kept.
    case failed(String)
}

/// An admission that takes revocation lists while it runs.
protocol RevocationListPush: Sendable {
    /// Takes a list, PEM or DER.
    func push(_ file: [UInt8], at now: WallClock) async -> RevocationListReceipt
}

/// Reads and judges a list that somebody pushed.
struct PushedRevocationList {
    let list: CertificateRevocationList
    /// The largest file, in bytes; a list has 16 MiB, its PEM a third more.
    static let maximumBytes = 24 << 20

    init(_ file: [UInt8]) throws(MalformedDER) {
        guard file.first != 0x30 else {
            list = try CertificateRevocationList(der: file)
            return
        }
        var limits = PEM.Limits()
        limits.bytes = Self.maximumBytes
        let blocks = try PEM.decode(file.span, limits: limits).filter { $0.label == "X509 CRL" }
        guard blocks.count == 1 else { throw MalformedDER(.pemBoundary, at: 0) }
        list = try CertificateRevocationList(der: blocks[0].der)
    }

    /// Why it cannot be used now, whoever signed it; `nil` where it can.
    func problem(at now: WallClock) -> String? {
        if list.isDelta { return "a delta list" }
        if list.isIndirect { return "an indirect list" }
        if now < list.thisUpdate { return "thisUpdate is in the future" }
        if let next = list.nextUpdate, now > next { return "nextUpdate is in the past" }
        return nil
    }

    /// Whether a CA signed it, and may. RFC 5280 §6.3.3 (f), (g)
    func isSigned(by certificate: Certificate, crypto: OpenSSLCrypto) -> Bool {
        guard certificate.subject == list.issuer,
            certificate.keyUsage?.contains(.crlSign) ?? true
        else { return false }
        return list.withTBS { tbs in
            list.withSignature { signature in
                crypto.verify(
                    signature,
                    over: tbs,
                    algorithm: list.signatureAlgorithm,
                    key: certificate.publicKey
                )
            }
        }
    }
}

extension DeviceRegistry: RevocationListPush {
    /// Takes the list of a registered CA: kept in the registry's file, where there is one.
    func push(_ file: [UInt8], at now: WallClock) async -> RevocationListReceipt {
        let pushed: PushedRevocationList
        do throws(MalformedDER) {
            pushed = try PushedRevocationList(file)
        } catch {
            return .malformed("\(error)")
        }
        if let problem = pushed.problem(at: now) { return .unsuitable(problem) }
        do {
            let candidates = try await registrar.store.authorities(subject: pushed.list.issuer)
            let crypto = registrar.crypto
            guard
                let authority = candidates.first(where: {
                    pushed.isSigned(by: $0.certificate, crypto: crypto)
                })
            else { return .notOfAuthority }
            let isKept =
                if let resources {
                    try await resources.database.keep(pushed.list, of: authority.id)
                } else {
                    keepPushed(pushed.list, of: authority.id)
                }
            guard isKept else { return .notNewer }
            try await resources?.refresh()
            refreshRevocationLists()
            changes.notify()
            logger.notice(
                "revocation list",
                metadata: ["authority": "\(authority.id)", "entries": "\(pushed.list.count)"]
            )
            return .accepted(issuer: authority.id.rawValue, entries: pushed.list.count)
        } catch {
            return .failed("\(error)")
        }
    }
}
#endif
