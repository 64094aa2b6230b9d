#if Endpoint
internal import DeviceShadow
internal import IoTTime
internal import MQTTBroker
internal import MQTTCodec

/// The shadow service behind the topics `$aws/things/<thing>/shadow/…` of one broker.
///
/// Confined to the broker's event loop, so that a request, what it stores and its answers are one
/// step: answers leave in the order in which requests came.
struct ShadowFace {
    /// What a request led to, and of which shadow.
    struct Served {
        let key: ShadowKey
        let reaction: ShadowReaction
    }

    /// The shadows.
    let service: ShadowService<MemoryShadowStore>
    /// Where they are kept; `nil`: in memory alone.
    let database: ShadowDatabase?

    /// Serves a message if it is a request.
    ///
    /// - Parameters:
    ///   - message: what was published. Wills are no requests, and neither is what the endpoint says
    ///     itself.
    ///   - now: the time.
    ///   - hasSubscriber: whether somebody listens to a topic.
    /// - Returns: `nil` for what is no request.
    func serve(
        _ message: Broker.PublishedMessage,
        at now: WallClock,
        hasSubscriber: (String) -> Bool
    ) -> Served? {
        guard case .client = message.origin,
            let topic = try? ShadowTopic(parsing: message.topicName), topic.kind == .request
        else { return nil }
        let payload = message.payload
        let reaction = service.handleNow(
            topic.operation,
            thing: topic.key.thing,
            name: topic.key.name,
            payload: payload.indices.map { payload[$0] },
            at: now,
            listeners: listeners(topic.key, topic.operation, hasSubscriber)
        )
        return Served(key: topic.key, reaction: reaction)
    }

    /// Serves a request that came over HTTP.
    func serve(
        _ operation: ShadowTopic.Operation,
        thing: String,
        name: String?,
        payload: [UInt8],
        at now: WallClock,
        hasSubscriber: (String) -> Bool
    ) -> ShadowReaction {
        var listening: ShadowListeners = []
        do throws(ShadowRejection) {
            listening = listeners(
                try ShadowKey(thing: thing, name: name),
                operation,
                hasSubscriber
            )
        } catch {
            // The service says so itself.
        }
        return service.handleNow(
            operation,
            thing: thing,
            name: name,
            payload: payload,
            at: now,
            listeners: listening,
            origin: .http
        )
    }

    private func listeners(
        _ key: ShadowKey,
        _ operation: ShadowTopic.Operation,
        _ hasSubscriber: (String) -> Bool
    ) -> ShadowListeners {
        let kinds: [(ShadowTopic.Kind, ShadowListeners)] = [
            (.accepted, .accepted), (.rejected, .rejected), (.delta, .delta),
            (.documents, .documents),
        ]
        var result: ShadowListeners = []
        for (kind, listener) in kinds {
            guard let topic = ShadowTopic(key, operation, kind) else { continue }
            if hasSubscriber(topic.description) { result.insert(listener) }
        }
        return result
    }
}
#endif
