#if Endpoint
internal import AccessPolicy
internal import ArgumentParser
internal import CloudEndpoint
internal import DeviceShadow
internal import Logging
internal import MQTTBroker
internal import CoreMetrics
internal import ServiceLifecycle
internal import UnixSignals

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Runs the endpoint until SIGINT or SIGTERM.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve MQTT 3.1, 3.1.1 and 5.0 until SIGINT or SIGTERM.",
        discussion: """
            Prints one line per listener to standard output once clients can connect, and logs to \
            standard error. State lives in memory and ends with the process, but for what --durable, \
            --shadows and --registry keep.

            With --policies FOLDER nothing is allowed but what the policies there allow: NAME.json \
            is the policy NAME, principals.json attaches policies and things to certificates. \
            Policies, revocation lists and the server's certificate are read again when they change.

            Without policies every client may do everything. That is for development, and only \
            allowed where nobody but this machine can connect, or with --allow-anonymous.

            Every option may also stand in a file (--config FILE, JSON) or in the environment: \
            --tls-port is the key tlsPort and the variable IOT_CLOUD_TLS_PORT. What is typed counts \
            before the environment, and that before the file.
            """
    )

    @Option(
        help: ArgumentHelp(
            "File of options, JSON; relative names in it begin at its own folder.",
            valueName: "file"
        )
    )
    var config: String?

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(name: .shortAndLong, help: "TCP port to listen on; 0 lets the system choose.")
    var port = 1_883

    @OptionGroup(title: "HTTP")
    var http: HTTPOptions

    @OptionGroup(title: "TLS and WebSocket")
    var secure: SecureListenerOptions

    @OptionGroup(title: "Broker")
    var limits: BrokerOptions

    @OptionGroup(title: "Durability")
    var durability: DurabilityOptions

    @Option(help: ArgumentHelp("Folder of policies.", valueName: "folder"))
    var policies: String?

    @Option(
        help: ArgumentHelp(
            "A client identifier to accept although it holds one of + # * ? $ /.",
            valueName: "name"
        )
    )
    var allowClientId: [String] = []

    @Option(
        help: ArgumentHelp(
            "SQLite file to keep shadows in; without it they end with the process.",
            valueName: "file"
        )
    )
    var shadows: String?

    @Flag(help: "Let everybody who can reach this machine do everything (development).")
    var allowAnonymous = false

    @Option(
        help: ArgumentHelp(
            "What to log: trace, debug, info, notice, warning, error or critical.",
            valueName: "level"
        ),
        transform: { text in
            guard let level = Logger.Level(rawValue: text) else {
                throw ValidationError("--log-level cannot be \(text)")
            }
            return level
        }
    )
    var logLevel: Logger.Level = .info

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port is 0...65535, not \(port)")
        }
        if http.httpsPort != nil, secure.certificate == nil || secure.key == nil {
            throw ValidationError("--https-port needs --certificate and --key")
        }
    }

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "iot-cloud")
        logger.logLevel = logLevel

        var watched: [FileReloader.Source] = []
        var more: [any Service] = []
        let configuration = try await endpointConfiguration(logger, &watched, &more)
        // What libraries count is shown beside what the endpoint counts.
        MetricsSystem.bootstrap(configuration.metrics.registry)
        let endpoint = CloudEndpoint(configuration: configuration, logger: logger) { addresses in
            for address in addresses { print("listening on \(address)") }
            fflush(nil)
        }
        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: endpoint,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    ),
                    .init(service: FileReloader(watched, logger: logger)),
                ] + more.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigint, .sigterm],
                logger: logger
            )
        )
        do {
            try await services.run()
        } catch let error as CloudEndpoint.StartError {
            throw ValidationError(error.description)
        }
    }

    private func endpointConfiguration(
        _ logger: Logger,
        _ watched: inout [FileReloader.Source],
        _ more: inout [any Service]
    ) async throws -> CloudEndpoint.Configuration {
        var configuration = CloudEndpoint.Configuration(listeners: [.init(host: host, port: port)])
        configuration.listeners += secure.listeners(host: host)
        configuration.http = try http.configuration(host: host)
        configuration.rules = try http.engine(logger, &watched)
        configuration.allowsAnonymous = allowAnonymous
        try durability.apply(to: &configuration)
        limits.apply(to: &configuration)
        if let policies {
            let folder = PolicyFolder(path: policies)
            let directory = PolicyDirectory(
                clientIdentifiers: ClientIdentifierRule(allowing: Set(allowClientId)),
                auditLogger: logger
            )
            do {
                try folder.load(into: directory)
            } catch {
                throw ValidationError("\(policies): \(error)")
            }
            configuration.policies = directory
            watched.append(.policies(folder, directory))
        }
        if let shadows, let service = configuration.shadows {
            let database = try ShadowDatabase(path: shadows)
            let count = try database.load(into: service.store)
            logger.info("shadows loaded", metadata: ["count": "\(count)"])
            configuration.shadowDatabase = database
        }
        if let tls = try await secure.tls(configuration.policies, logger) {
            configuration.tls = tls.server
            configuration.provisioning = tls.provisioning
            watched += tls.watched
            more += tls.services
        }
        return configuration
    }
}
#endif
