public import FirmwareManifest

/// Drives a device's updates: slots are files, every step is stored before the next one begins.
///
/// Kill it anywhere and run it again: it goes on where it was.
public struct DeviceUpdater<
    Files: DurableFiles,
    Source: UpdateSource,
    Crypto: FirmwareCryptography
> {
    /// What ``run()`` came to.
    public enum Outcome: Hashable, Sendable {
        /// Nothing newer.
        case upToDate
        /// A new image is staged: boot.
        case bootOnTrial(Slot)
        /// The installation was given up.
        case failed(InstallationFailure)
    }

    private let files: Files
    private let source: Source
    private let crypto: Crypto
    private let store: FileStateStore<Files, Crypto>
    private let device: DeviceDescription
    private let policy: VerificationPolicy
    private let clock: FirmwareTime?
    private let report: (String) -> Void
    /// Bytes of a payload between two places to resume from.
    private let syncInterval: UInt64 = 1 << 16

    /// Prepares a device.
    ///
    /// - Parameters:
    ///   - files: the folder with state and slots.
    ///   - source: where updates come from.
    ///   - device: what the device is.
    ///   - policy: what it demands.
    ///   - clock: its idea of the time.
    ///   - crypto: verifies and hashes.
    ///   - report: takes a line for each step.
    public init(
        files: Files,
        source: Source,
        device: DeviceDescription,
        policy: VerificationPolicy = .default,
        at clock: FirmwareTime?,
        using crypto: Crypto,
        report: @escaping (String) -> Void = { _ in }
    ) {
        self.files = files
        self.source = source
        self.device = device
        self.policy = policy
        self.clock = clock
        self.crypto = crypto
        self.report = report
        store = FileStateStore(files, using: crypto)
    }

    /// Name of the file that holds a component's image in a slot.
    ///
    /// - Parameters:
    ///   - slot: the slot.
    ///   - component: the component.
    /// - Returns: hexadecimal parts, so that no identifier can leave the folder.
    public static func fileName(_ slot: Slot, _ component: ComponentIdentifier) -> String {
        let digits = Array("0123456789abcdef")
        let parts = component.parts.map { part in
            String(part.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        }
        return "slot-\(slot)-" + parts.joined(separator: "-")
    }

    /// Stores the first state of a device, unless it has one.
    ///
    /// - Parameter root: the signed root document that comes with the device.
    /// - Throws: `FirmwareError`.
    public func provision(root: [UInt8]) throws(FirmwareError) {
        guard try store.load() == nil else { return }
        try store.replace(
            revision: nil,
            with: DeviceState(root: try TrustRoot(provisioned: root))
        )
    }

    /// The stored state.
    public func state() throws(FirmwareError) -> DeviceState {
        guard let state = try store.load() else { throw FirmwareError(.malformedState) }
        return state
    }

    /// What the boot loader does.
    ///
    /// - Returns: the slot that boots; a trial was counted, durably.
    /// - Throws: `FirmwareError`.
    public func boot() throws(FirmwareError) -> Slot {
        let state = try state()
        let (next, slot) = state.booting()
        if next != state { try store.replace(revision: state.revision, with: next) }
        return slot
    }

    /// Keeps the slot that runs: call it when the new system works.
    ///
    /// - Parameter running: the slot that was booted.
    /// - Throws: `FirmwareError`.
    public func confirm(running: Slot) throws(FirmwareError) {
        try apply(.confirmed(running: running))
    }

    @discardableResult
    private func apply(_ event: InstallEvent) throws(FirmwareError) -> DeviceState {
        let state = try state()
        let next = try state.applying(event, policy: policy)
        if next != state { try store.replace(revision: state.revision, with: next) }
        return next
    }

    /// Looks for an update and installs it up to its trial.
    ///
    /// - Returns: what it came to.
    /// - Throws: `FirmwareError`; run it again to go on.
    public func run() throws(FirmwareError) -> Outcome {
        var state = try followRoots()
        guard let (manifest, releases) = try manifest(state) else { return .upToDate }
        let isInstalled = manifest.manifest.components.allSatisfy {
            state.accepted[$0]?.manifestDigest == manifest.digest
        }
        if isInstalled, state.installation == nil { return .upToDate }
        if let installation = state.installation,
            !installation.items.contains(where: { $0.manifestDigest == manifest.digest })
        {
            state = try apply(.failed(.superseded))
        }
        state = try apply(.begin([manifest], releases: releases, device))
        guard let installation = state.installation else { return .upToDate }
        if case .trial = installation.phase { return .bootOnTrial(installation.target) }
        for payload in manifest.installPlan.payloads {
            state = try download(payload, manifest, into: installation.target)
        }
        return try stage(manifest, into: installation.target)
    }

    private func followRoots() throws(FirmwareError) -> DeviceState {
        var state = try state()
        // One version after the other; an end that an attacker withholds is a freeze that shows in
        // the release set's expiry.
        for _ in 0..<1_024 {
            let name = "root.\(state.root.version + 1).cbor"
            guard
                let bytes = try source.fetch(
                    name,
                    range: nil,
                    limit: FirmwareLimits.default.trustDocumentBytes
                )
            else { return state }
            let next = try state.applyingRoot(bytes, using: crypto)
            try store.replace(revision: state.revision, with: next)
            report("root \(next.root.version)")
            state = next
        }
        return state
    }

    private func manifest(
        _ state: DeviceState
    ) throws(FirmwareError) -> (VerifiedManifest, VerifiedReleaseSet)? {
        let limits = FirmwareLimits.default
        guard
            let releaseBytes = try source.fetch(
                "releases.cbor",
                range: nil,
                limit: limits.trustDocumentBytes
            ),
            let envelopeBytes = try source.fetch(
                "manifest.cbor",
                range: nil,
                limit: limits.envelopeBytes
            )
        else { return nil }
        let releases = try VerifiedReleaseSet(releaseBytes, for: state, at: clock, using: crypto)
        let manifest = try Envelope(envelopeBytes).verified(
            for: device,
            state: state,
            releases: releases,
            policy: policy,
            at: clock,
            using: crypto
        )
        return (manifest, releases)
    }

    private func download(
        _ payload: PlannedPayload,
        _ manifest: VerifiedManifest,
        into slot: Slot
    ) throws(FirmwareError) -> DeviceState {
        let state = try state()
        let item = state.installation?.items.first { $0.component == payload.component }
        if item?.hasArrived == true { return state }
        let name = Self.fileName(slot, payload.component)
        let resumeName = name + ".resume"
        let resume = try storage { () throws(FileFailure) in try files.read(resumeName) }
            .flatMap { try? ResumeState($0.span) }
        var verifier = try PayloadVerifier(
            manifest,
            component: payload.component,
            resuming: resume,
            using: crypto
        )
        let size = verifier.offset
        report("download \(payload.component) from \(size)")
        try storage { () throws(FileFailure) in try files.truncate(name, to: size) }
        let location = try payload.uri.map { uri throws(FirmwareError) in
            try PayloadLocation(uri).path
        }
        var synced = size
        loop: while true {
            switch verifier.need {
            case .node(let index):
                let bytes = try fetch(location.map { $0 + ".tree" }, index * 64..<index * 64 + 64)
                try verifier.supply(node: bytes.span)
            case .bytes(let count):
                let start = verifier.offset
                let bytes = try fetch(location, start..<start + min(count, syncInterval))
                _ = try verifier.update(bytes.span)
                try storage { () throws(FileFailure) in try files.write(name, at: start, bytes) }
                guard let point = verifier.resumeState, verifier.offset >= synced + syncInterval
                else { continue }
                // The data first, then the claim about it.
                try storage { () throws(FileFailure) in
                    try files.sync(name)
                    try files.replace(resumeName, with: point.encoded)
                }
                synced = verifier.offset
                report("verified \(synced)")
            case .nothing: break loop
            }
        }
        let proof = try verifier.finish()
        try storage { () throws(FileFailure) in try files.sync(name) }
        return try apply(.payload(proof))
    }

    private func fetch(
        _ path: String?,
        _ range: Range<UInt64>
    ) throws(FirmwareError) -> [UInt8] {
        guard let path else { throw FirmwareError(.parameterMissing(21)) }
        guard let bytes = try source.fetch(path, range: range, limit: range.count),
            !bytes.isEmpty
        else {
            throw FirmwareError(
                .payloadSize(expected: UInt64(range.count), found: 0)
            )
        }
        return bytes
    }

    private func stage(
        _ manifest: VerifiedManifest,
        into slot: Slot
    ) throws(FirmwareError) -> Outcome {
        var images: [VerifiedImage] = []
        for payload in manifest.installPlan.payloads {
            do {
                images.append(try readBack(payload, manifest, slot))
            } catch  where error.code == .digest || error.code == .size {
                let resumeName = Self.fileName(slot, payload.component) + ".resume"
                try storage { () throws(FileFailure) in try files.truncate(resumeName, to: 0) }
                try apply(.failed(.readBackMismatch))
                return .failed(.readBackMismatch)
            }
        }
        try apply(.staged(images))
        report("staged")
        try apply(.trial)
        return .bootOnTrial(slot)
    }

    private func readBack(
        _ payload: PlannedPayload,
        _ manifest: VerifiedManifest,
        _ slot: Slot
    ) throws(FirmwareError) -> VerifiedImage {
        var verifier = try ImageVerifier(manifest, component: payload.component, using: crypto)
        let name = Self.fileName(slot, payload.component)
        var offset: UInt64 = 0
        while true {
            let bytes = try storage { () throws(FileFailure) in
                try files.read(name, at: offset, count: 1 << 16)
            }
            guard !bytes.isEmpty else { return try verifier.finish() }
            try verifier.update(bytes.span)
            offset += UInt64(bytes.count)
        }
    }

    private func storage<T>(
        _ body: () throws(FileFailure) -> T
    ) throws(FirmwareError) -> T {
        do { return try body() } catch { throw FirmwareError(.storage) }
    }
}
