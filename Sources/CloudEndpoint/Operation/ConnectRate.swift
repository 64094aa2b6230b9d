#if Endpoint
internal import IoTTime
internal import MQTTBroker
internal import Synchronization

/// How many connections a second are let in: a bucket of one second's tokens.
final class ConnectRate: Sendable {
    private struct State {
        var tokens: Double
        var refilled: MonotonicTime
        var refused: UInt64 = 0
    }

    private let perSecond: Double
    private let state: Mutex<State>

    /// A limit; `nil` lets everybody in.
    init?(_ perSecond: Int?, now: MonotonicTime = SystemClock.now().monotonic) {
        guard let perSecond else { return nil }
        self.perSecond = Double(max(1, perSecond))
        state = Mutex(State(tokens: Double(max(1, perSecond)), refilled: now))
    }

    /// Whether one more connection may come in now.
    func admit(at now: MonotonicTime = SystemClock.now().monotonic) -> Bool {
        state.withLock { state in
            let passed = Double(now.nanoseconds(since: state.refilled)) / 1e9
            state.tokens = min(perSecond, state.tokens + max(0, passed) * perSecond)
            state.refilled = now
            guard state.tokens >= 1 else {
                state.refused &+= 1
                return false
            }
            state.tokens -= 1
            return true
        }
    }

    /// Connections that were not let in.
    var refused: UInt64 { state.withLock { $0.refused } }
}
#endif
