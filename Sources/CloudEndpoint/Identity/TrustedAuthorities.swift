#if Endpoint
public import IoTTime
internal import Synchronization
public import X509Verification
internal import X509VerificationOpenSSL

/// Admits every certificate with a valid path to one of a few authorities.
///
/// The lists of revoked certificates can be replaced while connections are open.
public final class TrustedAuthorities: CertificateAdmission {
    /// Certificates that a client may send, its own included.
    public static let maximumChain = 10
    /// Bytes of all of them.
    public static let maximumChainBytes = 64 << 10
    /// Clients whose intermediates are remembered for resumed sessions.
    private static let rememberedClients = 10_000

    private struct State {
        var lists: CRLSet
        /// Certificates that came with a client's own: a resumed session brings its own alone.
        var intermediates: [String: [Certificate]] = [:]
    }

    /// Rises with the lists.
    public let changes = ChangeSignal()
    private let validator: PathValidator<OpenSSLCrypto>
    private let crypto: OpenSSLCrypto
    private let state: Mutex<State>

    /// Trusts some authorities.
    ///
    /// - Parameters:
    ///   - anchors: where paths may end.
    ///   - profile: the rules, those for devices unless said otherwise.
    ///   - crls: what is revoked; see ``X509Verification/Profile/revocation``.
    public init(anchors: [TrustAnchor], profile: Profile = .iotClient, crls: CRLSet = .none) {
        crypto = OpenSSLCrypto()
        validator = PathValidator(anchors: anchors, profile: profile, crypto: crypto)
        state = Mutex(State(lists: crls))
    }

    /// Replaces the lists; live connections whose certificate they name end at once.
    public func replaceRevocationLists(_ lists: CRLSet) {
        state.withLock { $0.lists = lists }
        changes.notify()
    }

    /// Parses what was presented and looks for a path.
    public func admit(
        _ chain: [[UInt8]],
        serverName: String?,
        at now: WallClock
    ) -> AdmissionVerdict {
        guard !chain.isEmpty, chain.count <= Self.maximumChain,
            chain.reduce(0, { $0 + $1.count }) <= Self.maximumChainBytes
        else {
            let text = "\(chain.count) certificates; limits are \(Self.maximumChain) and 64 KiB"
            return .refused(AdmissionRefusal(code: "chain-size", description: text))
        }
        var certificates: [Certificate] = []
        for (position, der) in chain.enumerated() {
            do throws(MalformedDER) {
                certificates.append(try Certificate(der: der))
            } catch {
                // A certificate beside the client's own may be anything; paths do without it.
                if position == 0 {
                    return .refused(
                        AdmissionRefusal(code: "malformed", description: "\(error)")
                    )
                }
            }
        }
        return judge(certificates[0], Array(certificates.dropFirst()), at: now)
    }

    /// Looks for a path again.
    public func recheck(
        _ certificate: AdmittedCertificate,
        at now: WallClock
    ) -> AdmissionVerdict {
        judge(certificate.certificate, certificate.intermediates, at: now)
    }

    private func judge(
        _ leaf: Certificate,
        _ presented: [Certificate],
        at now: WallClock
    ) -> AdmissionVerdict {
        let facts = CertificateFacts(leaf, crypto: crypto)
        let (lists, remembered) = state.withLock { ($0.lists, $0.intermediates[facts.id] ?? []) }
        let intermediates = presented.isEmpty ? remembered : presented
        let outcome = validator.validate(leaf, intermediates: intermediates, crls: lists, at: now)
        switch outcome.result {
        case .success(let chain):
            remember(intermediates, for: facts.id)
            return .admitted(
                AdmittedCertificate(
                    certificate: leaf,
                    intermediates: intermediates,
                    facts: facts,
                    validUntil: chain.validUntil
                )
            )
        case .failure(let error):
            return .refused(AdmissionRefusal(code: error.code, description: "\(error)"))
        }
    }

    private func remember(_ intermediates: [Certificate], for id: String) {
        guard !intermediates.isEmpty else { return }
        state.withLock { state in
            guard state.intermediates[id] == nil else { return }
            // Forgetting costs a resumed session one full handshake, nothing else.
            if state.intermediates.count >= Self.rememberedClients,
                let any = state.intermediates.keys.first
            {
                state.intermediates[any] = nil
            }
            state.intermediates[id] = intermediates
        }
    }
}
#endif
