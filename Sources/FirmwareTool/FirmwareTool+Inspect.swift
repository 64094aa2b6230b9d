internal import CBORCodec
public import FirmwareManifest
internal import Foundation

extension FirmwareTool {
    /// A device to verify for.
    public struct DeviceOptions: Sendable {
        /// The trust root's file.
        public var root: String
        /// The release set's file.
        public var releases: String?
        /// Delegations' files, parents first.
        public var delegations: [String] = []
        /// The description.
        public var device: DeviceDescription
        /// The time to judge by.
        public var clock: FirmwareTime?

        /// Collects the options.
        public init(
            root: String,
            releases: String?,
            device: DeviceDescription,
            clock: FirmwareTime? = nil
        ) {
            self.root = root
            self.releases = releases
            self.device = device
            self.clock = clock
        }
    }

    static func verified(
        _ path: String,
        _ options: DeviceOptions
    ) throws -> (manifest: VerifiedManifest, state: DeviceState, releases: VerifiedReleaseSet?) {
        let rootBytes = try read(options.root)
        let releaseBytes = try options.releases.map(read)
        let delegationBytes = try options.delegations.map(read)
        let bytes = try read(path)
        return try checking(path) { () throws(FirmwareError) in
            let state = DeviceState(root: try TrustRoot(provisioned: rootBytes))
            var releases: VerifiedReleaseSet?
            if let releaseBytes {
                releases = try VerifiedReleaseSet(
                    releaseBytes,
                    for: state,
                    at: options.clock,
                    using: crypto
                )
            }
            var policy = VerificationPolicy()
            policy.requiresReleaseSet = releases != nil
            let delegations = try VerifiedDelegations(
                delegationBytes,
                for: state,
                at: options.clock,
                using: crypto
            )
            let manifest = try Envelope(bytes).verified(
                for: options.device,
                state: state,
                releases: releases,
                delegations: delegations,
                policy: policy,
                at: options.clock,
                using: crypto
            )
            return (manifest, state, releases)
        }
    }

    /// Verifies an envelope the way a new device of this description would.
    ///
    /// - Parameters:
    ///   - path: the envelope.
    ///   - options: the device.
    ///   - images: files to check against the plan, by component.
    /// - Returns: lines about it.
    /// - Throws: ``Failure`` with the code a device would report.
    public static func verify(
        _ path: String,
        _ options: DeviceOptions,
        images: [(component: ComponentIdentifier, path: String)] = []
    ) throws -> [String] {
        let (manifest, _, _) = try verified(path, options)
        var lines = [
            "\(path): verified, sequence number \(manifest.manifest.sequenceNumber)",
            "signed by \(manifest.signers.count) keys that count",
        ]
        for image in images {
            let bytes = try read(image.path)
            try checking(image.path) { () throws(FirmwareError) in
                var verifier = try ImageVerifier(
                    manifest,
                    component: image.component,
                    using: crypto
                )
                try verifier.update(bytes.span)
                _ = try verifier.finish()
            }
            lines.append("\(image.path): is the image of \(image.component)")
        }
        return lines
    }

    /// Prints an envelope in diagnostic notation, and what it would do on a device.
    ///
    /// - Parameters:
    ///   - path: the envelope.
    ///   - options: the device; `nil` prints the notation alone.
    /// - Returns: lines.
    /// - Throws: ``Failure`` where the file is no CBOR item.
    public static func inspect(_ path: String, _ options: DeviceOptions?) throws -> [String] {
        let bytes = try read(path)
        let notation = CBORDiagnosticNotation(indentation: 2, expandsEmbedded: true)
        var lines: [String]
        do {
            lines = try notation.describe(bytes.span).split(separator: "\n").map(String.init)
        } catch {
            throw Failure("\(path): \(error.violation), at byte \(error.offset)")
        }
        do {
            try Self.checking(path) { () throws(FirmwareError) in
                let envelope = try Envelope(bytes)
                let manifest = try envelope.untrustedManifest()
                lines.append("sequence number \(manifest.sequenceNumber)")
                for component in manifest.components { lines.append("component \(component)") }
                lines.append(
                    "signatures \(envelope.signatures.count), digest \(envelope.manifestDigest)"
                )
            }
            guard let options else { return lines }
            let plan = try verified(path, options).manifest
            lines.append("on this device it would:")
            lines += plan.installPlan.steps.map { "  " + describe($0) }
            lines.append("and at boot:")
            lines += plan.bootPlan.steps.map { "  " + describe($0) }
        } catch let failure as Failure {
            lines.append("on this device it would be refused: \(failure)")
        }
        return lines
    }

    static func describe(_ step: InstallPlan.Step) -> String {
        switch step {
        case .fetch(let payload):
            let size = payload.transportSize.map { "\($0) bytes" } ?? "any size that fits"
            return "fetch \(payload.component) from \(payload.uri ?? "nowhere"), \(size)"
        case .copy(let from, let to, _): return "copy \(from) to \(to)"
        case .write(let component, let content):
            return "write \(content.count) bytes to \(component)"
        case .checkImage(let component, let digest, _): return "check \(component) is \(digest)"
        case .checkContent(let component, let content):
            return "check \(component) holds \(content.count) given bytes"
        case .invoke(let component, _): return "run \(component)"
        }
    }

    /// Runs an update of a device that exists in memory only, from a folder of documents and images.
    ///
    /// - Parameters:
    ///   - folder: `root.<n>.cbor`, `releases.cbor`, `manifest.cbor` and the payloads.
    ///   - root: the root that the device comes with.
    ///   - device: what the device is.
    ///   - clock: the time to judge by.
    ///   - work: a folder for the device's files.
    /// - Returns: a line for each step.
    /// - Throws: ``Failure`` with the code a device would report.
    public static func simulate(
        folder: String,
        root: String,
        device: DeviceDescription,
        clock: FirmwareTime?,
        work: String
    ) throws -> [String] {
        let rootBytes = try read(root)
        var lines: [String] = []
        let files: FolderFiles
        do { files = try FolderFiles(work) } catch { throw Failure("cannot make \(work)") }
        try checking("simulate") { () throws(FirmwareError) in
            let updater = DeviceUpdater(
                files: files,
                source: FolderSource(folder),
                device: device,
                at: clock,
                using: crypto,
                report: { lines.append($0) }
            )
            try updater.provision(root: rootBytes)
            switch try updater.run() {
            case .upToDate: lines.append("nothing newer")
            case .failed(let cause): lines.append("given up: \(cause)")
            case .bootOnTrial:
                let slot = try updater.boot()
                lines.append("boots slot \(slot) on trial")
                try updater.confirm(running: slot)
                lines.append("confirmed")
            }
            let state = try updater.state()
            for (component, floor) in state.accepted {
                lines.append("\(component): sequence number \(floor.sequenceNumber)")
            }
        }
        return lines
    }
}
