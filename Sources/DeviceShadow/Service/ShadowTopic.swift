/// A topic of the shadow service: `$aws/things/<thing>/shadow[/name/<shadow>]/<operation>[/<kind>]`.
public struct ShadowTopic: Hashable, Sendable, CustomStringConvertible {
    /// What is asked of a shadow.
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        /// Reads it.
        case get
        /// Merges into it.
        case update
        /// Removes it.
        case delete
    }

    /// Who publishes to the topic, and what.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Clients: the request.
        case request = ""
        /// The service: the request was accepted.
        case accepted
        /// The service: the request was refused.
        case rejected
        /// The service, after an update: in what `desired` and `reported` differ.
        case delta
        /// The service, after an update: the shadow before and after.
        case documents
    }

    /// The shadow.
    public let key: ShadowKey
    /// The operation.
    public let operation: Operation
    /// Request, answer or message.
    public let kind: Kind

    /// A topic; `nil` for ``Kind/delta`` and ``Kind/documents`` of anything but an update.
    public init?(_ key: ShadowKey, _ operation: Operation, _ kind: Kind = .request) {
        guard operation == .update || (kind != .delta && kind != .documents) else { return nil }
        self.key = key
        self.operation = operation
        self.kind = kind
    }

    /// - Precondition: only updates have ``Kind/delta`` and ``Kind/documents``.
    init(checked key: ShadowKey, _ operation: Operation, _ kind: Kind) {
        self.key = key
        self.operation = operation
        self.kind = kind
    }

    /// Whether a topic belongs to the service, well-formed or not: `$aws/things/<anything>/shadow/…`.
    ///
    /// - Complexity: O(*n*), no allocation.
    public static func isReserved(_ topic: Span<UInt8>) -> Bool {
        guard topic.starts(with: prefix, at: 0) else { return false }
        let slash = topic.firstSlash(from: prefix.utf8CodeUnitCount)
        return topic.starts(with: "/shadow/", at: slash)
    }

    /// Reads a topic name, case-sensitively.
    ///
    /// - Throws: ``ShadowTopicError``.
    /// - Complexity: O(*n*).
    public init(parsing topic: Span<UInt8>) throws(ShadowTopicError) {
        guard topic.starts(with: Self.prefix, at: 0) else {
            throw ShadowTopicError(.notShadowTopic, at: 0)
        }
        let thingStart = Self.prefix.utf8CodeUnitCount
        let thingEnd = topic.firstSlash(from: thingStart)
        guard topic.starts(with: "/shadow/", at: thingEnd) else {
            throw ShadowTopicError(.notShadowTopic, at: thingEnd)
        }
        let thing = topic.text(thingStart..<thingEnd)
        guard ShadowKey.isThingName(thing) else {
            throw ShadowTopicError(.invalidThingName, at: thingStart)
        }
        var position = thingEnd + 8
        var name: String?
        if topic.starts(with: "name/", at: position) {
            let start = position + 5
            let end = topic.firstSlash(from: start)
            let text = topic.text(start..<end)
            guard ShadowKey.isShadowName(text), end < topic.count else {
                throw ShadowTopicError(.invalidShadowName, at: start)
            }
            name = text
            position = end + 1
        }
        let operationEnd = topic.firstSlash(from: position)
        guard let operation = Operation(rawValue: topic.text(position..<operationEnd)) else {
            throw ShadowTopicError(.unknownOperation, at: position)
        }
        var kind = Kind.request
        if operationEnd < topic.count {
            let start = operationEnd + 1
            guard start < topic.count,
                let found = Kind(rawValue: topic.text(start..<topic.count)),
                operation == .update || (found != .delta && found != .documents)
            else { throw ShadowTopicError(.unknownKind, at: start) }
            kind = found
        }
        self.init(
            checked: ShadowKey(checkedThing: thing, name: name),
            operation,
            kind
        )
    }

    /// Reads a topic name.
    ///
    /// - Throws: ``ShadowTopicError``.
    public init(_ topic: String) throws(ShadowTopicError) {
        try self.init(parsing: Array(topic.utf8).span)
    }

    private static let prefix: StaticString = "$aws/things/"

    /// The topic name.
    public var description: String {
        var text = "$aws/things/" + key.thing + "/shadow/"
        if let name = key.name { text += "name/" + name + "/" }
        text += operation.rawValue
        if kind != .request { text += "/" + kind.rawValue }
        return text
    }
}

/// A topic that is none of the shadow service.
public struct ShadowTopicError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// It does not have the form `$aws/things/<thing>/shadow/…` at all.
        case notShadowTopic
        /// The thing's name breaks the rules of ``ShadowKey/thing``.
        case invalidThingName
        /// The shadow's name breaks the rules of ``ShadowKey/name``, or nothing follows it.
        case invalidShadowName
        /// Neither `get` nor `update` nor `delete`.
        case unknownOperation
        /// The last level is none that the operation has.
        case unknownKind
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the topic to the level that is wrong.
    public let offset: Int

    /// A violation and where it is.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

extension Span<UInt8> {
    fileprivate func starts(with text: StaticString, at offset: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard offset >= 0, count - offset >= length else { return false }
        let other = unsafe Span(_unsafeStart: text.utf8Start, count: length)
        return hasSameBytes(offset..<offset + length, as: other, 0..<length)
    }

    /// Where the next `/` stands; `count` where there is none.
    fileprivate func firstSlash(from start: Int) -> Int {
        var position = start
        while position < count, self[position] != 0x2F { position += 1 }
        return position
    }

    fileprivate func text(_ range: Range<Int>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for k in range { bytes.append(self[k]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
