#if Endpoint
internal import Foundation
internal import JSONDocument
internal import X509Verification
internal import X509VerificationOpenSSL

/// The files of `iot-cloud init`.
struct StarterFolder {
    /// Where they go.
    let path: String
    /// The first device.
    let device: String
    /// Plain MQTT, MQTT over TLS, HTTP over TLS.
    let ports: (plain: Int, tls: Int, https: Int)

    private static let console = "console"

    /// Makes keys, certificates, policies and the configuration.
    ///
    /// - Parameters:
    ///   - names: further names and IPv4 addresses of the server.
    ///   - days: how long certificates are valid.
    /// - Throws: ``PrivateFile/Failure`` where a file exists, before anything is made.
    func make(names: [String], days: Int64) throws {
        for file in files where FileManager.default.fileExists(atPath: at(file)) {
            throw PrivateFile.Failure(
                description: "\(at(file)) exists; nothing was made or changed"
            )
        }
        for folder in ["", "devices", "policies"] {
            try FileManager.default.createDirectory(
                atPath: at(folder),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755]
            )
        }
        let authority = try LocalAuthority("Authority", days: days)
        try write(authority.certificate, authority.key.pem, as: "ca")
        let server = try authority.issue(
            "localhost",
            for: .server(
                [.dns("localhost"), .ip([127, 0, 0, 1])] + names.map(Self.generalName)
            ),
            days: days
        )
        try write(server.certificate, server.key.pem, as: "server")
        for name in [device, Self.console] {
            let issued = try authority.issue(name, for: .client, days: days)
            try write(issued.certificate, issued.key.pem, as: "devices/" + name)
            if name == Self.console { try writePolicies(console: issued.id) }
        }
        try PrivateFile.write(configuration, to: at("iot-cloud.json"), mode: 0o644)
    }

    private var files: [String] {
        ["ca", "server", "devices/" + device, "devices/" + Self.console]
            .flatMap { [$0 + ".pem", $0 + ".key"] } + [
                "policies/device.json", "policies/console.json", "policies/principals.json",
                "iot-cloud.json",
            ]
    }

    private func at(_ file: String) -> String { file.isEmpty ? path : path + "/" + file }

    private func write(_ certificate: Certificate, _ key: String?, as name: String) throws {
        guard let key else { throw PrivateFile.Failure(description: "a key cannot be written") }
        try PrivateFile.write(key, to: at(name + ".key"))
        try PrivateFile.write(certificate.pem, to: at(name + ".pem"), mode: 0o644)
    }

    private static func generalName(_ text: String) -> GeneralName {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let octets = parts.compactMap { UInt8($0) }
        return parts.count == 4 && octets.count == 4 ? .ip(octets) : .dns(text)
    }

    private func writePolicies(console id: String) throws {
        try PrivateFile.write(Self.devicePolicy, to: at("policies/device.json"), mode: 0o644)
        try PrivateFile.write(Self.consolePolicy, to: at("policies/console.json"), mode: 0o644)
        let principals = """
            {
              "*": {"policies": ["device"]},
              "\(id)": {"policies": ["console"]}
            }

            """
        try PrivateFile.write(principals, to: at("policies/principals.json"), mode: 0o644)
    }

    /// Each device speaks under the common name of its certificate, about itself.
    private static let devicePolicy = """
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": "iot:Connect",
              "Resource": "arn:aws:iot:local:000000000000:client/${iot:Certificate.Subject.CommonName}"
            },
            {
              "Effect": "Allow",
              "Action": ["iot:Publish", "iot:Receive", "iot:RetainPublish", "iot:GetRetainedMessage"],
              "Resource": [
                "arn:aws:iot:local:000000000000:topic/device/${iot:Certificate.Subject.CommonName}/*",
                "arn:aws:iot:local:000000000000:topic/$aws/things/${iot:Certificate.Subject.CommonName}/shadow/*"
              ]
            },
            {
              "Effect": "Allow",
              "Action": "iot:Subscribe",
              "Resource": [
                "arn:aws:iot:local:000000000000:topicfilter/device/${iot:Certificate.Subject.CommonName}/*",
                "arn:aws:iot:local:000000000000:topicfilter/$aws/things/${iot:Certificate.Subject.CommonName}/shadow/*"
              ]
            },
            {
              "Effect": "Allow",
              "Action": ["iot:GetThingShadow", "iot:UpdateThingShadow"],
              "Resource": [
                "arn:aws:iot:local:000000000000:thing/${iot:Certificate.Subject.CommonName}",
                "arn:aws:iot:local:000000000000:thing/${iot:Certificate.Subject.CommonName}/*"
              ]
            }
          ]
        }

        """

    /// The operator may do everything that a client can do.
    private static let consolePolicy = """
        {
          "Version": "2012-10-17",
          "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]
        }

        """

    private var configuration: String {
        """
        {
          "host": "127.0.0.1",
          "port": \(ports.plain),
          "tlsPort": \(ports.tls),
          "httpsPort": \(ports.https),
          "certificate": "server.pem",
          "key": "server.key",
          "clientCa": "ca.pem",
          "policies": "policies",
          "shadows": "shadows.sqlite"
        }

        """
    }

    /// What was made, and commands to paste.
    var instructions: String {
        """
        made \(path)/
          ca.pem, ca.key          the authority of the server and of all clients
          server.pem, server.key  for localhost, 127.0.0.1 and the names you gave
          devices/                certificates and keys of \(device) and of your console
          policies/               device.json for everybody, console.json for the console
          iot-cloud.json          what serve reads

        Start the endpoint:

          \(program) serve --config \(quoted("iot-cloud.json"))

        Listen as the console, in a second terminal:

          mosquitto_sub \(mqtt(Self.console)) -t 'device/#' -v

        Publish as the device, in a third one:

          mosquitto_pub \(mqtt(device)) -q 1 -t device/\(device)/state -m '{"celsius": 21}'

        Report the device's state, and read it:

          curl \(tls(device)) -d '{"state": {"reported": {"power": "on"}}}' \(shadow)
          curl \(tls(device)) \(shadow)
        """
    }

    private var shadow: String { "https://localhost:\(ports.https)/things/\(device)/shadow" }

    private func mqtt(_ name: String) -> String {
        "-h localhost -p \(ports.tls) --cafile \(quoted("ca.pem")) "
            + "--cert \(quoted("devices/\(name).pem")) --key \(quoted("devices/\(name).key")) "
            + "-V mqttv5 -i \(name)"
    }

    private func tls(_ name: String) -> String {
        "--cacert \(quoted("ca.pem")) --cert \(quoted("devices/\(name).pem")) "
            + "--key \(quoted("devices/\(name).key"))"
    }

    /// This program, as it was called.
    private var program: String { Self.quoted(CommandLine.arguments.first ?? "iot-cloud") }

    private func quoted(_ file: String) -> String { Self.quoted(at(file)) }

    /// A path as a shell takes it.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x2D, 0x2E, 0x2F, 0x5F].contains($0)
        }
        return isPlain ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
#endif
