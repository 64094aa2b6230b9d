public import IoTTime
public import X509Verification
internal import X509VerificationOpenSSL

/// What `iot-cloud cert inspect|verify|explain` does, without a command line around it.
///
/// Inputs are the contents of files, outputs are a text and an exit status.
public struct CertificateCommands: Sendable {
    /// What a command prints and how it ends.
    public struct Output: Hashable, Sendable {
        /// For standard output.
        public let text: String
        /// 0 accepted, 1 refused, 2 unreadable input.
        public let status: Int32
    }

    /// The profiles by the names they have on a command line.
    public enum ProfileName: String, CaseIterable, Sendable {
        /// `Profile.iotClient`
        case iotClient = "iot-client"
        /// `Profile.rfc5280`
        case rfc5280
        /// `Profile.webServer`
        case webServer = "web-server"

        /// The profile of that name.
        public var profile: Profile {
            switch self {
            case .iotClient: .iotClient
            case .rfc5280: .rfc5280
            case .webServer: .webServer
            }
        }
    }

    /// The files of one verification.
    public struct Request: Sendable {
        /// The leaf, and after it certificates that may help.
        public var chain: [UInt8]
        /// Certificates of the anchors.
        public var anchors: [UInt8]
        /// Revocation lists, one file each.
        public var crls: [[UInt8]] = []
        /// The rules.
        public var profile = Profile.iotClient
        /// A host name or address that the leaf must have.
        public var name: String?
        /// The moment to judge.
        public var time: WallClock

        /// A verification by the profile for devices.
        public init(chain: [UInt8], anchors: [UInt8], time: WallClock) {
            self.chain = chain
            self.anchors = anchors
            self.time = time
        }
    }

    /// Makes the commands; they have no state.
    public init() {}

    /// Reports every certificate of a PEM or DER file.
    public func inspect(_ file: [UInt8]) -> Output {
        do throws(MalformedDER) {
            let certificates = try Self.certificates(file)
            guard !certificates.isEmpty else { return Self.empty }
            let text = certificates.map { CertificateReport($0).text }.joined(separator: "\n")
            return Output(text: text, status: 0)
        } catch {
            return Self.unreadable("certificate", error)
        }
    }

    /// One line: whether a path was found, or why not.
    public func verify(_ request: Request) -> Output {
        switch run(request) {
        case .failure(let output): return output
        case .success(let outcome):
            switch outcome.result {
            case .success(let chain):
                let end = chain.validUntil.rfc3339() ?? "forever"
                return Output(text: "ok, valid until \(end)\n", status: 0)
            case .failure(let error):
                return Output(text: "refused: \(error)\n", status: 1)
            }
        }
    }

    /// The whole story: path, reason, work and every step.
    public func explain(_ request: Request) -> Output {
        switch run(request) {
        case .failure(let output): return output
        case .success(let outcome):
            return Output(text: outcome.explain() + "\n", status: outcome.isAccepted ? 0 : 1)
        }
    }

    private enum Ready {
        case success(Outcome)
        case failure(Output)
    }

    private func run(_ request: Request) -> Ready {
        var part = "chain"
        do throws(MalformedDER) {
            let chain = try Self.certificates(request.chain)
            guard let leaf = chain.first else { return .failure(Self.empty) }
            part = "anchor"
            let anchors = try Self.certificates(request.anchors).map { TrustAnchor($0) }
            part = "revocation list"
            var lists: [CertificateRevocationList] = []
            for file in request.crls { lists += try Self.lists(file) }
            let validator = PathValidator(
                anchors: anchors,
                profile: request.profile,
                crypto: OpenSSLCrypto()
            )
            return .success(
                validator.validate(
                    leaf,
                    intermediates: Array(chain.dropFirst()),
                    crls: CRLSet(lists),
                    names: request.name.map { [ExpectedName.ip(text: $0) ?? .dns($0)] } ?? [],
                    at: request.time
                )
            )
        } catch {
            return .failure(Self.unreadable(part, error))
        }
    }

    /// The first certificate of a file.
    static func single(_ file: [UInt8]) throws(MalformedDER) -> Certificate {
        guard let first = try certificates(file).first else {
            throw MalformedDER(.pemBoundary, at: 0)
        }
        return first
    }

    private static func certificates(_ file: [UInt8]) throws(MalformedDER) -> [Certificate] {
        guard file.first != 0x30 else { return [try Certificate(der: file)] }
        var certificates: [Certificate] = []
        for block in try PEM.decode(file.span) where block.label == "CERTIFICATE" {
            certificates.append(try Certificate(der: block.der))
        }
        return certificates
    }

    private static func lists(
        _ file: [UInt8]
    ) throws(MalformedDER) -> [CertificateRevocationList] {
        guard file.first != 0x30 else { return [try CertificateRevocationList(der: file)] }
        var lists: [CertificateRevocationList] = []
        for block in try PEM.decode(file.span) where block.label == "X509 CRL" {
            lists.append(try CertificateRevocationList(der: block.der))
        }
        return lists
    }

    private static var empty: Output { Output(text: "no certificate in the file\n", status: 2) }

    static func unreadable(_ part: String, _ error: MalformedDER) -> Output {
        Output(text: "\(part) unreadable: \(error.code), \(error)\n", status: 2)
    }
}
