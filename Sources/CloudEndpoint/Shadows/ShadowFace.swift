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
    /// How much of it one thing, and all of them, may take.
    let limits: CloudEndpoint.ShadowQuota
    /// Requests of each thing whose outcome is on its way to the disk.
    private let inFlight = RequestCounts()

    init(
        service: ShadowService<MemoryShadowStore>,
        database: ShadowDatabase?,
        limits: CloudEndpoint.ShadowQuota
    ) {
        self.service = service
        self.database = database
        self.limits = limits
    }

    private final class RequestCounts {
        var all = 0
        var byThing: [String: Int] = [:]
    }

    /// Whether an outcome is on its way to the disk, of whichever thing.
    var hasRequestsInFlight: Bool { inFlight.all > 0 }

    /// A request's outcome leaves for the disk.
    func began(_ thing: String) {
        inFlight.all += 1
        inFlight.byThing[thing, default: 0] += 1
    }

    /// It has arrived there, or not.
    func ended(_ thing: String) {
        inFlight.all -= 1
        let left = (inFlight.byThing[thing] ?? 1) - 1
        inFlight.byThing[thing] = left > 0 ? left : nil
    }

    /// Whether a thing has to wait, or an update would make one shadow too many.
    private func isOverloaded(
        _ operation: ShadowTopic.Operation,
        _ thing: String,
        _ name: String?
    ) -> Bool {
        if inFlight.byThing[thing, default: 0] >= limits.maximumRequestsInFlight { return true }
        guard operation == .update, service.store.storedCount >= limits.maximumShadows,
            let key = try? ShadowKey(thing: thing, name: name)
        else { return false }
        return service.store.load(key).shadow == .absent
    }

    /// Serves a message if it is a request.
    ///
    /// - Parameters:
    ///   - message: what was published: by a client, by a rule, or over HTTP. Wills are no requests. What
    ///     the service says itself goes to other topics.
    ///   - now: the time.
    ///   - isHeard: whether somebody gets messages of a topic.
    /// - Returns: `nil` for what is no request.
    func serve(
        _ message: Broker.PublishedMessage,
        at now: WallClock,
        isHeard: (String) -> Bool
    ) -> Served? {
        switch message.origin {
        case .client, .server: break
        case .will, .retained: return nil
        }
        guard let topic = try? ShadowTopic(parsing: message.topicName), topic.kind == .request
        else { return nil }
        let payload = message.payload
        let reaction = service.handleNow(
            topic.operation,
            thing: topic.key.thing,
            name: topic.key.name,
            payload: payload.indices.map { payload[$0] },
            at: now,
            listeners: listeners(topic.key, topic.operation, isHeard),
            isOverloaded: isOverloaded(topic.operation, topic.key.thing, topic.key.name)
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
        isHeard: (String) -> Bool
    ) -> ShadowReaction {
        var listening: ShadowListeners = []
        do throws(ShadowRejection) {
            listening = listeners(
                try ShadowKey(thing: thing, name: name),
                operation,
                isHeard
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
            origin: .http,
            isOverloaded: isOverloaded(operation, thing, name)
        )
    }

    /// Forgets deleted shadows whose version need not be remembered any longer.
    ///
    /// Runs between two requests, so that nothing that is stored meanwhile is forgotten with them.
    func sweep(at now: WallClock) {
        for key in service.store.removeExpired(at: now) {
            database?.write(.absent, of: key) { _ in }
        }
    }

    private func listeners(
        _ key: ShadowKey,
        _ operation: ShadowTopic.Operation,
        _ isHeard: (String) -> Bool
    ) -> ShadowListeners {
        let kinds: [(ShadowTopic.Kind, ShadowListeners)] = [
            (.accepted, .accepted), (.rejected, .rejected), (.delta, .delta),
            (.documents, .documents),
        ]
        var result: ShadowListeners = []
        for (kind, listener) in kinds {
            guard let topic = ShadowTopic(key, operation, kind) else { continue }
            if isHeard(topic.description) { result.insert(listener) }
        }
        return result
    }
}
#endif
