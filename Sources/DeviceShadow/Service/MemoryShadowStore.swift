public import IoTTime
internal import Synchronization

/// Shadows in memory, in their packed form.
///
/// A shadow takes its packed bytes and about 150 bytes beside them. Calls may come from any thread;
/// they hold a lock for the time of a lookup.
public final class MemoryShadowStore: ShadowStore {
    private struct Slot {
        var shadow: StoredShadow
        var revision: UInt64
    }

    private struct Thing {
        var classic: Slot?
        var named: [String: Slot] = [:]
        /// Names of live named shadows in order; `nil` where they changed since they were last asked
        /// for.
        var names: [String]?

        subscript(name: String?) -> Slot? {
            get {
                guard let name else { return classic }
                return named[name]
            }
            set {
                guard let name else {
                    classic = newValue
                    return
                }
                named[name] = newValue
            }
        }

        var isEmpty: Bool { classic == nil && named.isEmpty }
    }

    private struct State {
        var things: [String: Thing] = [:]
        var revision: UInt64 = 0
        var count = 0
        /// Deleted shadows whose version is still remembered.
        var tombstones: Set<ShadowKey> = []
    }

    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    /// Live shadows.
    public var count: Int { state.withLock { $0.count } }

    /// Live shadows and deleted ones whose version is still remembered: what takes memory.
    public var storedCount: Int { state.withLock { $0.count + $0.tombstones.count } }

    /// Reads a shadow and its revision.
    ///
    /// - Complexity: O(1).
    public func load(_ key: ShadowKey) -> (shadow: StoredShadow, revision: ShadowRevision) {
        state.withLock { state in
            guard let slot = state.things[key.thing]?[key.name] else { return (.absent, .absent) }
            return (slot.shadow, ShadowRevision(rawValue: slot.revision))
        }
    }

    /// Replaces a shadow, if its revision still is `revision`.
    ///
    /// - Complexity: O(1).
    public func store(
        _ shadow: StoredShadow,
        for key: ShadowKey,
        ifRevision revision: ShadowRevision
    ) -> Bool {
        state.withLock { state in
            let old = state.things[key.thing]?[key.name]
            guard (old?.revision ?? 0) == revision.rawValue else { return false }
            let wasLive = old?.shadow.shadow != nil
            let isLive = shadow.shadow != nil
            if wasLive != isLive { state.count += isLive ? 1 : -1 }
            state.revision += 1
            let next = state.revision
            let isForgotten = shadow == .absent
            if isLive || isForgotten {
                state.tombstones.remove(key)
            } else {
                state.tombstones.insert(key)
            }
            let hidesNames = key.name != nil && wasLive != isLive
            Self.change(&state.things[key.thing, default: Thing()]) { thing in
                thing[key.name] = isForgotten ? nil : Slot(shadow: shadow, revision: next)
                if hidesNames { thing.names = nil }
            }
            if isForgotten, state.things[key.thing]?.isEmpty == true {
                state.things[key.thing] = nil
            }
            return true
        }
    }

    private static func change(_ thing: inout Thing, _ body: (inout Thing) -> Void) {
        body(&thing)
    }

    /// Names of a thing's live named shadows in the order of their bytes.
    ///
    /// - Complexity: O(*limit* + log *n*); O(*n* log *n*) after one has come or gone.
    public func names(of thing: String, after name: String?, limit: Int) -> [String] {
        state.withLock { state in
            guard var entry = state.things[thing] else { return [] }
            if entry.names == nil {
                entry.names = entry.named.filter { $0.value.shadow.shadow != nil }.keys
                    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                state.things[thing] = entry
            }
            let names = entry.names ?? []
            var low = 0
            var high = name == nil ? 0 : names.count
            while let name, low < high {
                let middle = (low + high) / 2
                if name.utf8.lexicographicallyPrecedes(names[middle].utf8) {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            return Array(names[low...].prefix(max(0, limit)))
        }
    }

    /// Forgets tombstones that have expired.
    ///
    /// - Returns: of which shadows they were.
    /// - Complexity: O(*n*) in the tombstones; call it now and then.
    @discardableResult
    public func removeExpired(at now: WallClock) -> [ShadowKey] {
        state.withLock { state in
            let expired = state.tombstones.filter { key in
                state.things[key.thing]?[key.name]?.shadow.isForgotten(at: now) ?? true
            }
            for key in expired {
                state.things[key.thing]?[key.name] = nil
                if state.things[key.thing]?.isEmpty == true { state.things[key.thing] = nil }
            }
            state.tombstones.subtract(expired)
            return Array(expired)
        }
    }
}
