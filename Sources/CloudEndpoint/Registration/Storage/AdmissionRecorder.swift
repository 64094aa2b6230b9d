#if Endpoint
internal import DeviceRegistration
internal import IoTTime
internal import Logging
internal import Synchronization

/// Gathers admissions for the audit log, and writes them in batches.
///
/// What is the same within a batch is one line with a count, and a batch has a limit: whoever knocks
/// ten thousand times in a second fills neither the disk nor the memory.
final class AdmissionRecorder: Sendable {
    /// What is the same for lines that are counted together.
    struct Entry: Hashable, Sendable {
        var certificate: CertificateID?
        var authority: CertificateID?
        var verdict: String
        var rule: String?
    }

    /// Different lines of one batch; of others only the number is kept.
    static let maximumEntries = 1_000

    private struct State {
        var entries: [Entry: (first: WallClock, times: Int)] = [:]
        var suppressed = 0
    }

    private let state = Mutex(State())
    private let database: RegistryDatabase
    private let logger: Logger

    init(_ database: RegistryDatabase, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    func note(_ entry: Entry, at now: WallClock) {
        state.withLock { state in
            if let known = state.entries[entry] {
                state.entries[entry] = (known.first, known.times + 1)
            } else if state.entries.count < Self.maximumEntries {
                state.entries[entry] = (now, 1)
            } else {
                state.suppressed += 1
            }
        }
    }

    /// Writes what was gathered.
    func flush() async {
        let taken = state.withLock { state in
            let taken = state
            state = State()
            return taken
        }
        guard !taken.entries.isEmpty else { return }
        var rows = taken.entries.sorted { $0.value.first < $1.value.first }.map { entry, seen in
            var row = AuditRow("admission", at: seen.first)
            row.certificate = entry.certificate
            row.authority = entry.authority
            row.verdict = entry.verdict
            row.rule = entry.rule
            row.times = seen.times
            return row
        }
        if taken.suppressed > 0 {
            var row = AuditRow("suppressed", at: rows.last?.time ?? database.now())
            row.rule = "admissions beyond \(Self.maximumEntries) different ones in a second"
            row.times = taken.suppressed
            rows.append(row)
        }
        do throws(RegistryStorageError) {
            try await database.append(rows)
        } catch {
            logger.error("the audit log cannot be written", metadata: ["error": "\(error)"])
        }
    }
}
#endif
