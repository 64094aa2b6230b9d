#if Endpoint
internal import ArgumentParser
internal import CertificateTool
internal import CloudEndpoint
internal import DeviceRegistration
internal import Foundation
internal import IoTTime
internal import Logging
internal import X509Verification
internal import X509VerificationOpenSSL

/// The file of a registry, which a running endpoint may have open at the same time.
struct RegistryFile: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "SQLite file of the registry; made if it is not there. An endpoint that has it open "
                + "sees changes at once.",
            valueName: "file"
        )
    )
    var registry: String

    func open() throws -> RegistryDatabase {
        do throws(RegistryStorageError) {
            return try RegistryDatabase(path: registry, actor: "iot-cloud \(getpid())")
        } catch {
            throw ValidationError("\(registry): \(error)")
        }
    }

    func commands() throws -> RegistryCommands<RegistryDatabase> {
        RegistryCommands(try registrar())
    }

    func registrar() throws -> Registrar<RegistryDatabase, OpenSSLCrypto> {
        Registrar(
            store: try open(),
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: RegistryOptions.accountID)
        )
    }
}

/// `iot-cloud ca`: the CAs of a registry.
struct AuthorityCommandLine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "Register, list and change the CAs of a registry.",
        discussion: """
            Proof of possession, for the mode DEFAULT:

              openssl req -new -newkey rsa:2048 -nodes -keyout proof.key -out proof.csr \\
                -subj "/CN=$(iot-cloud ca code --registry devices.sqlite)"
              openssl x509 -req -in proof.csr -CA ca.pem -CAkey ca.key -CAcreateserial \\
                -out proof.pem -days 1
              iot-cloud ca register ca.pem --verification proof.pem --active \\
                --auto-registration --registry devices.sqlite
            """,
        subcommands: [Code.self, Register.self, List.self, Update.self]
    )

    struct Code: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the registration code: the common name of verification certificates."
        )

        @OptionGroup var file: RegistryFile

        @Flag(help: "Make a new one; the code so far counts no more.")
        var renew = false

        func run() async throws {
            try finish(try await file.commands().registrationCode(renew: renew))
        }
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Register a CA.")

        @OptionGroup var file: RegistryFile

        @Argument(help: "The CA certificate, PEM or DER.")
        var certificate: String

        @Option(
            help: ArgumentHelp("The verification certificate, PEM or DER.", valueName: "file")
        )
        var verification: String?

        @Option(
            help: ArgumentHelp(
                "DEFAULT: one account, with proof of possession. SNI_ONLY: no proof, and devices "
                    + "must name the host."
            ),
            transform: { text in
                guard let mode = CertificateMode(rawValue: text) else {
                    throw ValidationError("--mode is DEFAULT or SNI_ONLY, not \(text)")
                }
                return mode
            }
        )
        var mode = CertificateMode.default

        @Flag(help: "Make it active at once.")
        var active = false

        @Flag(help: "Have first connections register its devices.")
        var autoRegistration = false

        @Option(
            help: ArgumentHelp(
                "A template of the endpoint that provisions its devices.",
                valueName: "name"
            )
        )
        var template: String?

        @Option(
            help: ArgumentHelp("A template that provisions its devices.", valueName: "file")
        )
        var templateBody: String?

        func run() async throws {
            var options = RegistryCommands<RegistryDatabase>.AuthorityOptions()
            options.mode = mode
            options.setAsActive = active
            options.allowsAutoRegistration = autoRegistration
            if let template { options.configuration = .named(template) }
            if let templateBody {
                let body = try contents(templateBody)
                do throws(TemplateError) {
                    _ = try ProvisioningTemplate(body.span, kind: .jitp)
                } catch {
                    throw ValidationError("\(templateBody): \(error)")
                }
                options.configuration = .template(body: String(decoding: body, as: UTF8.self))
            }
            let output = try await file.commands().registerAuthority(
                try contents(certificate),
                verification: try verification.map(contents),
                options: options,
                at: SystemClock.wall()
            )
            try finish(output)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List CAs: id, state, auto-registration, mode, subject."
        )

        @OptionGroup var file: RegistryFile

        func run() async throws { try finish(try await file.commands().listAuthorities()) }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Change a CA.")

        @OptionGroup var file: RegistryFile

        @Argument(help: "Its id.")
        var id: String

        @Flag(inversion: .prefixedNo, help: "Whether it is active.")
        var active: Bool?

        @Flag(inversion: .prefixedNo, help: "Whether first connections register its devices.")
        var autoRegistration: Bool?

        func run() async throws {
            var changes = AuthorityChanges()
            changes.status = active.map { $0 ? .active : .inactive }
            changes.allowsAutoRegistration = autoRegistration
            try finish(
                try await file.commands().updateAuthority(id, changes, at: SystemClock.wall())
            )
        }
    }
}

extension CertificateCommandLine {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List certificates of a registry: id, state, the CA's id, subject."
        )

        @OptionGroup var file: RegistryFile

        func run() async throws { try finish(try await file.commands().listCertificates()) }
    }

    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Activate a certificate that waits, or one that was deactivated."
        )

        @OptionGroup var file: RegistryFile

        @Argument(help: "Its id.")
        var id: String

        @Option(
            help: ArgumentHelp("A policy to attach first; may be repeated.", valueName: "name")
        )
        var policy: [String] = []

        @Option(help: ArgumentHelp("A thing to attach first.", valueName: "name"))
        var thing: String?

        func run() async throws {
            let registrar = try file.registrar()
            guard let known = CertificateID(id) else {
                throw ValidationError("an id has 64 hexadecimal digits")
            }
            let registry = DeviceRegistry(
                registrar,
                policies: nil,
                resources: ProvisionedResources(
                    registrar.store,
                    directory: nil,
                    logger: Logger(label: "iot-cloud") { _ in SwiftLogNoOpLogHandler() }
                ),
                auditLogger: Logger(label: "iot-cloud") { _ in SwiftLogNoOpLogHandler() }
            )
            let record = try await registrar.store.certificate(known)
            if record != nil {
                let refusal = await registry.attach(
                    policy,
                    thing: thing.map { AttachedThing(name: $0) },
                    to: known
                )
                if let refusal { throw ValidationError("\(refusal)") }
            }
            let commands = RegistryCommands(registrar)
            let now = SystemClock.wall()
            try finish(
                record?.status == .inactive
                    ? try await commands.reactivate(id, at: now)
                    : try await commands.activate(id, at: now)
            )
        }
    }

    struct Deactivate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch a certificate off; its connections end."
        )

        @OptionGroup var file: RegistryFile

        @Argument(help: "Its id.")
        var id: String

        func run() async throws {
            try finish(try await file.commands().deactivate(id, at: SystemClock.wall()))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a certificate for good; its connections end."
        )

        @OptionGroup var file: RegistryFile

        @Argument(help: "Its id.")
        var id: String

        func run() async throws {
            try finish(try await file.commands().revoke(id, at: SystemClock.wall()))
        }
    }

    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the audit log, one line for each admission and each change."
        )

        @OptionGroup var file: RegistryFile

        @Argument(help: "The certificate it is about; all of them without it.")
        var id: String?

        func run() async throws {
            let certificate = try id.map { text in
                guard let id = CertificateID(text) else {
                    throw ValidationError("an id has 64 hexadecimal digits")
                }
                return id
            }
            let database = try file.open()
            var last: Int64 = 0
            while true {
                let page = try await database.audit(of: certificate, after: last, limit: 1_000)
                guard let end = page.last else { return }
                last = end.sequence
                let text = page.map { "\($0.sequence) \($0.row)\n" }.joined()
                FileHandle.standardOutput.write(Data(text.utf8))
            }
        }
    }
}
#endif
