#if Endpoint
public import DeviceRegistration
internal import IoTTime
internal import JSONDocument
public import Logging
internal import X509Verification
internal import X509VerificationOpenSSL

/// Fleet provisioning by claim, and provisioning of devices that a CA registers (JITP).
///
/// A device comes with a claim certificate, gets a certificate of its own that waits for its
/// activation, and with it a token. With the token it asks for provisioning by a template: a thing,
/// policies, the state of the certificate. Tokens are good once, on the same connection, for an hour.
public final class ProvisioningService<Store: RegistryStore>: ProvisioningResponder {
    /// How much a request may say.
    public struct Limits: Hashable, Sendable {
        /// Characters of a certificate signing request: 4,096. API model
        public var requestCharacters = 4_096
        /// Parameters of one device: 100.
        public var parameters = 100
        /// Bytes of a payload: 65,536.
        public var payloadBytes = 65_536

        /// The defaults.
        public init() {}
    }

    let registry: DeviceRegistry<Store>
    let resources: ProvisionedResources
    let issuer: CertificateIssuer?
    let templates: TemplateFolder?
    let hook: PreProvisioningHook?
    let limits: Limits
    let random: any RandomSource
    let logger: Logger
    /// What templates are called for hooks.
    let account: String

    /// A service on a registry.
    ///
    /// - Parameters:
    ///   - registry: the registry; CAs with a template have their devices provisioned from now on.
    ///   - resources: where things, policies and attachments go.
    ///   - issuer: issues certificates; `nil`: requests for them are rejected.
    ///   - templates: the templates.
    ///   - hook: asked before a device is provisioned; `nil`: every one that has a token is.
    ///   - limits: how much a request may say.
    ///   - random: where tokens come from.
    ///   - account: the account in names of templates.
    ///   - logger: hears what was provisioned and what was not; never a key, a token or a parameter.
    public init(
        registry: DeviceRegistry<Store>,
        resources: ProvisionedResources,
        issuer: CertificateIssuer?,
        templates: TemplateFolder?,
        hook: PreProvisioningHook? = nil,
        limits: Limits = Limits(),
        random: any RandomSource = SystemRandomBytes(),
        account: String = "000000000000",
        logger: Logger
    ) {
        self.registry = registry
        self.resources = resources
        self.issuer = issuer
        self.templates = templates
        self.hook = hook
        self.limits = limits
        self.random = random
        self.account = account
        self.logger = logger
        registry.setTemplates { [self] device in await provision(device) }
    }

    /// Answers one request.
    public func respond(to request: ProvisioningRequest) async -> ProvisioningReply {
        do {
            guard request.payload.count <= limits.payloadBytes else {
                throw ProvisioningRejection(413, "RequestTooLarge", "the payload is too large")
            }
            switch request.topic {
            case .createKeysAndCertificate:
                return .accepted(try await createKeysAndCertificate(request))
            case .createCertificateFromCSR:
                return .accepted(try await createCertificate(request))
            case .registerThing(let name):
                return .accepted(try await registerThing(request, template: name))
            }
        } catch let rejection as ProvisioningRejection {
            return reject(rejection, request)
        } catch {
            logger.error("provisioning failed", metadata: ["error": "\(error)"])
            return reject(.internalFailure, request)
        }
    }

    private func reject(
        _ rejection: ProvisioningRejection,
        _ request: ProvisioningRequest
    ) -> ProvisioningReply {
        logger.notice(
            "provisioning rejected",
            metadata: [
                "claim": "\(request.claim)", "topic": "\(request.topic.name)",
                "code": "\(rejection.errorCode)", "reason": "\(rejection.errorMessage)",
            ]
        )
        return .rejected(rejection)
    }

    private func createKeysAndCertificate(
        _ request: ProvisioningRequest
    ) async throws -> JSONObject {
        // The service takes an empty payload or an empty object.
        if !request.payload.isEmpty, try Self.object(request.payload).count > 0 {
            throw ProvisioningRejection.invalid("the payload is to be empty or {}")
        }
        guard let issuer else { throw Self.noIssuer }
        let key = try OpenSSLPrivateKey.generate(issuer.keyKind)
        guard let pem = key.pem else { throw ProvisioningRejection.internalFailure }
        var reply = try await issue(for: key.publicKey, by: issuer, request)
        reply["privateKey"] = .string(pem)
        return reply
    }

    private func createCertificate(_ request: ProvisioningRequest) async throws -> JSONObject {
        guard let issuer else { throw Self.noIssuer }
        let object = try Self.object(request.payload)
        guard let text = object["certificateSigningRequest"]?.string else {
            throw ProvisioningRejection.invalid("certificateSigningRequest is missing")
        }
        guard text.unicodeScalars.count <= limits.requestCharacters else {
            throw ProvisioningRejection.invalid(
                "certificateSigningRequest has more than \(limits.requestCharacters) characters"
            )
        }
        let signingRequest: CertificateSigningRequest
        do throws(MalformedDER) {
            let blocks = try PEM.decode(text).filter { $0.label.hasSuffix("CERTIFICATE REQUEST") }
            guard blocks.count == 1 else { throw MalformedDER(.pemBoundary, at: 0) }
            signingRequest = try CertificateSigningRequest(der: blocks[0].der)
        } catch {
            throw ProvisioningRejection(400, "InvalidCertificateSigningRequest", "\(error)")
        }
        if let reason = signingRequest.refusal(crypto: registry.registrar.crypto) {
            throw ProvisioningRejection(400, "InvalidCertificateSigningRequest", "\(reason)")
        }
        return try await issue(for: signingRequest.publicKey, by: issuer, request)
    }

    private static var noIssuer: ProvisioningRejection {
        ProvisioningRejection(501, "NotSupported", "this endpoint issues no certificates")
    }

    /// Issues and registers a certificate, and gives out its token.
    private func issue(
        for key: SubjectPublicKey,
        by issuer: CertificateIssuer,
        _ request: ProvisioningRequest
    ) async throws -> JSONObject {
        let now = registry.now()
        let certificate = try issuer.issue(for: key, at: now)
        let record = try await registry.registrar.registerIssued(
            certificate,
            status: .pendingActivation,
            at: now
        ).get()
        let token = try await registry.registrar.makeToken(
            .ownership,
            for: record.id,
            connection: request.connection,
            using: ErasedRandomSource(source: random),
            at: now
        )
        logger.notice(
            "certificate issued",
            metadata: ["certificate": "\(record.id)", "claim": "\(request.claim)"]
        )
        var reply = JSONObject()
        reply["certificateId"] = .string(record.id.rawValue)
        reply["certificatePem"] = .string(certificate.pem)
        reply["certificateOwnershipToken"] = .string(token)
        return reply
    }

    /// A payload as an object.
    static func object(_ payload: [UInt8]) throws(ProvisioningRejection) -> JSONObject {
        let options = JSONReader.Options(maximumDepth: 8, maximumLength: max(1, payload.count))
        guard let object = try? JSONValue(parsing: payload.span, options: options).object else {
            throw .invalid("the payload is no JSON object")
        }
        return object
    }
}

/// A random source of any kind.
struct ErasedRandomSource: RandomSource {
    let source: any RandomSource

    func randomBytes(_ count: Int) -> [UInt8] { source.randomBytes(count) }
}
#endif
