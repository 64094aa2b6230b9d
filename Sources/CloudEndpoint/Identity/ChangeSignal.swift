#if Endpoint
internal import Synchronization

/// Tells an endpoint that answers which it has seen may be different now.
///
/// Each ``CertificateAdmission`` and each directory of policies has one.
public final class ChangeSignal: Sendable {
    /// Names an observer, to remove it.
    public struct ObserverID: Hashable, Sendable {
        let rawValue: UInt64
    }

    private struct State {
        var next: UInt64 = 0
        var observers: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())
    private let counter = Atomic<UInt64>(1)

    /// A signal without observers.
    public init() {}

    /// Rises with every change; answers that were made at the same version are still good.
    public var version: UInt64 { counter.load(ordering: .acquiring) }

    /// Calls back after each change, on the thread that made it.
    public func add(_ observer: @escaping @Sendable () -> Void) -> ObserverID {
        state.withLock { state in
            state.next += 1
            state.observers[state.next] = observer
            return ObserverID(rawValue: state.next)
        }
    }

    /// Calls that observer no more.
    public func remove(_ id: ObserverID) {
        state.withLock { $0.observers[id.rawValue] = nil }
    }

    /// Something changed, and is in effect already.
    public func notify() {
        counter.add(1, ordering: .acquiringAndReleasing)
        for observer in state.withLock({ Array($0.observers.values) }) { observer() }
    }
}
#endif
