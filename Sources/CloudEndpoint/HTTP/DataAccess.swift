#if Endpoint
internal import AccessPolicy
internal import DeviceShadow
internal import Hummingbird
internal import IoTTime
internal import Logging
internal import MQTTBroker

/// Who may use the data plane over HTTP.
///
/// Behind TLS policies decide, for the principal that the certificate names. Without TLS nobody has
/// an identity: where there are no policies everybody may, else who may administer. The bearer token
/// opens everything.
struct DataAccess: Sendable {
    let isOpen: Bool
    let admin: AdminGuard
    let directory: PolicyDirectory?
    let admission: (any CertificateAdmission)?

    /// Lets a request pass.
    ///
    /// - Parameters:
    ///   - request: the request; its body is not looked at.
    ///   - context: who sent it.
    ///   - isAllowed: what the request needs; asked where policies decide.
    /// - Throws: ``RequestFailure`` with 403 `ForbiddenException`, 401 for a wrong token.
    func check(
        _ request: Request,
        _ context: HTTPContext,
        _ isAllowed: (borrowing Caller) -> Bool
    ) async throws {
        guard let peer = context.identity else {
            if !isOpen { try admin.check(request, context) }
            return
        }
        if AdminGuard.hasToken(request), admin.token != nil {
            return try admin.check(request, context)
        }
        let now = SystemClock.wall()
        if let refusal = await peer.refusal(by: admission, at: now) {
            context.logger.notice(
                "client certificate refused",
                metadata: ["code": "\(refusal.code)", "reason": "\(refusal)"]
            )
            throw Self.forbidden()
        }
        if isOpen { return }
        guard let directory else { throw Self.forbidden() }
        let identity = ConnectionIdentity(
            certificate: peer.certificate,
            address: context.peer?.ipAddress ?? "unknown",
            directory: directory,
            admission: nil,
            admittedAt: 0,
            at: now
        )
        guard isAllowed(Caller(identity: identity, now: now)) else { throw Self.forbidden() }
    }

    /// The same for everything that is not allowed: what exists is nobody else's business.
    private static func forbidden() -> RequestFailure {
        RequestFailure(.forbidden, "not authorised", code: "ForbiddenException")
    }

    /// A principal at one moment.
    struct Caller: ~Copyable {
        fileprivate let identity: ConnectionIdentity
        fileprivate let now: WallClock

        /// Decides a request that concerns a resource.
        func may(
            _ action: PolicyAction,
            _ kind: ResourceNameBuilder.Kind,
            _ name: String
        ) -> Bool {
            let bytes = Array(name.utf8)
            return identity.isAllowed(action, kind, bytes.span, at: now)
        }

        /// Decides a request that concerns no resource in particular.
        func may(_ action: PolicyAction) -> Bool { identity.isAllowed(action, at: now) }

        /// Decides a publication; topics of the endpoint's own are for nobody.
        func mayPublish(_ topic: String, retain: Bool) -> Bool {
            let bytes = Array(topic.utf8)
            guard !ReservedTopic.isForEndpointOnly(bytes.span), may(.publish, .topic, topic) else {
                return false
            }
            // A request to a shadow that is kept would be served again to everybody.
            return !retain
                || !ShadowTopic.isReserved(bytes.span) && may(.retainPublish, .topic, topic)
        }
    }
}
#endif
