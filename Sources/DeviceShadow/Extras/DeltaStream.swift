public import JSONDocument
internal import Synchronization

/// A delta as a Swift app sees it.
public struct ShadowDelta: Hashable, Sendable {
    /// The shadow.
    public let key: ShadowKey
    /// The shadow's version; lower ones than one already seen are old.
    public let version: UInt64
    /// The body of `update/delta`: `{"state":…,"metadata":…,"version":…,"timestamp":…}`.
    public let payload: [UInt8]

    /// In what `desired` differs from `reported`.
    ///
    /// - Complexity: O(*n*), parses the payload.
    public var state: JSONObject {
        (try? JSONValue(parsing: payload.span))?["state"]?.object ?? JSONObject()
    }
}

/// Hands deltas to the tasks of the same process that ask for them.
///
/// Who stores changes calls ``publish(_:of:)`` for each; nobody pays where nobody listens. A delta
/// holds all that differs, so a reader that falls behind loses nothing with the older ones.
public final class DeltaStream: Sendable {
    private struct State {
        var readers: [ShadowKey: [UInt64: AsyncStream<ShadowDelta>.Continuation]] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A hub without readers.
    public init() {}

    /// The deltas of a shadow from now on, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - key: the shadow.
    ///   - limit: deltas to keep for a reader that is busy, the newest ones; from 1.
    /// - Returns: a stream for one reader.
    public func deltas(of key: ShadowKey, keepingNewest limit: Int = 1) -> AsyncStream<ShadowDelta>
    {
        let (stream, continuation) = AsyncStream<ShadowDelta>.makeStream(
            bufferingPolicy: .bufferingNewest(max(1, limit))
        )
        let id = state.withLock { state in
            state.next += 1
            state.readers[key, default: [:]][state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id, of: key) }
        return stream
    }

    private func remove(_ id: UInt64, of key: ShadowKey) {
        state.withLock { state in
            state.readers[key]?[id] = nil
            if state.readers[key]?.isEmpty == true { state.readers[key] = nil }
        }
    }

    /// Whether anybody reads the deltas of a shadow.
    public func isRead(_ key: ShadowKey) -> Bool {
        state.withLock { $0.readers[key] != nil }
    }

    /// Hands out the delta of a change, where there is one and somebody reads it.
    public func publish(_ change: ShadowChange, of key: ShadowKey) {
        guard isRead(key), let payload = change.delta() else { return }
        let delta = ShadowDelta(key: key, version: change.next.version, payload: payload)
        let readers = state.withLock { Array(($0.readers[key] ?? [:]).values) }
        for reader in readers { reader.yield(delta) }
    }
}
