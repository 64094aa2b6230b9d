internal import Foundation
internal import IoTCAllocationCounter

/// A body under measurement: runs its operation `count` times and returns a check value.
public typealias Body = (_ count: Int) -> UInt64

/// Keeps the optimiser from removing a value.
@inline(never)
public func blackHole<T>(_ value: T) {}

/// Allocations made by this process so far.
public func allocationCount() -> UInt64 { iot_allocation_count() }

/// Nanoseconds of a steady clock.
public func nanoseconds() -> UInt64 {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return UInt64(t.tv_sec) * 1_000_000_000 + UInt64(t.tv_nsec)
}

/// One line of a benchmark's table.
public struct Row: Codable, Sendable {
    /// The path that was measured, `module/operation`.
    public var name: String
    /// Ours, median of the rounds.
    public var ours: Double
    /// The unit of `ours` and `peer`, such as `ns/op`.
    public var unit: String
    /// What ours is compared with.
    public var peerName: String?
    /// The peer, median of the rounds.
    public var peer: Double?
    /// Median over the rounds of ours divided by peer.
    public var ratio: Double?
    /// Allocations for each operation, where counted.
    public var allocations: Double?
    /// The bar that was set for this path, in words.
    public var bar: String?
    /// Whether the bar holds.
    public var meetsBar: Bool?

    /// A line that was measured elsewhere than in ``BenchmarkProgram/compare``.
    public init(
        name: String,
        ours: Double,
        unit: String,
        peerName: String? = nil,
        peer: Double? = nil,
        ratio: Double? = nil,
        allocations: Double? = nil,
        bar: String? = nil,
        meetsBar: Bool? = nil
    ) {
        self.name = name
        self.ours = ours
        self.unit = unit
        self.peerName = peerName
        self.peer = peer
        self.ratio = ratio
        self.allocations = allocations
        self.bar = bar
        self.meetsBar = meetsBar
    }
}

/// Runs bodies in interleaved rounds and prints one table.
///
/// Arguments of every benchmark program: `--smoke` (few, short rounds: shows that it runs and that
/// the results are right), `--json FILE`, `--filter TEXT`.
public final class BenchmarkProgram {
    /// Whether only a smoke run was asked for.
    public let isSmoke: Bool
    private let jsonPath: String?
    private let filter: String?
    private var rows: [Row] = []
    private var failed = false

    /// Reads the program's arguments.
    public init(_ title: String, arguments: [String] = CommandLine.arguments) {
        func value(after flag: String) -> String? {
            guard let i = arguments.firstIndex(of: flag), i + 1 < arguments.count else {
                return nil
            }
            return arguments[i + 1]
        }
        isSmoke = arguments.contains("--smoke")
        jsonPath = value(after: "--json")
        filter = value(after: "--filter")
        print("# \(title)\(isSmoke ? " (smoke run: numbers say nothing)" : "")")
    }

    /// Whether `name` was asked for.
    public func wants(_ name: String) -> Bool { filter.map { name.contains($0) } ?? true }

    /// Times one body, or two in turns.
    ///
    /// Each round runs ours and the peer one after the other, so that a noisy moment hits both; the
    /// ratio is the median of the rounds' ratios.
    /// - Parameters:
    ///   - name: the row's name, `module/operation`.
    ///   - count: operations in a round.
    ///   - rounds: how many rounds; the medians are printed.
    ///   - expect: the check value both bodies must return; a mismatch fails the program.
    ///   - bar: the highest ratio (with a peer) or the highest nanoseconds (without) allowed.
    ///   - peer: what ours is compared with, and its name in the table.
    ///   - ours: the path under measurement.
    public func compare(
        _ name: String,
        count: Int,
        rounds: Int = 11,
        expect: UInt64? = nil,
        bar: Double? = nil,
        peer: (name: String, body: Body)? = nil,
        ours: Body
    ) {
        guard wants(name) else { return }
        let count = isSmoke ? max(1, count / 50) : count
        let rounds = isSmoke ? 2 : rounds
        let reference = ours(count)
        if let expect, !isSmoke, reference != expect {
            fail("\(name): \(reference) is not \(expect)")
        }
        if let peer, peer.body(count) != reference { fail("\(name): \(peer.name) disagrees") }
        var mine: [Double] = []
        var theirs: [Double] = []
        var ratios: [Double] = []
        var allocations: [Double] = []
        for _ in 0..<rounds {
            let before = allocationCount()
            let start = nanoseconds()
            let check = ours(count)
            let time = Double(nanoseconds() - start) / Double(count)
            allocations.append(Double(allocationCount() - before) / Double(count))
            if check != reference { fail("\(name): result changed between rounds") }
            mine.append(time)
            if let peer {
                let start = nanoseconds()
                blackHole(peer.body(count))
                let other = Double(nanoseconds() - start) / Double(count)
                theirs.append(other)
                ratios.append(time / other)
            }
        }
        let ratio = ratios.isEmpty ? nil : median(ratios)
        add(
            Row(
                name: name,
                ours: median(mine),
                unit: "ns/op",
                peerName: peer?.name,
                peer: theirs.isEmpty ? nil : median(theirs),
                ratio: ratio,
                allocations: allocations.min(),
                bar: bar.map { peer == nil ? "<= \($0) ns" : "<= \($0) x" },
                meetsBar: bar.map { (ratio ?? median(mine)) <= $0 }
            )
        )
    }

    /// Adds a line that was measured elsewhere (memory, percentiles).
    public func add(_ row: Row) {
        guard wants(row.name) else { return }
        rows.append(row)
        print(Self.format(row))
    }

    /// Notes a wrong result; ``finish()`` then exits with 1.
    public func fail(_ message: String) {
        failed = true
        print("FAILED \(message)")
    }

    /// Writes the JSON file and ends the program.
    public func finish() -> Never {
        if let jsonPath {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            do {
                try encoder.encode(rows).write(to: URL(fileURLWithPath: jsonPath))
            } catch {
                fail("cannot write \(jsonPath)")
            }
        }
        let missed = rows.filter { $0.meetsBar == false }
        if !isSmoke, !missed.isEmpty {
            print("bars missed: " + missed.map(\.name).joined(separator: ", "))
        }
        exit(failed ? 1 : 0)
    }

    static func format(_ row: Row) -> String {
        func pad(_ s: String, _ n: Int) -> String {
            s.count >= n ? s : s + String(repeating: " ", count: n - s.count)
        }
        func number(_ x: Double) -> String { String(format: x < 100 ? "%.1f" : "%.0f", x) }
        var line = pad(row.name, 44) + pad("\(number(row.ours)) \(row.unit)", 18)
        if let peerName = row.peerName, let peer = row.peer, let ratio = row.ratio {
            line += pad("\(peerName) \(number(peer))", 34) + pad(String(format: "%.2f x", ratio), 9)
        } else {
            line += pad("", 43)
        }
        if let allocations = row.allocations {
            line += pad(String(format: "%.2f allocs", allocations), 13)
        }
        if let bar = row.bar { line += "bar \(bar) " + (row.meetsBar == true ? "met" : "MISSED") }
        return line
    }
}

/// The middle value.
public func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}
