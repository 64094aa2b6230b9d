public import IoTTime

/// One message that the service publishes.
public struct ShadowMessage: Hashable, Sendable {
    /// Where to.
    public let topic: ShadowTopic
    /// A JSON text.
    public let payload: [UInt8]
    /// The quality of service to publish with; a subscriber gets it with the lower one of this and
    /// its own.
    public var qos: UInt8 { 1 }

    init(_ topic: ShadowTopic, _ payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }
}

/// What a caller over HTTP is told.
public struct ShadowResult: Hashable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// The value of the header `x-amzn-ErrorType`; `nil` where the request was accepted.
    public let errorType: String?
    /// The body, a JSON text.
    public let body: [UInt8]

    init(accepted body: [UInt8]) {
        status = 200
        errorType = nil
        self.body = body
    }

    /// A refusal: status, type and `{"message":…}`.
    public init(_ rejection: ShadowRejection) {
        status = rejection.code
        errorType = rejection.errorType
        var builder = ByteBuilder(capacity: 128)
        builder.append("{\"message\":")
        builder.appendQuoted(Array(rejection.message.utf8).span)
        builder.append(0x7D)
        body = builder.array()
    }
}

/// What a request has led to.
public struct ShadowReaction: Sendable {
    /// Messages to publish, in this order, once the outcome is stored.
    public let messages: [ShadowMessage]
    /// The answer to a caller over HTTP.
    public let result: ShadowResult
    /// What to store; `nil` where nothing changes.
    public let outcome: StoredShadow?
    /// The accepted update; `nil` for everything else.
    public let change: ShadowChange?
    /// Why the request was refused; `nil` where it was not.
    public let rejection: ShadowRejection?
}

/// Which messages somebody listens for; the others are not written.
public struct ShadowListeners: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// From bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `accepted` of the operation.
    public static var accepted: ShadowListeners { ShadowListeners(rawValue: 1) }
    /// `rejected` of the operation.
    public static var rejected: ShadowListeners { ShadowListeners(rawValue: 2) }
    /// `update/delta`.
    public static var delta: ShadowListeners { ShadowListeners(rawValue: 4) }
    /// `update/documents`, which costs as much as both documents are long.
    public static var documents: ShadowListeners { ShadowListeners(rawValue: 8) }
    /// All of them.
    public static var all: ShadowListeners { [.accepted, .rejected, .delta, .documents] }
}

/// Where a request came from.
public enum ShadowOrigin: Hashable, Sendable {
    /// A message on a shadow topic: answers are messages.
    case mqtt
    /// An HTTP request: refusals are no messages, and neither is what a get returns; accepted updates
    /// and deletions are told to listeners as those over MQTT are.
    case http
}

/// Decides whether the state that an update would make is acceptable.
public protocol ShadowValidator: Sendable {
    /// Why an update is refused; `nil` accepts it.
    ///
    /// The text is sent to the client with code 400. Called again where the update has to be tried
    /// again on a newer shadow.
    func reasonToRefuse(_ change: ShadowChange, of key: ShadowKey) -> String?
}

/// A request that was read and can be tried on a shadow, as often as the shadow changes meanwhile.
public struct ShadowTransaction: Sendable {
    private enum Request {
        case get(ClientToken?)
        case update(ShadowRequest)
        case delete(ClientToken?)
    }

    /// The shadow it is about.
    public let key: ShadowKey
    /// The time of the request.
    public let now: WallClock
    private let request: Request
    private let engine: ShadowEngine
    private let listeners: ShadowListeners
    private let origin: ShadowOrigin
    private let validator: (any ShadowValidator)?

    /// Reads a request.
    ///
    /// - Throws: ``ShadowRejection``; ``reaction(to:)`` says what to do with it.
    public init(
        _ operation: ShadowTopic.Operation,
        on key: ShadowKey,
        payload: Span<UInt8>,
        at now: WallClock,
        engine: ShadowEngine = ShadowEngine(),
        listeners: ShadowListeners = .all,
        origin: ShadowOrigin = .mqtt,
        validator: (any ShadowValidator)? = nil,
        reader: inout ShadowRequestReader
    ) throws(ShadowRejection) {
        self.key = key
        self.now = now
        self.engine = engine
        self.listeners = listeners
        self.origin = origin
        self.validator = validator
        switch operation {
        case .get: request = .get(try reader.get(payload))
        case .update: request = .update(try reader.update(payload))
        case .delete: request = .delete(reader.delete(payload))
        }
    }

    /// Tries the request on a shadow.
    ///
    /// Pure: where the outcome could not be stored because somebody else has stored one, the same
    /// request is tried on that. One with a version then fails if it has been overtaken; one without
    /// is merged into what the other has made. So no update that was accepted is lost.
    public func attempt(on current: StoredShadow) -> ShadowReaction {
        do throws(ShadowRejection) {
            switch request {
            case .get(let token):
                let body = try engine.get(current, of: key, clientToken: token, at: now)
                let isTold = origin == .mqtt && listeners.contains(.accepted)
                let messages = isTold ? [message(.get, .accepted, body)] : []
                return .accepted(body, messages, outcome: nil)
            case .delete(let token):
                let deletion = try engine.delete(current, of: key, clientToken: token, at: now)
                let body = deletion.accepted
                let isTold = listeners.contains(.accepted)
                let messages = isTold ? [message(.delete, .accepted, body)] : []
                return .accepted(body, messages, outcome: deletion.next)
            case .update(let request):
                let change = try engine.update(current, with: request, at: now)
                if let reason = validator?.reasonToRefuse(change, of: key) {
                    throw ShadowRejection(.refused(reason), clientToken: request.clientToken)
                }
                return reaction(to: change)
            }
        } catch {
            return reaction(to: error)
        }
    }

    private func reaction(to change: ShadowChange) -> ShadowReaction {
        var messages: [ShadowMessage] = []
        messages.reserveCapacity(3)
        var body: [UInt8] = []
        if listeners.contains(.accepted) || origin == .http { body = change.accepted() }
        if listeners.contains(.accepted) { messages.append(message(.update, .accepted, body)) }
        if listeners.contains(.delta), let delta = change.delta() {
            messages.append(message(.update, .delta, delta))
        }
        if listeners.contains(.documents) {
            messages.append(message(.update, .documents, change.documents()))
        }
        return .accepted(body, messages, outcome: .live(change.next), change)
    }

    /// What a refusal leads to.
    public func reaction(to rejection: ShadowRejection) -> ShadowReaction {
        let (operation, token): (ShadowTopic.Operation, ClientToken?) =
            switch request {
            case .get(let token): (.get, token)
            case .update(let request): (.update, request.clientToken)
            case .delete(let token): (.delete, token)
            }
        var rejection = rejection
        rejection.clientToken = token
        return .rejected(rejection, operation, key, now, listeners, origin)
    }

    private func message(
        _ operation: ShadowTopic.Operation,
        _ kind: ShadowTopic.Kind,
        _ payload: [UInt8]
    ) -> ShadowMessage {
        ShadowMessage(ShadowTopic(checked: key, operation, kind), payload)
    }
}

extension ShadowReaction {
    fileprivate static func accepted(
        _ body: [UInt8],
        _ messages: [ShadowMessage],
        outcome: StoredShadow?,
        _ change: ShadowChange? = nil
    ) -> ShadowReaction {
        ShadowReaction(
            messages: messages,
            result: ShadowResult(accepted: body),
            outcome: outcome,
            change: change,
            rejection: nil
        )
    }

    /// What a refusal leads to; without a key (the names were not valid) there is no topic to answer
    /// on.
    static func rejected(
        _ rejection: ShadowRejection,
        _ operation: ShadowTopic.Operation,
        _ key: ShadowKey?,
        _ now: WallClock,
        _ listeners: ShadowListeners,
        _ origin: ShadowOrigin
    ) -> ShadowReaction {
        var messages: [ShadowMessage] = []
        if let key, origin == .mqtt, listeners.contains(.rejected) {
            let topic = ShadowTopic(checked: key, operation, .rejected)
            messages.append(ShadowMessage(topic, rejection.payload(at: now)))
        }
        return ShadowReaction(
            messages: messages,
            result: ShadowResult(rejection),
            outcome: nil,
            change: nil,
            rejection: rejection
        )
    }
}
