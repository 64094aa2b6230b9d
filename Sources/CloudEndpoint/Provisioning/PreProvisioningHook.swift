#if Endpoint
public import DeviceRegistration
public import Logging
internal import NIOCore

/// Asked before a device is provisioned by a template.
public typealias PreProvisioningHook =
    @Sendable (PreProvisioningRequest) async -> PreProvisioningDecision

/// A pre-provisioning hook at a URL of the operator's.
///
/// The request is sent as a POST; the answer counts if it is 200 and comes within 5 s. Anything else
/// denies.
public struct HTTPPreProvisioningHook: Sendable {
    /// How long an answer may take.
    public static let timeout: Duration = .seconds(5)

    private let target: PostTarget
    private let path: String
    private let timeout: Duration
    private let logger: Logger

    /// A hook; `nil` for what is no URL of a web server.
    public init?(url: String, timeout: Duration = timeout, logger: Logger) {
        guard let (target, path) = PostTarget.split(url),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 })
        else { return nil }
        self.target = target
        self.path = path
        self.timeout = timeout
        self.logger = logger
    }

    /// Asks.
    public func decide(_ request: PreProvisioningRequest) async -> PreProvisioningDecision {
        do {
            let answer = try await PostRequest.exchange(
                with: target,
                path: path,
                fields: [("Accept", "application/json")],
                body: request.payload,
                timeout: TimeAmount(timeout),
                answerLimit: PreProvisioningDecision.maximumLength
            )
            if answer.status == 200 { return PreProvisioningDecision(answer.body.span) }
            logger.error("the pre-provisioning hook answered \(answer.status)")
        } catch {
            logger.error("the pre-provisioning hook cannot be asked: \(error)")
        }
        return .denied
    }
}
#endif
