#if Endpoint
internal import DeviceShadow
internal import Logging
internal import MQTTBroker
internal import MQTTCodec
internal import NIOCore

// Requests to shadows, over MQTT and HTTP: what comes of them leaves once it is kept.

extension BrokerLoop {
    /// Serves a request to the shadow service.
    func serveShadow(_ message: Broker.PublishedMessage) {
        guard let shadows else { return }
        let served = shadows.serve(message, at: now().wall, isHeard: isHeard)
        guard let served else { return }
        whenKept(served.reaction, served.key) { isKept in
            if isKept { self.publish(served.reaction.messages, at: self.now()) }
        }
    }

    /// Serves a request to the shadow service that came over HTTP.
    ///
    /// - Returns: the answer once what it says is kept; `nil` where the endpoint has no shadows.
    func shadow(
        _ operation: ShadowTopic.Operation,
        _ thing: String,
        _ name: String?,
        _ payload: [UInt8]
    ) -> EventLoopFuture<ShadowResult?> {
        guard let shadows else { return eventLoop.makeSucceededFuture(nil) }
        let reaction = shadows.serve(
            operation,
            thing: thing,
            name: name,
            payload: payload,
            at: now().wall,
            isHeard: isHeard
        )
        let promise = eventLoop.makePromise(of: ShadowResult?.self)
        whenKept(reaction, try? ShadowKey(thing: thing, name: name)) { isKept in
            guard isKept else {
                return promise.succeed(ShadowResult(ShadowRejection(.internalFailure)))
            }
            self.publish(reaction.messages, at: self.now())
            promise.succeed(reaction.result)
        }
        return promise.futureResult
    }

    /// Whether a subscriber or a rule gets messages of a topic.
    private func isHeard(_ topic: String) -> Bool {
        broker.hasSubscriber(topic) || rules?.concerns(topic) == true
    }

    /// Calls back on this loop once the outcome of a request is on disk, in the order of requests; at
    /// once where nothing has to be written.
    private func whenKept(
        _ reaction: ShadowReaction,
        _ key: ShadowKey?,
        _ body: @escaping (_ isKept: Bool) -> Void
    ) {
        guard let shadows, let database = shadows.database, let key,
            reaction.outcome != nil || shadows.hasRequestsInFlight
        else { return body(true) }
        shadows.began(key.thing)
        let bound = NIOLoopBound(body, eventLoop: eventLoop)
        let loop = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        let depth = publishDepth
        database.write(reaction.outcome, of: key) { isStored in
            eventLoop.execute { loop.value.kept(isStored, key, depth, bound.value) }
        }
    }

    /// Forgets what the shadow service need not remember any longer.
    func sweepShadows() { shadows?.sweep(at: now().wall) }

    private func kept(_ isStored: Bool, _ key: ShadowKey, _ depth: Int, _ body: (Bool) -> Void) {
        shadows?.ended(key.thing)
        if !isStored { logger.critical("a shadow could not be written: its answer is withheld") }
        guard depth > 0 else {
            body(isStored)
            return scheduleDrain()
        }
        publishing(at: depth) { body(isStored) }
    }

    private func publish(_ messages: [ShadowMessage], at now: Broker.Now) {
        for message in messages {
            broker.publish(
                message.topic.description,
                payload: message.payload.span,
                qos: .atLeastOnce,
                at: now
            )
        }
    }
}
#endif
