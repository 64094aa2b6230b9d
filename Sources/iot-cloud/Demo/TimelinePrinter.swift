#if Endpoint
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Tells a timeline to a person, line by line as things happen.
struct TimelinePrinter: Sendable {
    /// Whether verdicts are coloured.
    let isColoured: Bool
    /// Columns of a line.
    private let width = 118

    /// For the standard output: colours where it is a terminal and `NO_COLOR` is not set.
    static func standardOutput() -> TimelinePrinter {
        let isPlain = unsafe getenv("NO_COLOR") != nil
        return TimelinePrinter(isColoured: isatty(1) == 1 && !isPlain)
    }

    /// A new step.
    func begin(_ number: Int, _ title: String) {
        let head = "── \(number)  \(title) "
        let rule = String(repeating: "─", count: max(3, width - head.count))
        say("\n" + paint(head + rule, "1"))
    }

    /// Something was seen.
    func show(_ event: Timeline.Event) {
        let sign =
            switch event.kind {
            case .sent: "→"
            case .received: "←"
            case .did: "·"
            }
        let head = "\(seconds(event.at))  \(pad(event.who, 9)) \(sign) "
        let topic = event.topic.isEmpty ? "" : event.topic + "  "
        let room = max(24, width - head.count - topic.count)
        let text = event.text.count > room ? event.text.prefix(room - 1) + "…" : event.text[...]
        say(paint(String(head), "2") + topic + text)
    }

    /// Something was checked.
    func show(_ check: Timeline.Check) {
        let verdict = check.hasPassed ? paint("✓", "32") : paint("✗", "1;31")
        let found = check.found.isEmpty ? "" : paint("  (\(check.found))", "2")
        say("           \(verdict) \(check.what)\(found)")
    }

    /// The end of a step.
    func end(_ step: Timeline.Step) {
        let passed = step.checks.count { $0.hasPassed }
        let verdict =
            step.hasPassed
            ? paint("passed", "32") : paint("FAILED", "1;31")
        say(
            "           \(verdict), \(passed) of \(step.checks.count), \(Int(step.milliseconds)) ms"
        )
    }

    /// A line of its own.
    func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private func seconds(_ milliseconds: Double) -> String {
        let thousandths = Int(milliseconds)
        let fraction = String(thousandths % 1_000)
        let zeros = String(repeating: "0", count: 3 - fraction.count)
        return pad("", 2) + "\(thousandths / 1_000).\(zeros)\(fraction) s"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
#endif
