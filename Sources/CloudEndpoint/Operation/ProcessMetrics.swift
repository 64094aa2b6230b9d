#if Endpoint
internal import Foundation
internal import PrometheusMetrics
internal import CoreMetrics
internal import Synchronization

/// What the process takes, by the names that Prometheus' clients agreed on.
///
/// Read from Linux' `/proc`; elsewhere nothing is shown.
final class ProcessMetrics: Sendable {
    private let cpu: FloatingPointCounter
    private let gauges: [(Meter, @Sendable (Reading) -> Double)]
    private let lastCPU = Mutex(0.0)

    /// What the system says of the process.
    struct Reading: Hashable, Sendable {
        /// Seconds of processor time, user and system.
        var cpuSeconds: Double
        /// Seconds since 1970.
        var startTime: Double
        var virtualBytes: Double
        var residentBytes: Double
        var openFiles: Double
        var maximumFiles: Double
    }

    init(_ configuration: CloudEndpoint.MetricsConfiguration) {
        let factory = configuration.factory
        let registry = configuration.registry
        registry.describe("process_cpu_seconds_total", "Processor time, user and system.")
        cpu = FloatingPointCounter(label: "process_cpu_seconds_total", factory: factory)
        gauges = Self.columns.map { name, help, value in
            registry.describe(name, help)
            return (Meter(label: name, factory: factory), value)
        }
    }

    private static let columns: [(String, String, @Sendable (Reading) -> Double)] = [
        ("process_start_time_seconds", "When it started, since 1970.", { $0.startTime }),
        ("process_virtual_memory_bytes", "Address space.", { $0.virtualBytes }),
        ("process_resident_memory_bytes", "Resident memory.", { $0.residentBytes }),
        ("process_open_fds", "Open file descriptors.", { $0.openFiles }),
        ("process_max_fds", "The most there may be.", { $0.maximumFiles }),
    ]

    /// Brings the metrics up to date; reads files, so not on an event loop.
    func sample() {
        guard let reading = Self.read() else { return }
        for (meter, value) in gauges { meter.set(value(reading)) }
        let passed = lastCPU.withLock { last in
            defer { last = reading.cpuSeconds }
            return reading.cpuSeconds - last
        }
        cpu.increment(by: passed)
    }

    /// The numbers now; `nil` where the system does not say.
    static func read() -> Reading? {
        #if os(Linux)
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let uptime = try? String(contentsOfFile: "/proc/uptime", encoding: .utf8),
            let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        else { return nil }
        return reading(
            stat: stat,
            uptime: uptime,
            now: Date().timeIntervalSince1970,
            ticks: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: Double(sysconf(Int32(_SC_PAGESIZE))),
            // One of them is the listing's own.
            files: (open: max(0, files.count - 1), maximum: maximumFiles())
        )
        #else
        return nil
        #endif
    }

    #if os(Linux)
    private static func maximumFiles() -> Double {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 0
        }
        return Double(limit.rlim_cur)
    }
    #endif

    /// Reads `/proc/PID/stat` and `/proc/uptime`; `nil` if they are not as proc(5) says.
    static func reading(
        stat: String,
        uptime: String,
        now: Double,
        ticks: Double,
        pageBytes: Double,
        files: (open: Int, maximum: Double)
    ) -> Reading? {
        // The name in parentheses may hold spaces; the field behind it is the third.
        guard let end = stat.lastIndex(of: ")"), ticks > 0,
            let running = uptime.split(separator: " ").first.flatMap({ Double($0) })
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        func field(_ number: Int) -> Double? {
            fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
        }
        guard let user = field(14), let system = field(15), let start = field(22),
            let virtual = field(23), let pages = field(24)
        else { return nil }
        return Reading(
            cpuSeconds: (user + system) / ticks,
            startTime: now - running + start / ticks,
            virtualBytes: virtual,
            residentBytes: pages * pageBytes,
            openFiles: Double(files.open),
            maximumFiles: files.maximum
        )
    }
}
#endif
