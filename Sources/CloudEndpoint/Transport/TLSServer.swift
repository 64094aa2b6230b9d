#if Endpoint
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The server's side of TLS: its certificate, and whether clients have to show theirs.
///
/// The certificate can be replaced while the endpoint runs; connections that are open keep the old
/// one, new ones get the new one.
public final class TLSServer: Sendable {
    /// Whether a client has to prove who it is.
    public enum ClientCertificates: Hashable, Sendable {
        /// Never asked for one.
        case none
        /// Asked; one that is presented must be admitted.
        case optional
        /// Asked, and refused without.
        case required
    }

    /// Names that are offered by ALPN; the first that the client offers too is taken.
    static let applicationProtocols = ["x-amzn-mqtt-ca", "mqtt", "http/1.1"]

    /// What clients have to show.
    public let clientCertificates: ClientCertificates
    /// Judges what they show; without one nobody's certificate is admitted.
    public let admission: (any CertificateAdmission)?
    private let current: Mutex<NIOSSLContext>

    /// Reads a certificate chain and its key, in PEM.
    ///
    /// - Throws: NIOSSL's error when a file cannot be read, or the key does not fit.
    public init(
        certificateFile: String,
        keyFile: String,
        clientCertificates: ClientCertificates,
        admission: (any CertificateAdmission)?
    ) throws {
        self.clientCertificates = clientCertificates
        self.admission = admission
        current = Mutex(try Self.context(certificateFile, keyFile, clientCertificates))
    }

    /// Takes another certificate for new connections.
    ///
    /// - Throws: as the initialiser; the old certificate then stays.
    public func replace(certificateFile: String, keyFile: String) throws {
        let context = try Self.context(certificateFile, keyFile, clientCertificates)
        current.withLock { $0 = context }
    }

    /// For a new connection.
    var context: NIOSSLContext { current.withLock { $0 } }

    private static func context(
        _ certificateFile: String,
        _ keyFile: String,
        _ clientCertificates: ClientCertificates
    ) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
        let key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = applicationProtocols
        switch clientCertificates {
        case .none: tls.certificateVerification = .none
        case .optional: tls.certificateVerification = .optionalVerification
        case .required: tls.certificateVerification = .noHostnameVerification
        }
        // The system's authorities have no say; every presented chain reaches the admission.
        tls.trustRoots = .certificates([])
        // What devices may sign their handshake with: P-521 in, SHA-1 out.
        tls.verifySignatureAlgorithms = [
            .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .ed25519,
            .rsaPssRsaeSha256, .rsaPssRsaeSha384, .rsaPssRsaeSha512, .rsaPkcs1Sha256,
            .rsaPkcs1Sha384, .rsaPkcs1Sha512,
        ]
        // A peer that sends no close_notify must not delay the stop.
        tls.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: tls)
    }
}
#endif
