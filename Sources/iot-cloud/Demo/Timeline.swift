#if Endpoint
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What happened in the story, in order: steps, what was seen in each, and what was checked.
///
/// Called from several threads; a person reads it while it happens.
final class Timeline: Sendable {
    /// Something that was seen.
    struct Event: Sendable {
        /// Milliseconds since the story began.
        var at: Double
        /// Who saw or did it.
        var who: String
        /// How it is told.
        var kind: Kind
        /// The topic; empty where there is none.
        var topic: String
        /// A payload, or what somebody did.
        var text: String
    }

    /// How an event is told.
    enum Kind: String, Sendable {
        /// A message was sent.
        case sent
        /// A message arrived.
        case received
        /// Something else was done.
        case did
    }

    /// What was expected of the other side.
    struct Check: Sendable {
        var what: String
        var hasPassed: Bool
        /// What was found, where that is of interest.
        var found: String
    }

    /// A part of the story.
    struct Step: Sendable {
        var name: String
        var title: String
        var milliseconds = 0.0
        var events: [Event] = []
        var checks: [Check] = []

        var hasPassed: Bool { !checks.isEmpty && checks.allSatisfy(\.hasPassed) }
    }

    private struct State {
        var steps: [Step] = []
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now
    private let printer: TimelinePrinter?

    /// A timeline that begins now.
    ///
    /// - Parameter printer: tells it to a person as it happens; `nil`: nobody is told.
    init(_ printer: TimelinePrinter?) { self.printer = printer }

    /// Everything that happened.
    var steps: [Step] { state.withLock { $0.steps } }

    /// Milliseconds since the beginning.
    var now: Double { Self.milliseconds(ContinuousClock.now - start) }

    /// Whether every check of every step has passed.
    var hasPassed: Bool { state.withLock { $0.steps.allSatisfy(\.hasPassed) } }

    /// Plays a step.
    ///
    /// - Throws: what `body` throws, after it was noted as a failed check.
    func step<T>(
        _ name: String,
        _ title: String,
        _ body: () async throws -> T
    ) async throws -> T {
        let number = state.withLock { state in
            state.steps.append(Step(name: name, title: title))
            return state.steps.count
        }
        let begin = now
        printer?.begin(number, title)
        defer {
            let took = now - begin
            let step = state.withLock { state in
                state.steps[number - 1].milliseconds = took
                return state.steps[number - 1]
            }
            printer?.end(step)
        }
        do {
            return try await body()
        } catch {
            check("the step comes to its end", false, found: "\(error)")
            throw error
        }
    }

    /// Notes that a message was sent or arrived.
    func message(_ kind: Kind, _ who: String, _ topic: String, _ payload: [UInt8]) {
        note(Event(at: now, who: who, kind: kind, topic: topic, text: Self.shown(payload)))
    }

    /// Notes what somebody did.
    func did(_ who: String, _ what: String) {
        note(Event(at: now, who: who, kind: .did, topic: "", text: what))
    }

    private func note(_ event: Event) {
        state.withLock { state in
            guard !state.steps.isEmpty else { return }
            state.steps[state.steps.count - 1].events.append(event)
        }
        printer?.show(event)
    }

    /// Notes a check.
    func check(_ what: String, _ hasPassed: Bool, found: String = "") {
        let check = Check(what: what, hasPassed: hasPassed, found: found)
        state.withLock { state in
            guard !state.steps.isEmpty else { return }
            state.steps[state.steps.count - 1].checks.append(check)
        }
        printer?.show(check)
    }

    /// A payload as text of one line, cut short.
    static func shown(_ payload: [UInt8], limit: Int = 160) -> String {
        guard let text = String(validating: payload, as: UTF8.self) else {
            return "\(payload.count) bytes"
        }
        var shown = ""
        for scalar in text.unicodeScalars {
            if shown.unicodeScalars.count >= limit { return shown + "…" }
            shown.unicodeScalars.append(
                scalar.properties.generalCategory == .control ? "·" : scalar
            )
        }
        return shown
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1_000 + Double(attoseconds) / 1e15
    }
}
#endif
