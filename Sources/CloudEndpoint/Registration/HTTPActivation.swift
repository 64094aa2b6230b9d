#if Endpoint
internal import AccessPolicy
internal import DeviceRegistration
internal import JSONDocument
public import Logging
internal import NIOCore
internal import X509Verification

/// An activation hook at a URL of the operator's.
///
/// Each registration event is sent there as a POST of JSON: the members of the event, and
/// `certificatePem`. The answer is JSON as well:
///
/// ```json
/// {"verdict": "activate", "policies": ["device"], "policyDocument": {"Version": …},
///  "thing": {"name": "lamp-1", "type": "lamp", "attributes": {"floor": "2"}}}
/// ```
///
/// `verdict` is `activate`, `keep` (the certificate stays pending) or `revoke`; the other members may
/// be absent. Whatever cannot be read, and a policy that is malformed, leaves the certificate pending:
/// it is asked about again with its next event, at the earliest a minute later.
public struct HTTPActivation: Sendable {
    /// How much is asked of the server, and how often.
    public struct Limits: Hashable, Sendable {
        /// How long one request may take: 5 s.
        public var timeout: Duration = .seconds(5)
        /// Requests about one event: 5.
        ///
        /// Transport errors and the statuses 408, 429 and 5xx are tried again.
        public var attempts = 5
        /// The wait before the second request, doubled with each: 0.5 s.
        public var firstDelay: Duration = .milliseconds(500)
        /// The longest wait: 8 s.
        public var longestDelay: Duration = .seconds(8)
        /// Requests at a time: 16.
        public var parallel = 16
        /// Events that wait for their request: 1,000.
        ///
        /// More are left to their next event.
        public var waiting = 1_000
        /// Bytes of an answer: 65,536.
        public var answerBytes = 65_536

        /// The defaults.
        public init() {}
    }

    private let target: PostTarget
    private let path: String
    private let limits: Limits
    private let gate: RequestGate
    private let logger: Logger

    /// A hook; `nil` for what is no `http://` or `https://` URL with a host and, at most, a port and a
    /// path.
    public init?(url: String, limits: Limits = Limits(), logger: Logger) {
        guard let (target, path) = PostTarget.split(url),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 })
        else { return nil }
        self.target = target
        self.path = path
        self.limits = limits
        gate = RequestGate(parallel: limits.parallel, waiting: limits.waiting)
        self.logger = logger
    }

    /// Asks about a certificate.
    public func decide(_ device: PendingDevice) async -> ActivationDecision {
        guard await gate.enter() else {
            report("too many events wait for the activation hook", device)
            return .wait
        }
        defer { gate.leave() }
        guard let body = await ask(Self.question(device), about: device) else { return .wait }
        guard let answer = ActivationAnswer(body, for: device.record.id) else {
            report("the activation hook's answer cannot be used", device)
            return .wait
        }
        return answer.decision
    }

    static func question(_ device: PendingDevice) -> [UInt8] {
        guard var object = try? JSONValue(parsing: device.event.payload.span).object else {
            return device.event.payload
        }
        object["certificatePem"] = .string(device.record.certificate.pem)
        return CompactJSON(.object(object)).bytes
    }

    /// The body of the first good answer; `nil` where there is none.
    private func ask(_ body: [UInt8], about device: PendingDevice) async -> [UInt8]? {
        var delay = limits.firstDelay
        for attempt in 1...max(1, limits.attempts) {
            if attempt > 1 {
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, limits.longestDelay)
            }
            do {
                let answer = try await PostRequest.exchange(
                    with: target,
                    path: path,
                    fields: [("Accept", "application/json")],
                    body: body,
                    timeout: TimeAmount(limits.timeout),
                    answerLimit: limits.answerBytes
                )
                if answer.status == 200 { return answer.body }
                report("the activation hook answered \(answer.status)", device)
                guard answer.status == 408 || answer.status == 429 || answer.status >= 500 else {
                    return nil
                }
            } catch {
                report("the activation hook cannot be asked: \(error)", device)
            }
        }
        return nil
    }

    private func report(_ what: String, _ device: PendingDevice) {
        logger.error(
            "\(what)",
            metadata: ["hook": "\(target)", "certificate": "\(device.record.id)"]
        )
    }
}

/// What an activation hook answered.
struct ActivationAnswer {
    let decision: ActivationDecision

    /// Reads an answer; `nil` for one that says nothing clear.
    ///
    /// - Parameters:
    ///   - body: the text.
    ///   - id: the certificate; a policy that is made for it has its name.
    init?(_ body: [UInt8], for id: CertificateID) {
        let options = JSONReader.Options(maximumDepth: 64, maximumLength: body.count)
        guard let root = try? JSONValue(parsing: body.span, options: options),
            let members = root.object?.members,
            members.allSatisfy({ Self.names.contains($0.name) })
        else { return nil }
        switch root["verdict"]?.string {
        case "keep": decision = .wait
        case "revoke": decision = .revoke
        case "activate":
            var policies: [String] = []
            if let value = root["policies"], !value.isNull {
                guard let names = value.strings, names.count <= Self.maximumPolicies else {
                    return nil
                }
                policies = names
            }
            var documents: [NamedPolicy] = []
            if let value = root["policyDocument"], !value.isNull {
                // As an object, or as a text of it.
                let text = value.string.map { Array($0.utf8) } ?? CompactJSON(value).bytes
                let name = "certificate-\(id)"
                guard let policy = try? NamedPolicy(name: name, text: text) else { return nil }
                documents = [policy]
            }
            var thing: AttachedThing?
            if let value = root["thing"], !value.isNull {
                guard let read = AttachedThing(value) else { return nil }
                thing = read
            }
            decision = .activate(policies: policies, thing: thing, documents: documents)
        default: return nil
        }
    }

    private static let names: Set<String> = ["verdict", "policies", "policyDocument", "thing"]
    /// Policies of one answer.
    static let maximumPolicies = 10
}
#endif
