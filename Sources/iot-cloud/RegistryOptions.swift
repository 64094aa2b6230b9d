#if Endpoint
internal import ArgumentParser
internal import CloudEndpoint
internal import DeviceRegistration
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import X509Verification
internal import X509VerificationOpenSSL

/// The registry of devices of `serve`: where it is kept, which CAs it has, who activates.
struct RegistryOptions: ParsableArguments {
    /// The account of events and of names of resources.
    static let accountID = "000000000000"

    @Option(
        help: ArgumentHelp(
            "SQLite file of the registry of CAs and devices, with its audit log. Given, TLS "
                + "clients need a certificate.",
            valueName: "file"
        )
    )
    var registry: String?

    @Option(
        help: ArgumentHelp(
            "An authority whose devices are registered when they first connect, PEM; may be "
                + "repeated. Without --registry the registry lives as long as the process.",
            valueName: "file"
        )
    )
    var registerCa: [String] = []

    @Option(
        help: ArgumentHelp(
            "A policy that makes newly registered devices active and is attached to them; may be "
                + "repeated. Without one they wait.",
            valueName: "policy"
        )
    )
    var activateWith: [String] = []

    @Option(
        help: ArgumentHelp(
            "URL that is asked what becomes of a newly registered device; see the documentation "
                + "of HTTPActivation.",
            valueName: "url"
        )
    )
    var activateUrl: String?

    @Option(
        help: ArgumentHelp(
            "Folder of provisioning templates: NAME.json for fleets, NAME.jitp.json for devices of "
                + "a CA; needs --policies.",
            valueName: "folder"
        )
    )
    var provisioningTemplates: String?

    @Option(
        help: ArgumentHelp(
            "The CA certificate that issues certificates of fleets, PEM.",
            valueName: "file"
        )
    )
    var provisioningCa: String?

    @Option(help: ArgumentHelp("The key of that CA, PEM.", valueName: "file"))
    var provisioningCaKey: String?

    @Option(
        help: ArgumentHelp(
            "URL that is asked before a device of a fleet is provisioned.",
            valueName: "url"
        )
    )
    var provisioningHookUrl: String?

    /// Whether there is a registry at all.
    var isUsed: Bool { registry != nil || !registerCa.isEmpty }

    func validate() throws {
        if !activateWith.isEmpty, !isUsed {
            throw ValidationError("--activate-with needs --registry or --register-ca")
        }
        if activateUrl != nil, !isUsed || !activateWith.isEmpty {
            throw ValidationError(
                "--activate-url needs a registry, and excludes --activate-with"
            )
        }
        if (provisioningCa == nil) != (provisioningCaKey == nil) {
            throw ValidationError("--provisioning-ca and --provisioning-ca-key go together")
        }
        let provisions = provisioningTemplates ?? provisioningCa ?? provisioningHookUrl
        if provisions != nil, !isUsed {
            throw ValidationError("provisioning needs --registry or --register-ca")
        }
    }

    /// A registry that is ready.
    struct Opened {
        let registry: DeviceRegistry<RegistryDatabase>
        let provisioning: ProvisioningService<RegistryDatabase>?
        var watched: [FileReloader.Source] = []
    }

    /// Opens the registry, and registers the CAs of the command line.
    func open(_ policies: PolicyDirectory?, _ logger: Logger) async throws -> Opened {
        let database: RegistryDatabase
        do throws(RegistryStorageError) {
            database =
                if let registry {
                    try RegistryDatabase(path: registry, actor: "iot-cloud serve")
                } else {
                    try RegistryDatabase.inMemory(actor: "iot-cloud serve")
                }
        } catch {
            throw ValidationError("\(registry ?? "registry"): \(error)")
        }
        let registrar = Registrar(
            store: database,
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: Self.accountID)
        )
        try await registerAuthorities(registrar)
        let resources = ProvisionedResources(database, directory: policies, logger: logger)
        try await resources.refresh()
        let registry = DeviceRegistry(
            registrar,
            policies: policies,
            resources: resources,
            hook: try hook(logger),
            auditLogger: logger
        )
        return try provisioned(registry, resources, policies, logger)
    }

    private func provisioned(
        _ registry: DeviceRegistry<RegistryDatabase>,
        _ resources: ProvisionedResources,
        _ policies: PolicyDirectory?,
        _ logger: Logger
    ) throws -> Opened {
        guard provisioningTemplates != nil || provisioningCa != nil else {
            return Opened(registry: registry, provisioning: nil)
        }
        guard policies != nil else {
            throw ValidationError("provisioning needs --policies: claims are certificates")
        }
        let folder = try provisioningTemplates.map { path in
            let folder = TemplateFolder(path: path)
            do throws(TemplateFolder.Failure) {
                try folder.load()
            } catch {
                throw ValidationError("\(path): \(error)")
            }
            return folder
        }
        var ask: PreProvisioningHook?
        if let provisioningHookUrl {
            guard let hook = HTTPPreProvisioningHook(url: provisioningHookUrl, logger: logger)
            else { throw ValidationError("--provisioning-hook-url is no URL of a web server") }
            ask = { await hook.decide($0) }
        }
        let service = ProvisioningService(
            registry: registry,
            resources: resources,
            issuer: try issuer(),
            templates: folder,
            hook: ask,
            account: Self.accountID,
            logger: logger
        )
        return Opened(
            registry: registry,
            provisioning: service,
            watched: folder.map { [$0.source] } ?? []
        )
    }

    private func issuer() throws -> CertificateIssuer? {
        guard let provisioningCa, let provisioningCaKey else { return nil }
        let text = String(decoding: try contents(provisioningCa), as: UTF8.self)
        guard let certificate = try Certificate.fromPEM(text).first else {
            throw ValidationError("no certificate in \(provisioningCa)")
        }
        let key = try OpenSSLPrivateKey(
            pem: String(decoding: try contents(provisioningCaKey), as: UTF8.self)
        )
        do throws(CertificateIssuer.Failure) {
            return try CertificateIssuer(
                authority: certificate,
                signer: key,
                at: SystemClock.wall()
            )
        } catch {
            throw ValidationError("\(provisioningCa): \(error)")
        }
    }

    private func hook(_ logger: Logger) throws -> ActivationHook? {
        if let activateUrl {
            guard let activation = HTTPActivation(url: activateUrl, logger: logger) else {
                throw ValidationError("--activate-url is no URL of a web server")
            }
            return { await activation.decide($0) }
        }
        guard !activateWith.isEmpty else { return nil }
        let names = activateWith
        return { _ in .activate(policies: names, thing: nil) }
    }

    private func registerAuthorities(
        _ registrar: Registrar<RegistryDatabase, OpenSSLCrypto>
    ) async throws {
        for path in registerCa {
            let certificates = try Certificate.fromPEM(
                String(decoding: try contents(path), as: UTF8.self)
            )
            guard !certificates.isEmpty else {
                throw ValidationError("no certificate in \(path)")
            }
            for certificate in certificates {
                // Whoever starts the program vouches for the authority.
                var registration = AuthorityRegistration(certificate, verification: nil)
                registration.mode = .sniOnly
                registration.setAsActive = true
                registration.allowsAutoRegistration = true
                let result = try await registrar.register(registration, at: SystemClock.wall())
                if case .failure(let error) = result, case .alreadyRegistered = error.reason {
                    continue
                }
                _ = try result.get()
            }
        }
    }
}
#endif
