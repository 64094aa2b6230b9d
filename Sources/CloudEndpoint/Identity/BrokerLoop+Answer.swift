#if Endpoint
internal import MQTTBroker
internal import MQTTCodec
internal import NIOCore

// Questions whose answer waits for a certificate to be judged again.

extension BrokerLoop {
    /// Answers a question that waits for a certificate to be judged again.
    func answer(_ question: Broker.Question, _ effect: Broker.EffectID) {
        guard let identity = question.client.peer.identity?.object as? ConnectionIdentity,
            let admission = identity.admission, let certificate = identity.certificate
        else {
            // No other policy of this endpoint defers its answer.
            return broker.completed(effect, .deny(.notAuthorized), at: now())
        }
        let version = admission.changes.version
        Self.recheck(certificate, by: admission, on: eventLoop).assumeIsolated().whenSuccess {
            verdict in
            identity.recheck(verdict, version: version)
            // What changed meanwhile is judged by the next change's own question.
            let decision: Broker.Decision =
                switch question.action {
                case .connect(let password):
                    self.policy.connect(question.client, password: password)
                case .remain: self.policy.remain(question.client)
                default: .deny(.notAuthorized)
                }
            self.broker.completed(effect, decision, at: self.now())
            self.drain()
        }
    }

    private static func recheck(
        _ certificate: AdmittedCertificate,
        by admission: any CertificateAdmission,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AdmissionVerdict> {
        let promise = eventLoop.makePromise(of: AdmissionVerdict.self)
        Task(executorPreference: AdmissionExecutor.shared) {
            promise.succeed(await admission.recheck(certificate, at: SystemClock.wall()))
        }
        return promise.futureResult
    }
}
#endif
