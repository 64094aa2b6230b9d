public import IoTTime
internal import JSONDocument

/// The last changes of one shadow, and every document that it was meanwhile.
///
/// Requests are kept, not documents: a document is made again from the oldest one that is kept. The
/// caller records what a store has taken, in order.
public struct ShadowHistory: Sendable {
    /// One accepted change.
    public struct Entry: Hashable, Sendable {
        /// What happened.
        public enum Event: Hashable, Sendable {
            /// An update.
            case updated(ShadowRequest)
            /// A deletion.
            case deleted
        }

        /// The shadow's version after it (a deletion has one of its own).
        public let version: UInt64
        /// When, in seconds since 1970.
        public let seconds: UInt64
        /// What happened.
        public let event: Event
    }

    /// A change that does not follow the last one that was recorded.
    public struct Gap: Error, Hashable, Sendable {
        /// The version that the change goes on from.
        public let expected: UInt64
        /// The last version that was recorded.
        public let recorded: UInt64

        /// A gap.
        public init(expected: UInt64, recorded: UInt64) {
            self.expected = expected
            self.recorded = recorded
        }
    }

    /// Entries that are kept at most; the oldest goes first.
    public let limit: Int
    /// The changes, the oldest first.
    public private(set) var entries: [Entry] = []
    /// The shadow before the first entry; `nil` where there was none.
    private var base: Shadow?
    private var last: UInt64?

    /// A history that begins with `shadow`.
    ///
    /// - Parameters:
    ///   - shadow: what is stored now; `nil` where nothing is.
    ///   - limit: changes to keep, from 1.
    public init(startingWith shadow: Shadow? = nil, limit: Int = 100) {
        self.limit = max(1, limit)
        base = shadow
        last = shadow?.version
    }

    /// Notes an update.
    ///
    /// - Throws: ``Gap`` where the update was made on another version than the last one noted; nothing
    ///   is noted then.
    /// - Complexity: O(1); once ``limit`` is reached, O(*n*) in the oldest document.
    public mutating func record(_ change: ShadowChange) throws(Gap) {
        if let previous = change.previous?.version { try check(previous) }
        append(
            Entry(
                version: change.next.version,
                seconds: change.seconds,
                event: .updated(change.request)
            )
        )
    }

    /// Notes a deletion.
    ///
    /// - Throws: ``Gap``, as ``record(_:)``.
    public mutating func record(
        deletionOf shadow: Shadow,
        at now: WallClock
    ) throws(Gap) {
        try check(shadow.version)
        append(Entry(version: shadow.version + 1, seconds: now.shadowSeconds, event: .deleted))
    }

    private func check(_ version: UInt64) throws(Gap) {
        if last != version { throw Gap(expected: version, recorded: last ?? 0) }
    }

    private mutating func append(_ entry: Entry) {
        last = entry.version
        entries.append(entry)
        while entries.count > limit {
            base = Self.apply(entries.removeFirst(), to: base)
        }
    }

    /// The versions whose documents can be read, in order.
    public var versions: [UInt64] { (base.map { [$0.version] } ?? []) + entries.map(\.version) }

    /// The shadow at a version; `nil` where it was deleted then, or where that version is not kept.
    ///
    /// - Complexity: O(*n* · *m*) for documents of *n* bytes and *m* entries up to that one.
    public func shadow(at version: UInt64) -> Shadow? {
        var shadow = base
        if shadow?.version == version { return shadow }
        for entry in entries {
            shadow = Self.apply(entry, to: shadow)
            if entry.version == version { return shadow }
        }
        return nil
    }

    /// The last document.
    public var current: Shadow? { entries.reduce(base) { Self.apply($1, to: $0) } }

    /// The steps from one version's state to another's; `nil` where one of them is not kept.
    ///
    /// A version at which the shadow was deleted has an empty state.
    public func difference(from old: UInt64, to new: UInt64) -> ShadowPatch? {
        guard versions.contains(old), versions.contains(new) else { return nil }
        let empty = JSONValue.object(JSONObject())
        return ShadowPatch(
            from: shadow(at: old)?.stateTree ?? empty,
            to: shadow(at: new)?.stateTree ?? empty
        )
    }

    private static func apply(_ entry: Entry, to shadow: Shadow?) -> Shadow? {
        guard case .updated(let request) = entry.event else { return nil }
        return (shadow ?? .empty(version: 0))
            .merged(with: request, seconds: entry.seconds, version: entry.version)
    }
}
