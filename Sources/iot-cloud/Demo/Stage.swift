#if Endpoint
internal import AccessPolicy
internal import CertificateTool
internal import CloudEndpoint
internal import DeviceRegistration
internal import DeviceShadow
internal import Foundation
internal import IoTTime
internal import Logging
internal import X509Verification
internal import X509VerificationOpenSSL

/// Everything the story needs: the authorities, the endpoint and where its parts keep things.
final class Stage: Sendable {
    typealias Store = RegistryDatabase

    /// The story's only device.
    static let device = "lamp-7"

    let timeline: Timeline
    let folder: String
    /// The root of the endpoint's own certificate.
    let cloud: LocalAuthority
    /// Whoever makes the devices.
    let factory: LocalAuthority
    let policies: PolicyDirectory
    let registrar: Registrar<Store, OpenSSLCrypto>
    let registry: DeviceRegistry<Store>
    let rules: RulesEngine
    let posts: PostListener
    let endpoint: RunningEndpoint

    /// Makes keys, certificates and folders, and starts the endpoint.
    ///
    /// - Parameters:
    ///   - folder: an empty folder for everything that is kept.
    ///   - timeline: hears of everything.
    /// - Throws: the system's error, or why the endpoint did not start.
    init(in folder: String, _ timeline: Timeline) async throws {
        self.timeline = timeline
        self.folder = folder
        let silent = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        for name in ["www", "rules", "device"] {
            try FileManager.default.createDirectory(
                atPath: folder + "/" + name,
                withIntermediateDirectories: true
            )
        }
        cloud = try LocalAuthority("Cloud root", days: 30)
        factory = try LocalAuthority("Lamp factory", days: 30)
        policies = PolicyDirectory(auditLogger: silent)
        for (name, text) in StagePolicies.all {
            policies.setPolicy(name, try PolicyDocument(text))
        }
        let database = try Store(path: folder + "/registry.sqlite", actor: "iot-cloud demo")
        registrar = Registrar(
            store: database,
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: "000000000000")
        )
        registry = DeviceRegistry(
            registrar,
            policies: policies,
            resources: ProvisionedResources(database, directory: policies, logger: silent),
            hook: { pending in
                // The factory writes the serial number of a lamp into its certificate.
                let name = pending.facts.subjectValues(.commonName).first ?? ""
                guard name.hasPrefix("lamp-") else { return .wait }
                let thing = AttachedThing(
                    name: name,
                    typeName: "lamp",
                    attributes: ["room": "kitchen"]
                )
                return .activate(policies: ["device"], thing: thing)
            },
            auditLogger: silent
        )
        var configuration = RulesConfiguration()
        configuration.dataFolder = folder + "/rules"
        rules = RulesEngine(configuration, logger: silent)
        posts = try await PostListener()
        let tls = try Self.tls(cloud, registry, folder)
        endpoint = try await RunningEndpoint(
            Self.configuration(tls, policies, rules, folder),
            silent
        )
    }

    private static func tls(
        _ cloud: LocalAuthority,
        _ registry: DeviceRegistry<Store>,
        _ folder: String
    ) throws -> TLSServer {
        let server = try cloud.issue(
            "localhost",
            for: .server([.dns("localhost"), .ip([127, 0, 0, 1])]),
            days: 30
        )
        let (certificate, key) = (folder + "/server.pem", folder + "/server.key")
        try PrivateFile.write(server.certificate.pem, to: certificate, mode: 0o644)
        try PrivateFile.write(server.key.pem ?? "", to: key)
        return try TLSServer(
            certificateFile: certificate,
            keyFile: key,
            clientCertificates: .required,
            admission: registry
        )
    }

    private static func configuration(
        _ tls: TLSServer,
        _ policies: PolicyDirectory,
        _ rules: RulesEngine,
        _ folder: String
    ) throws -> CloudEndpoint.Configuration {
        var configuration = CloudEndpoint.Configuration(
            listeners: [.init(port: 0, isSecure: true)]
        )
        configuration.tls = tls
        configuration.policies = policies
        configuration.rules = rules
        var http = CloudEndpoint.HTTPConfiguration(
            listeners: [.init(port: 0), .init(port: 0, isSecure: true)]
        )
        http.filesFolder = folder + "/www"
        configuration.http = http
        if let shadows = configuration.shadows {
            let database = try ShadowDatabase(path: folder + "/shadows.sqlite")
            _ = try database.load(into: shadows.store)
            configuration.shadowDatabase = database
        }
        return configuration
    }

    /// Where MQTT over TLS is.
    var mqtt: Int { endpoint.port("mqtts") }

    /// Where files and administration are.
    var http: Int { endpoint.port("http") }

    /// Where HTTP asks for a certificate.
    var https: Int { endpoint.port("https") }

    /// Stops the endpoint.
    func strike() async {
        await endpoint.stop()
        await posts.stop()
    }

    /// Runs something that waits for the system, beside the threads that tasks share.
    static func blocking<T: Sendable>(
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}
#endif
