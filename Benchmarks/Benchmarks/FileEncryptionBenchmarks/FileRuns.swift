import BenchmarkSupport
import FileEncryption
import Foundation
import IoTCYardstickFile

/// Whole files on tmpfs: ours, C and age in turns.
struct FileRuns {
    let program: BenchmarkProgram
    let size: Int
    let folder: URL
    let identity = Identity.generate()
    /// `IOT_BENCH_ROUNDS`, 3 unless told.
    let rounds: Int

    init(_ program: BenchmarkProgram, size: Int) throws {
        self.program = program
        self.size = size
        let wanted = ProcessInfo.processInfo.environment["IOT_BENCH_ROUNDS"].flatMap { Int($0) }
        rounds = program.isSmoke ? 1 : max(1, wanted ?? 3)
        let base = ProcessInfo.processInfo.environment["IOT_BENCH_FOLDER"] ?? "/dev/shm"
        folder = URL(fileURLWithPath: base)
            .appendingPathComponent("iot-bench-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    struct Time {
        var wall: Double
        var cpu: Double
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func cpuSeconds(_ who: __rusage_who) -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(truncatingIfNeeded: who.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    func timed(_ body: () throws -> Void) rethrows -> Time {
        let cpu = cpuSeconds(RUSAGE_SELF) + cpuSeconds(RUSAGE_CHILDREN)
        let start = nanoseconds()
        try body()
        let wall = Double(nanoseconds() - start) / 1e9
        return Time(wall: wall, cpu: cpuSeconds(RUSAGE_SELF) + cpuSeconds(RUSAGE_CHILDREN) - cpu)
    }

    /// Opens two files, lends their descriptors, closes them.
    func files<R>(_ from: String, _ to: String, _ body: (Int32, Int32) throws -> R) throws -> R {
        unlink(path(to))
        let source = open(path(from), O_RDONLY)
        let target = open(path(to), O_CREAT | O_RDWR | O_TRUNC, 0o600)
        defer {
            close(source)
            close(target)
        }
        return try body(source, target)
    }

    func memory(_ field: String) -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(field) }
        return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") } ?? 0
    }

    func run() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try fill()
        guard let recipient = identity.recipient else { return }
        // VmHWM is reset, so that it shows this run alone.
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        let before = memory("VmRSS")
        try ours("plain", "ours", encrypts: true, workers: 2, recipient)
        let grown = Double(memory("VmHWM") - before) / 1_024
        program.add(
            Row(
                name: "FileEncryption/memory growth",
                ours: grown,
                unit: "MiB",
                bar: "<= 8 MiB",
                meetsBar: grown <= 8
            )
        )
        try check()
        var table: [String: [Time]] = [:]
        for _ in 0..<rounds {
            for threads in [1, 2] {
                table["ours encrypt \(threads)", default: []].append(
                    try timed {
                        try ours("plain", "ours", encrypts: true, workers: threads, recipient)
                    }
                )
                table["C encrypt \(threads)", default: []].append(
                    try timed { try yardstick("plain", "c", encrypts: true, threads) }
                )
                table["ours decrypt \(threads)", default: []].append(
                    try timed {
                        try ours("ours", "opened", encrypts: false, workers: threads, recipient)
                    }
                )
                table["C decrypt \(threads)", default: []].append(
                    try timed { try yardstick("c", "opened", encrypts: false, threads) }
                )
            }
            try runAge(recipient, &table)
        }
        report(table)
        try randomRead()
    }

    private func fill() throws {
        try Data().write(to: URL(fileURLWithPath: path("plain")))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path("plain")))
        let block = Data((0..<1 << 20).map { UInt8(truncatingIfNeeded: ($0 &* 131) >> 3) })
        for _ in 0..<size >> 20 { try handle.write(contentsOf: block) }
        try handle.close()
    }

    private func ours(
        _ from: String,
        _ to: String,
        encrypts: Bool,
        workers: Int,
        _ recipient: Recipient
    ) throws {
        try files(from, to) { source, target in
            let cipher = FileCipher(workers: workers)
            let input = try DescriptorIO(source)
            let output = try DescriptorIO(target)
            if encrypts {
                _ = try cipher.encrypt(input, to: output, recipients: [recipient])
            } else {
                _ = try cipher.decrypt(input, to: output, identities: [identity])
            }
        }
    }

    private func yardstick(_ from: String, _ to: String, encrypts: Bool, _ threads: Int) throws {
        let failed = try files(from, to) { source, target in
            encrypts
                ? iot_yard_encrypt_file(source, target, UInt64(size), Int32(threads))
                : iot_yard_decrypt_file(source, target, UInt64(size), Int32(threads))
        }
        if failed != 0 { program.fail("C yardstick") }
    }

    /// The result before the time: what was written decrypts to the same bytes.
    private func check() throws {
        guard let recipient = identity.recipient else { return }
        try ours("ours", "opened", encrypts: false, workers: 2, recipient)
        let compare = Process()
        compare.executableURL = URL(fileURLWithPath: "/usr/bin/cmp")
        compare.arguments = [path("plain"), path("opened")]
        try compare.run()
        compare.waitUntilExit()
        if compare.terminationStatus != 0 { program.fail("decrypted bytes differ") }
    }

    private func runAge(_ recipient: Recipient, _ table: inout [String: [Time]]) throws {
        let age = "/usr/bin/age"
        guard FileManager.default.isExecutableFile(atPath: age), let text = recipient.bech32 else {
            return print("age is not installed: not compared")
        }
        let key = identity.withBech32 { key in Data(key.indices.map { key[$0] }) } ?? Data()
        try key.write(to: folder.appendingPathComponent("key"))
        func launch(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: age)
            process.arguments = arguments
            try process.run()
            process.waitUntilExit()
            if process.terminationStatus != 0 { program.fail("age") }
        }
        unlink(path("age"))
        table["age encrypt", default: []].append(
            try timed { try launch(["-r", text, "-o", path("age"), path("plain")]) }
        )
        unlink(path("opened"))
        table["age decrypt", default: []].append(
            try timed { try launch(["-d", "-i", path("key"), "-o", path("opened"), path("age")]) }
        )
        unlink(path("age"))
    }

    private func report(_ table: [String: [Time]]) {
        func add(_ mine: String, _ other: String, bar: Double, _ text: String) {
            guard let a = table[mine], let b = table[other] else { return }
            let ratios = zip(a, b).map { $0.wall / $1.wall }
            program.add(
                Row(
                    name: "FileEncryption/1 GiB, \(mine)",
                    ours: median(a.map(\.wall)) * 1_000,
                    unit: "ms",
                    peerName: other,
                    peer: median(b.map(\.wall)) * 1_000,
                    ratio: median(ratios),
                    bar: text,
                    meetsBar: median(ratios) <= bar
                )
            )
            program.add(
                .measured(
                    "FileEncryption/1 GiB, \(mine), processor time",
                    median(a.map(\.cpu)),
                    "s",
                    peer: (other, median(b.map(\.cpu)))
                )
            )
        }
        for way in ["encrypt", "decrypt"] {
            for threads in [1, 2] {
                add("ours \(way) \(threads)", "C \(way) \(threads)", bar: 1 / 0.95, "<= 1.05 x")
            }
            add("ours \(way) 2", "age \(way)", bar: 1, "< 1 x")
        }
    }

    private func randomRead() throws {
        guard let recipient = identity.recipient else { return }
        try ours("plain", "ours", encrypts: true, workers: 2, recipient)
        try files("ours", "unused") { source, _ in
            let reader = try SeekableDecryptor(DescriptorIO(source), identities: [identity])
            let count = min(1 << 20, size / 2)
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
            defer { buffer.deallocate() }
            var generator = SystemRandomNumberGenerator()
            program.compare("FileEncryption/read 1 MiB anywhere", count: 100, bar: 3_000_000) { n in
                for _ in 0..<n {
                    let at = UInt64.random(
                        in: 0...reader.plaintextSize - UInt64(count),
                        using: &generator
                    )
                    var output = OutputSpan(buffer: buffer, initializedCount: 0)
                    do { try reader.read(at: at, count: count, into: &output) } catch { return 1 }
                }
                return 0
            }
        }
    }
}
