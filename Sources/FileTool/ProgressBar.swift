internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A line on the standard error that shows how far a command is; silent without a terminal.
final class ProgressBar: Sendable {
    private let total: UInt64
    private let isShown: Bool
    private let shown = Atomic<Int>(-1)

    /// Shows progress towards `total` bytes; zero where they are not known.
    init(total: UInt64, isWanted: Bool) {
        self.total = total
        isShown = isWanted && isatty(2) == 1
    }

    /// Redraws when a whole percent, or a MiB without a total, has passed.
    func update(_ done: UInt64) {
        guard isShown else { return }
        let step = total > 0 ? Int(min(100, done / max(1, total / 100))) : Int(done >> 20)
        guard step > shown.load(ordering: .relaxed) else { return }
        shown.store(step, ordering: .relaxed)
        let bar =
            total > 0
            ? "[" + String(repeating: "#", count: step / 4)
                + String(repeating: ".", count: 25 - step / 4) + "] \(step) %" : "\(step) MiB"
        write(2, "\r" + bar)
    }

    /// Ends the line.
    func finish() {
        if isShown, shown.load(ordering: .relaxed) >= 0 { write(2, "\n") }
    }
}
