public import IoTTime

/// The shadow service over a store: requests in, messages and answers out.
///
/// It knows no connection and no clock. MQTT and HTTP differ in nothing but ``ShadowOrigin``.
public struct ShadowService<Store: ShadowStore>: Sendable {
    /// What keeps the shadows.
    public let store: Store
    /// What decides.
    public let engine: ShadowEngine
    /// What may refuse updates beyond the service's own rules.
    public let validator: (any ShadowValidator)?
    /// Times that a request is tried while others keep storing before it; from 1.
    public let maximumAttempts: Int

    /// A service.
    public init(
        store: Store,
        engine: ShadowEngine = ShadowEngine(),
        validator: (any ShadowValidator)? = nil,
        maximumAttempts: Int = 100
    ) {
        self.store = store
        self.engine = engine
        self.validator = validator
        self.maximumAttempts = max(1, maximumAttempts)
    }

    /// Serves one request.
    ///
    /// - Parameters:
    ///   - operation: what is asked for.
    ///   - thing: checked here, as is `name`.
    ///   - name: `nil` is the classic shadow.
    ///   - payload: the request's body.
    ///   - now: the time of the request; its whole seconds are written into the shadow.
    ///   - listeners: messages that nobody listens for are not written.
    ///   - origin: which of MQTT and HTTP the request came by.
    /// - Returns: with everything stored that it tells of. A request that the store failed on, or that
    ///   was overtaken ``maximumAttempts`` times, is answered with code 500 and has changed nothing.
    public func handle(
        _ operation: ShadowTopic.Operation,
        thing: String,
        name: String? = nil,
        payload: [UInt8],
        at now: WallClock,
        listeners: ShadowListeners = .all,
        origin: ShadowOrigin = .mqtt
    ) async -> ShadowReaction {
        var key: ShadowKey?
        do throws(ShadowRejection) {
            let checked = try ShadowKey(thing: thing, name: name)
            key = checked
            let transaction = try read(operation, checked, payload, now, listeners, origin)
            return await perform(transaction)
        } catch {
            return .rejected(error, operation, key, now, listeners, origin)
        }
    }

    private func read(
        _ operation: ShadowTopic.Operation,
        _ key: ShadowKey,
        _ payload: [UInt8],
        _ now: WallClock,
        _ listeners: ShadowListeners,
        _ origin: ShadowOrigin
    ) throws(ShadowRejection) -> ShadowTransaction {
        var reader = ShadowRequestReader(limits: engine.limits)
        return try ShadowTransaction(
            operation,
            on: key,
            payload: payload.span,
            at: now,
            engine: engine,
            listeners: listeners,
            origin: origin,
            validator: validator,
            reader: &reader
        )
    }

    /// Tries a transaction until its outcome is stored.
    public func perform(_ transaction: ShadowTransaction) async -> ShadowReaction {
        do throws(ShadowStoreFailure) {
            for _ in 0..<maximumAttempts {
                let (current, revision) = try await store.load(transaction.key)
                let reaction = transaction.attempt(on: current)
                guard let outcome = reaction.outcome else { return reaction }
                let key = transaction.key
                if try await store.store(outcome, for: key, ifRevision: revision) {
                    return reaction
                }
            }
        } catch {}
        return transaction.reaction(to: ShadowRejection(.internalFailure))
    }

    /// Lists the named shadows of a thing; the classic one has no name and is not listed.
    ///
    /// - Parameters:
    ///   - thing: whose shadows; one that has none gives an empty list.
    ///   - pageSize: names at most, 1 to 100; `nil` means 25.
    ///   - nextToken: what the listing before ended with; `nil` starts over.
    ///   - now: written into the answer.
    /// - Returns: `{"results":[…],"nextToken":…?,"timestamp":…}`.
    public func list(
        thing: String,
        pageSize: Int? = nil,
        nextToken: String? = nil,
        at now: WallClock
    ) async -> ShadowResult {
        do throws(ShadowRejection) {
            let size = try ShadowListing.check(thing, pageSize, nextToken)
            do throws(ShadowStoreFailure) {
                let names = try await store.names(of: thing, after: nextToken, limit: size + 1)
                return ShadowResult(accepted: ShadowListing.body(names, size, now))
            } catch {
                throw ShadowRejection(.internalFailure)
            }
        } catch {
            return ShadowResult(error)
        }
    }
}

extension ShadowService where Store == MemoryShadowStore {
    /// ``handle(_:thing:name:payload:at:listeners:origin:)`` without suspension.
    ///
    /// - Parameters:
    ///   - operation: what is asked for.
    ///   - thing: the thing's name, as it came.
    ///   - name: the shadow's name; `nil`: the classic one.
    ///   - payload: the request's document.
    ///   - now: the time.
    ///   - listeners: which messages anybody would receive.
    ///   - origin: how the request came.
    ///   - isOverloaded: refuses a request that is right in itself with code 429, whatever it asks for.
    /// - Returns: the answer, and what to publish.
    public func handleNow(
        _ operation: ShadowTopic.Operation,
        thing: String,
        name: String? = nil,
        payload: [UInt8],
        at now: WallClock,
        listeners: ShadowListeners = .all,
        origin: ShadowOrigin = .mqtt,
        isOverloaded: Bool = false
    ) -> ShadowReaction {
        var key: ShadowKey?
        do throws(ShadowRejection) {
            let checked = try ShadowKey(thing: thing, name: name)
            key = checked
            let transaction = try read(operation, checked, payload, now, listeners, origin)
            if isOverloaded { return transaction.reaction(to: ShadowRejection(.tooManyRequests)) }
            return performNow(transaction)
        } catch {
            return .rejected(error, operation, key, now, listeners, origin)
        }
    }

    /// ``perform(_:)`` without suspension.
    public func performNow(_ transaction: ShadowTransaction) -> ShadowReaction {
        for _ in 0..<maximumAttempts {
            let (current, revision) = store.load(transaction.key)
            let reaction = transaction.attempt(on: current)
            guard let outcome = reaction.outcome else { return reaction }
            if store.store(outcome, for: transaction.key, ifRevision: revision) { return reaction }
        }
        return transaction.reaction(to: ShadowRejection(.internalFailure))
    }
}

/// Bodies of `ListNamedShadowsForThing`.
enum ShadowListing {
    static func check(
        _ thing: String,
        _ pageSize: Int?,
        _ nextToken: String?
    ) throws(ShadowRejection) -> Int {
        guard ShadowKey.isThingName(thing) else { throw ShadowRejection(.invalidThingName) }
        let size = pageSize ?? 25
        guard (1...100).contains(size) else { throw ShadowRejection(.invalidPageSize) }
        if let nextToken, !ShadowKey.isShadowName(nextToken) {
            throw ShadowRejection(.invalidNextToken)
        }
        return size
    }

    static func body(_ names: [String], _ size: Int, _ now: WallClock) -> [UInt8] {
        var output = ByteBuilder(capacity: 128 + names.count * 24)
        output.append("{\"results\":[")
        for (index, name) in names.prefix(size).enumerated() {
            if index > 0 { output.append(0x2C) }
            output.appendQuoted(Array(name.utf8).span)
        }
        output.append(0x5D)
        if names.count > size {
            output.append(",\"nextToken\":")
            output.appendQuoted(Array(names[size - 1].utf8).span)
        }
        output.append(",\"timestamp\":")
        output.appendDecimal(now.shadowSeconds)
        output.append(0x7D)
        return output.array()
    }
}
