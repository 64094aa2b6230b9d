#if Endpoint
internal import NIOCore
internal import NIOSSL
internal import X509Verification
internal import X509VerificationOpenSSL

/// What a client proves its name with, and whom it believes.
struct ClientIdentity: Sendable {
    /// For the timeline.
    let name: String
    /// The certificate's identifier; what the endpoint calls the principal.
    let id: String
    /// Keys and certificates for MQTT over TLS.
    let context: NIOSSLContext
    /// The same for HTTPS.
    let webContext: NIOSSLContext

    /// Prepares mutual TLS.
    ///
    /// - Parameters:
    ///   - name: for the timeline.
    ///   - issued: the client's own certificate and key.
    ///   - root: the authority that the server's certificate must lead to.
    /// - Throws: NIOSSL's error where it cannot read what was made.
    init(_ name: String, _ issued: LocalAuthority.Issued, trusting root: Certificate) throws {
        self.name = name
        id = issued.id
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates([try NIOSSLCertificate(bytes: root.der, format: .der)])
        tls.certificateChain = [
            .certificate(try NIOSSLCertificate(bytes: issued.certificate.der, format: .der))
        ]
        let pem = Array((issued.key.pem ?? "").utf8)
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: pem, format: .pem))
        tls.minimumTLSVersion = .tlsv12
        tls.shutdownTimeout = .milliseconds(200)
        tls.applicationProtocols = ["mqtt"]
        context = try NIOSSLContext(configuration: tls)
        tls.applicationProtocols = ["http/1.1"]
        webContext = try NIOSSLContext(configuration: tls)
    }
}
#endif
