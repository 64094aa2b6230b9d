#if Endpoint
internal import ArgumentParser
internal import CloudEndpoint
internal import Foundation
internal import Logging

/// What `serve` offers over HTTP.
struct HTTPOptions: ParsableArguments {
    @Option(help: "TCP port for HTTP; 0 lets the system choose. Without it there is no HTTP.")
    var httpPort: Int?

    @Option(
        help: ArgumentHelp(
            "TCP port for HTTP over TLS, where policies decide for the client's certificate.",
            valueName: "port"
        )
    )
    var httpsPort: Int?

    @Option(help: ArgumentHelp("Serve this folder's files below /files/.", valueName: "folder"))
    var files: String?

    @Option(
        help: ArgumentHelp("File of rules (JSON); read again when it changes.", valueName: "file")
    )
    var rules: String?

    @Option(help: ArgumentHelp("Folder that rules may write to.", valueName: "folder"))
    var rulesData: String?

    @Option(
        help: ArgumentHelp(
            "File with the token that opens /rules and /metrics from elsewhere.",
            valueName: "file"
        )
    )
    var adminTokenFile: String?

    func validate() throws {
        for port in [httpPort, httpsPort].compactMap({ $0 }) where !(0...65_535).contains(port) {
            throw ValidationError("a port is 0...65535, not \(port)")
        }
        if files != nil, !isOn {
            throw ValidationError("--files needs --http-port or --https-port")
        }
    }

    /// Whether there is HTTP at all.
    private var isOn: Bool { httpPort != nil || httpsPort != nil }

    /// The engine, with the rules of the file.
    func engine(_ logger: Logger, _ watched: inout [FileReloader.Source]) throws -> RulesEngine? {
        guard rules != nil || isOn else { return nil }
        var configuration = RulesConfiguration()
        configuration.dataFolder = rulesData
        let engine = RulesEngine(configuration, logger: logger)
        if let rules {
            do { try engine.load(rules) } catch { throw ValidationError("\(error)") }
            watched.append(.files("rules", [rules]) { try engine.load(rules) })
        }
        return engine
    }

    func configuration(host: String) throws -> CloudEndpoint.HTTPConfiguration? {
        guard isOn else { return nil }
        var configuration = CloudEndpoint.HTTPConfiguration()
        if let httpPort { configuration.listeners.append(.init(host: host, port: httpPort)) }
        if let httpsPort {
            configuration.listeners.append(.init(host: host, port: httpsPort, isSecure: true))
        }
        configuration.filesFolder = files
        if let adminTokenFile {
            guard let text = try? String(contentsOfFile: adminTokenFile, encoding: .utf8) else {
                throw ValidationError("\(adminTokenFile) cannot be read")
            }
            configuration.adminToken = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard configuration.adminToken != nil else {
                throw ValidationError("the token in \(adminTokenFile) is shorter than 16 bytes")
            }
        }
        return configuration
    }
}
#endif
