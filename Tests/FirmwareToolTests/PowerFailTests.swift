import FirmwareManifest
import FirmwareTool
import IoTTestSupport
import Testing

@Suite("Power failures")
struct PowerFailTests {
    typealias Updater = DeviceUpdater<SimulatedDisk, MemorySource, TestCryptography>

    func updater(_ publisher: Publisher, _ disk: SimulatedDisk) -> Updater {
        Updater(
            files: disk,
            source: MemorySource(files: publisher.files),
            device: publisher.device,
            at: Publisher.clock,
            using: testCrypto
        )
    }

    /// What the two releases install.
    static let images = [UInt64(1), 2].map { Publisher.image($0, count: 70_000) }

    /// An update from begin to confirmation.
    func cycle(_ updater: Updater) throws {
        if case .bootOnTrial = try updater.run() {
            let slot = try updater.boot()
            try updater.confirm(running: slot)
        }
    }

    /// The version whose image stands in a slot, whole; `nil` for anything else.
    func version(in slot: Slot, _ disk: SimulatedDisk, _ size: Int) throws -> UInt64? {
        let name = Updater.fileName(slot, ComponentIdentifier("app"))
        guard let bytes = try disk.read(name) else { return nil }
        return [1, 2].first { Self.images[Int($0) - 1].prefix(size) == bytes[...] }
    }

    @Test(
        "#62 power fails at every operation: a verified slot boots, no floor falls, the update ends"
    )
    func everyOperation() throws {
        let size = 70_000
        var publisher = try Publisher()
        try publisher.publish(1, count: size)
        var second = publisher
        try second.publish(2, count: size)
        let probe = SimulatedDisk()
        try updater(publisher, probe).provision(root: publisher.root)
        try cycle(updater(publisher, probe))
        probe.failing(at: .max)
        try cycle(updater(second, probe))
        let operations = probe.operations
        #expect(operations > 40)
        var g = SplitMix64(seed: 62)
        for operation in 1...operations {
            for _ in 0..<2 {
                let disk = SimulatedDisk()
                try updater(publisher, disk).provision(root: publisher.root)
                try cycle(updater(publisher, disk))
                disk.failing(at: operation)
                #expect(throws: FirmwareError.self) { try cycle(updater(second, disk)) }
                disk.restart(&g)
                try recovered(second, disk, size, &g)
            }
        }
    }

    /// Boots, with more power failures on the way, until the update has ended.
    func recovered(
        _ publisher: Publisher,
        _ disk: SimulatedDisk,
        _ size: Int,
        _ g: inout SplitMix64
    ) throws {
        let updater = updater(publisher, disk)
        let app = ComponentIdentifier("app")
        for attempt in 0..<20 {
            let state = try updater.state()
            let floor = try #require(state.accepted[app]?.sequenceNumber)
            let booted = state.booting().slot
            let version = try version(in: booted, disk, size)
            #expect(version != nil, "an unverified slot would boot")
            #expect(floor >= 1 && state.securityCounter == floor)
            if booted == state.slot { #expect(version == floor) }
            if floor == 2 { return }
            if attempt < 5 { disk.failing(at: 1 + g.below(60)) }
            do {
                let slot = try updater.boot()
                if case .trial = state.installation?.phase, slot != state.slot {
                    try updater.confirm(running: slot)
                }
                try cycle(updater)
            } catch {
                disk.restart(&g)
            }
            disk.failing(at: .max)
        }
        Issue.record("the update never ended")
    }

    @Test(
        "#61 damaged data below a resume state is found when it is read back, and the update starts again"
    )
    func damagedResume() throws {
        var publisher = try Publisher()
        try publisher.publish(1)
        let disk = SimulatedDisk()
        let updater = updater(publisher, disk)
        try updater.provision(root: publisher.root)
        // Stops after the first claim was stored.
        var operation = 10
        let name = Updater.fileName(.b, ComponentIdentifier("app"))
        var g = SplitMix64(seed: 1)
        while try disk.read(name + ".resume") == nil {
            disk.failing(at: operation)
            _ = try? updater.run()
            disk.restart(&g)
            operation += 1
        }
        try disk.write(name, at: 100, [0, 0, 0, 0])
        #expect(try updater.run() == .failed(.readBackMismatch))
        #expect(try updater.state().lastFailure == .readBackMismatch)
        #expect(try updater.run() == .bootOnTrial(.b))
    }

    @Test("a trial that is never confirmed goes back to the old slot")
    func rollBack() throws {
        var publisher = try Publisher()
        try publisher.publish(1)
        let disk = SimulatedDisk()
        let updater = updater(publisher, disk)
        try updater.provision(root: publisher.root)
        #expect(try updater.run() == .bootOnTrial(.b))
        for _ in 0..<3 { #expect(try updater.boot() == .b) }
        #expect(try updater.boot() == .a)
        #expect(try updater.state().lastFailure == .trialExpired)
        #expect(try updater.state().accepted.isEmpty)
    }

    @Test("a store replaces the revision it was told, and no other")
    func revisions() throws {
        let publisher = try Publisher()
        let disk = SimulatedDisk()
        let store = FileStateStore(disk, using: testCrypto)
        #expect(try store.load() == nil)
        let state = DeviceState(root: try TrustRoot(provisioned: publisher.root))
        try store.replace(revision: nil, with: state)
        #expect(try store.load() == state)
        #expect(throws: FirmwareError(.revisionConflict(stored: 0))) {
            try store.replace(revision: nil, with: state)
        }
        #expect(throws: FirmwareError(.revisionConflict(stored: 0))) {
            try store.replace(revision: 1, with: state)
        }
        var bytes = try #require(try disk.read("state"))
        bytes[bytes.count / 2] ^= 1
        try disk.write("state", at: 0, bytes)
        #expect(throws: FirmwareError.self) { try store.load() }
    }
}
