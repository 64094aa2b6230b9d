#if Endpoint
internal import ArgumentParser
internal import CloudEndpoint
internal import Foundation
internal import Logging
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
        if !crl.isEmpty, clientCa == nil { throw ValidationError("--crl needs --client-ca") }
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

    /// Reads the files, and says which to watch.
    func tls() throws -> (server: TLSServer, watched: [FileReloader.Source])? {
        guard let certificate, let key else { return nil }
        var watched: [FileReloader.Source] = []
        var admission: TrustedAuthorities?
        if let clientCa {
            let text = String(decoding: try Self.contents(clientCa), as: UTF8.self)
            let anchors = try Certificate.fromPEM(text).map { TrustAnchor($0) }
            guard !anchors.isEmpty else { throw ValidationError("no certificate in \(clientCa)") }
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
        return (server, watched)
    }

    private var clientCertificates: TLSServer.ClientCertificates {
        guard clientCa != nil else { return .none }
        return clientCertificateOptional ? .optional : .required
    }

    private static func contents(_ path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path) cannot be read")
        }
        return data
    }

    private static func lists(_ paths: [String]) throws -> CRLSet {
        var lists: [CertificateRevocationList] = []
        for path in paths {
            let bytes = [UInt8](try contents(path))
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
