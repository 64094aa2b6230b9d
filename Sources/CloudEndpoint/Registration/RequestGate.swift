#if Endpoint
internal import Synchronization

/// Lets so many through at a time, and so many wait; the longest waiting first.
final class RequestGate: Sendable {
    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
        var first = 0
    }

    private let state = Mutex(State())
    private let parallel: Int
    private let limit: Int

    init(parallel: Int, waiting: Int) {
        self.parallel = max(1, parallel)
        limit = max(0, waiting)
    }

    /// How many wait.
    var waitingCount: Int { state.withLock { $0.waiting.count - $0.first } }

    /// Waits for a place.
    ///
    /// - Returns: false where too many wait already; else call ``leave()`` afterwards.
    func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.running < parallel {
                    state.running += 1
                    return true
                }
                guard state.waiting.count - state.first < limit else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Gives the place to the next one.
    func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard state.first < state.waiting.count else {
                state.waiting.removeAll()
                state.first = 0
                state.running -= 1
                return nil
            }
            let next = state.waiting[state.first]
            state.first += 1
            if state.first > 64, state.first * 2 > state.waiting.count {
                state.waiting.removeFirst(state.first)
                state.first = 0
            }
            return next
        }
        next?.resume(returning: true)
    }
}
#endif
