#if Endpoint
internal import ArgumentParser
internal import CloudEndpoint
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import X509Verification

/// Where `serve` listens beside plain MQTT, and with which certificate.
struct SecureListenerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Port for MQTT over TLS; 0 lets the system choose.", valueName: "port")
    )
    var tlsPort: Int?

    @Option(
        help: ArgumentHelp("Port for MQTT over WebSocket, path /mqtt.", valueName: "port")
    )
    var websocketPort: Int?

    @Option(
        help: ArgumentHelp("Port for MQTT over WebSocket over TLS.", valueName: "port")
    )
    var websocketTlsPort: Int?

    @Option(
        help: ArgumentHelp("The server's certificate chain, PEM.", valueName: "file")
    )
    var certificate: String?

    @Option(help: ArgumentHelp("The key of that certificate, PEM.", valueName: "file"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Authorities of device certificates, PEM. Given, TLS clients need a certificate.",
            valueName: "file"
        )
    )
    var clientCa: String?

    @Option(
        help: ArgumentHelp(
            "A list of revoked certificates, PEM or DER; may be repeated.",
            valueName: "file"
        )
    )
    var crl: [String] = []

    @OptionGroup(title: "Registration of devices")
    var registration: RegistryOptions

    @Flag(help: "Let TLS clients in without a certificate, as the principal `anonymous`.")
    var clientCertificateOptional = false

    func validate() throws {
        let ports = [tlsPort, websocketPort, websocketTlsPort]
        for port in ports.compactMap({ $0 }) where !(0...65_535).contains(port) {
            throw ValidationError("a port is 0...65535, not \(port)")
        }
        guard certificate != nil && key != nil || tlsPort == nil && websocketTlsPort == nil else {
            throw ValidationError(
                "--tls-port and --websocket-tls-port need --certificate and --key"
            )
        }
        if !crl.isEmpty, clientCa == nil, !registration.isUsed {
            throw ValidationError("--crl needs --client-ca, --registry or --register-ca")
        }
        if clientCa != nil, registration.isUsed {
            throw ValidationError("--client-ca and a registry exclude each other")
        }
    }

    /// The listeners beside plain MQTT.
    func listeners(host: String) -> [CloudEndpoint.Configuration.Listener] {
        var result: [CloudEndpoint.Configuration.Listener] = []
        if let tlsPort { result.append(.init(host: host, port: tlsPort, isSecure: true)) }
        if let websocketPort {
            result.append(.init(host: host, port: websocketPort, transport: .webSocket))
        }
        if let websocketTlsPort {
            result.append(
                .init(host: host, port: websocketTlsPort, transport: .webSocket, isSecure: true)
            )
        }
        return result
    }

    /// What TLS needs, and what comes with it.
    struct Secured {
        let server: TLSServer
        let provisioning: (any ProvisioningResponder)?
        let watched: [FileReloader.Source]
        let services: [any Service]
    }

    /// Reads the files, and says which to watch.
    func tls(
        _ policies: PolicyDirectory?,
        _ logger: Logger
    ) async throws -> Secured? {
        guard let certificate, let key else { return nil }
        var watched: [FileReloader.Source] = []
        var services: [any Service] = []
        var provisioning: (any ProvisioningResponder)?
        var admission: (any CertificateAdmission)?
        if registration.isUsed {
            let opened = try await registration.open(policies, logger)
            let registry = opened.registry
            provisioning = opened.provisioning
            watched += opened.watched
            registry.replaceRevocationLists(try Self.lists(crl))
            admission = registry
            services.append(RegistryWatch(registry))
            watched.append(
                .files("revocation lists", crl) { [crl] in
                    registry.replaceRevocationLists(try Self.lists(crl))
                }
            )
        } else if let clientCa {
            let anchors = try Self.certificates(clientCa).map { TrustAnchor($0) }
            let authorities = TrustedAuthorities(anchors: anchors, crls: try Self.lists(crl))
            admission = authorities
            if !crl.isEmpty {
                watched.append(
                    .files("revocation lists", crl) { [crl] in
                        authorities.replaceRevocationLists(try Self.lists(crl))
                    }
                )
            }
        }
        let server = try TLSServer(
            certificateFile: certificate,
            keyFile: key,
            clientCertificates: clientCertificates,
            admission: admission
        )
        watched.append(
            .files("server certificate", [certificate, key]) {
                try server.replace(certificateFile: certificate, keyFile: key)
            }
        )
        return Secured(
            server: server,
            provisioning: provisioning,
            watched: watched,
            services: services
        )
    }

    private static func certificates(_ path: String) throws -> [Certificate] {
        let text = String(decoding: try contents(path), as: UTF8.self)
        let certificates = try Certificate.fromPEM(text)
        guard !certificates.isEmpty else { throw ValidationError("no certificate in \(path)") }
        return certificates
    }

    private var clientCertificates: TLSServer.ClientCertificates {
        guard clientCa != nil || registration.isUsed else { return .none }
        return clientCertificateOptional ? .optional : .required
    }

    private static func lists(_ paths: [String]) throws -> CRLSet {
        var lists: [CertificateRevocationList] = []
        for path in paths {
            let bytes = try contents(path)
            if bytes.first == 0x30 {
                lists.append(try CertificateRevocationList(der: bytes))
                continue
            }
            for block in try PEM.decode(bytes.span) where block.label == "X509 CRL" {
                lists.append(try CertificateRevocationList(der: block.der))
            }
        }
        return CRLSet(lists)
    }
}
#endif
