#if Endpoint
internal import IoTTime
internal import Synchronization

/// Who is at the other end of a TLS connection that carries HTTP.
///
/// Its requests run one after the other, in tasks that find it as ``current``.
final class HTTPPeer: Sendable {
    /// The peer of the connection whose request this task answers; `nil` without TLS.
    @TaskLocal static var current: HTTPPeer?

    private struct Verdict {
        var refusal: AdmissionRefusal?
        var admittedAt: UInt64
    }

    /// The certificate that was admitted in the handshake; `nil` without one.
    let certificate: AdmittedCertificate?
    private let verdict: Mutex<Verdict>

    /// Starts with what the handshake found.
    init(_ result: HandshakeResult) {
        certificate = result.certificate
        verdict = Mutex(Verdict(refusal: result.refusal, admittedAt: result.admittedAt))
    }

    /// Judges the certificate again where anything has changed since the last verdict.
    ///
    /// - Returns: why it may not be used, or not any more.
    func refusal(
        by admission: (any CertificateAdmission)?,
        at now: WallClock
    ) async -> AdmissionRefusal? {
        let known = verdict.withLock { $0 }
        if let refusal = known.refusal { return refusal }
        guard let certificate, let admission else { return nil }
        if now >= certificate.validUntil {
            return AdmissionRefusal(code: "expired", description: "its path is valid no more")
        }
        let version = admission.changes.version
        guard version != known.admittedAt else { return nil }
        var refusal: AdmissionRefusal?
        if case .refused(let reason) = await admission.recheck(certificate, at: now) {
            refusal = reason
        }
        verdict.withLock { $0 = Verdict(refusal: refusal, admittedAt: version) }
        return refusal
    }
}
#endif
