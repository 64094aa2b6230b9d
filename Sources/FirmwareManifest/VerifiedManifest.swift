/// What a manifest is verified for.
public enum VerificationPurpose: Hashable, Sendable {
    /// To be installed: it must be fresh, and its install sequences must work on this device.
    case install
    /// To be booted, as it was installed: expiry does not matter, the last good image keeps running.
    case boot
}

/// A manifest whose signatures, digests, sequence number and hardware were checked; only
/// ``Envelope/verified(for:state:releases:delegations:purpose:policy:limits:at:using:)`` makes one.
public struct VerifiedManifest: Hashable, Sendable {
    /// The manifest.
    public let manifest: Manifest
    /// Its digest.
    public let digest: SUITDigest
    /// What it was verified for.
    public let purpose: VerificationPurpose
    /// The keys whose signatures are right.
    public let signers: [PinnedKey]
    /// The release's security counter, if it has one.
    public let securityCounter: UInt64?
    /// What is to be done to install it on the device it was verified for.
    public let installPlan: InstallPlan
    /// What is to be checked, loaded and run when it boots.
    public let bootPlan: InstallPlan
    /// Floors that its confirmation raises.
    let claims: FreshnessClaims
    /// The bytes of the envelope.
    let envelope: Envelope

    /// The payload of a component.
    public func payload(_ component: ComponentIdentifier) -> PlannedPayload? {
        installPlan.payloads.last { $0.component == component }
    }

    /// The bytes of a payload that travels with the manifest, if its URI says so.
    public func integratedPayload(of payload: PlannedPayload) -> [UInt8]? {
        payload.uri.flatMap { $0.hasPrefix("#") ? envelope.integratedPayload($0) : nil }
    }
}

/// Floors that rise when an installation is confirmed.
struct FreshnessClaims: Hashable, Sendable {
    var releaseVersion: UInt64 = 0
    var releaseDigest: SUITDigest?
    var time = FirmwareTime(seconds: 0)
    var delegationVersions: [String: UInt64] = [:]

    mutating func merge(_ other: FreshnessClaims) {
        if other.releaseVersion >= releaseVersion, other.releaseDigest != nil {
            releaseVersion = other.releaseVersion
            releaseDigest = other.releaseDigest
        }
        time = max(time, other.time)
        delegationVersions.merge(other.delegationVersions) { max($0, $1) }
    }
}

extension Envelope {
    /// Checks everything about a manifest that can be checked before its payloads arrive.
    ///
    /// In this order: a signature is there; the manifest is the one that was signed; the thresholds
    /// are met by distinct keys of the right role, by the algorithm pinned to each key; severed
    /// members are the signed ones; the sequence number and the security counter are not below their
    /// floors; the release set names this manifest; the hardware is the right one; every command is
    /// known and allowed. Draft §6.
    /// - Parameters:
    ///   - device: what conditions are compared with.
    ///   - state: the device's root and floors.
    ///   - releases: the release set; demanded by the default policy.
    ///   - delegations: who else may sign.
    ///   - purpose: to install, or to boot what is installed.
    ///   - policy: what the device demands beyond the specification.
    ///   - limits: what the check may cost.
    ///   - clock: the device's idea of the time, used only where it is later than the time floor.
    ///   - crypto: verifies and hashes.
    /// - Returns: what the installer takes.
    /// - Throws: ``FirmwareError``; nothing was changed.
    public func verified(
        for device: DeviceDescription,
        state: DeviceState,
        releases: VerifiedReleaseSet? = nil,
        delegations: VerifiedDelegations = .none,
        purpose: VerificationPurpose = .install,
        policy: VerificationPolicy = .default,
        limits: FirmwareLimits = .default,
        at clock: FirmwareTime? = nil,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> VerifiedManifest {
        let check = try authenticate(state, delegations, limits, crypto)
        if purpose == .install { try state.root.header.checkExpiry(state.now(clock)) }
        var manifest = try untrustedManifest(limits: limits)
        try authorise(manifest, check, state, delegations)
        try restoreSevered(&manifest, limits, crypto)
        try checkFloors(manifest, state, releases, purpose, policy)
        let plans = try plan(manifest, device, state, purpose, policy, limits)
        var claims = FreshnessClaims(delegationVersions: delegations.versions)
        if let releases {
            claims.releaseVersion = releases.releaseSet.header.version
            claims.releaseDigest = releases.digest
            claims.time = releases.releaseSet.header.issued
        }
        return VerifiedManifest(
            manifest: manifest,
            digest: manifestDigest,
            purpose: purpose,
            signers: check.verified,
            securityCounter: plans.securityCounter,
            installPlan: plans.install,
            bootPlan: plans.boot,
            claims: claims,
            envelope: self
        )
    }

    /// Which known keys signed this envelope, whatever they may be allowed to sign: for tools.
    ///
    /// - Parameters:
    ///   - keys: the keys to try.
    ///   - limits: how many verifications.
    ///   - crypto: verifies and hashes.
    /// - Returns: the keys with a valid signature.
    /// - Throws: ``FirmwareError`` without a signature, or where the manifest is another one.
    public func signers(
        among keys: [PinnedKey],
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> [PinnedKey] {
        try check(keys, limits, crypto).verified
    }

    private func check(
        _ keys: [PinnedKey],
        _ limits: FirmwareLimits,
        _ crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> SignatureCheck {
        guard !signatures.isEmpty else { throw FirmwareError(.notSigned) }
        guard crypto.sha256(bytes.span.extracting(wrappedManifest)) == manifestDigest else {
            throw FirmwareError(.manifestDigestMismatch, at: digestRange.lowerBound)
        }
        var check = SignatureCheck(limits: limits)
        try check.run(
            signatures,
            payload: bytes.span.extracting(digestRange),
            keys: keys,
            crypto: crypto
        )
        return check
    }

    private func authenticate(
        _ state: DeviceState,
        _ delegations: VerifiedDelegations,
        _ limits: FirmwareLimits,
        _ crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> SignatureCheck {
        let manifestKeys = try state.root.keys(of: .manifest)
        let own = manifestKeys.keys + delegations.keys
        let check = try check(own, limits, crypto)
        if !check.verified.isEmpty { return check }
        // Nobody who may sign did: find out why, for the report.
        let others = try self.check(
            own + state.root.allKeys + state.revokedKeys,
            limits,
            crypto
        )
        try manifestKeys.demand(
            others,
            otherRoles: state.root.allKeys,
            revoked: state.revokedKeys
        )
        return others
    }

    private func authorise(
        _ manifest: Manifest,
        _ check: SignatureCheck,
        _ state: DeviceState,
        _ delegations: VerifiedDelegations
    ) throws(FirmwareError) {
        let keys = try state.root.keys(of: .manifest)
        if check.count(of: keys.keys) >= keys.threshold { return }
        if delegations.authorise(manifest.components, check) { return }
        if check.count(of: delegations.keys) > 0 {
            let component = manifest.components.first ?? ComponentIdentifier([])
            throw FirmwareError(.notDelegated(component))
        }
        try keys.demand(check)
    }

    private func restoreSevered(
        _ manifest: inout Manifest,
        _ limits: FirmwareLimits,
        _ crypto: some FirmwareCryptography
    ) throws(FirmwareError) {
        var commands = CommandReader(limits)
        for (member, ranges) in severed {
            let signed: SUITDigest? =
                switch member {
                case .payloadFetch: manifest.payloadFetch?.severedDigest
                case .install: manifest.install?.severedDigest
                case .text: manifest.text?.severedDigest
                }
            guard let signed,
                crypto.sha256(bytes.span.extracting(ranges.wrapped)) == signed
            else {
                throw FirmwareError(
                    .severedMemberMismatch(member.rawValue),
                    at: ranges.wrapped.lowerBound
                )
            }
            var reader = FirmwareReader(bytes.span.extracting(ranges.content))
            switch member {
            case .payloadFetch:
                manifest.payloadFetch = .present(
                    try commands.sequence(&reader, isShared: false)
                )
            case .install:
                manifest.install = .present(try commands.sequence(&reader, isShared: false))
            case .text: manifest.text = .present(try ManifestText.read(&reader, limits))
            }
            try reader.finish()
        }
    }

    private func checkFloors(
        _ manifest: Manifest,
        _ state: DeviceState,
        _ releases: VerifiedReleaseSet?,
        _ purpose: VerificationPurpose,
        _ policy: VerificationPolicy
    ) throws(FirmwareError) {
        for component in manifest.components {
            guard let floor = state.accepted[component] else { continue }
            let found = manifest.sequenceNumber
            guard
                found > floor.sequenceNumber
                    || (found == floor.sequenceNumber && manifestDigest == floor.manifestDigest)
            else {
                throw FirmwareError(.rollback(floor: floor.sequenceNumber, found: found))
            }
        }
        guard purpose == .install else { return }
        guard let releases else {
            if policy.requiresReleaseSet { throw FirmwareError(.releaseSetMissing) }
            return
        }
        for component in manifest.components {
            let entry = releases.releaseSet.entry(component)
            guard entry?.manifestDigest == manifestDigest,
                entry?.sequenceNumber == manifest.sequenceNumber
            else { throw FirmwareError(.notInReleaseSet(component)) }
        }
    }

    private func plan(
        _ manifest: Manifest,
        _ device: DeviceDescription,
        _ state: DeviceState,
        _ purpose: VerificationPurpose,
        _ policy: VerificationPolicy,
        _ limits: FirmwareLimits
    ) throws(FirmwareError)
        -> (install: InstallPlan, boot: InstallPlan, securityCounter: UInt64?)
    {
        var shared = try CommandProcessor(manifest, device, policy, limits)
        if let sequence = manifest.sharedSequence { try shared.run(sequence) }
        guard shared.vendorChecked, shared.classChecked else {
            throw FirmwareError(.applicabilityNotChecked)
        }
        guard shared.deviceChecked || !policy.requiresDeviceCondition else {
            throw FirmwareError(.otherDevice)
        }
        let counter = shared.securityCounter
        if counter ?? 0 < state.securityCounter {
            throw FirmwareError(
                .securityCounter(floor: state.securityCounter, found: counter ?? 0)
            )
        }
        var install = shared
        if purpose == .install {
            for (label, member) in [
                (SUITLabel.payloadFetch, manifest.payloadFetch),
                (SUITLabel.install, manifest.install),
            ] {
                switch member {
                case .present(let sequence): try install.run(sequence)
                case .severed: throw FirmwareError(.severedMemberMissing(label))
                case nil: break
                }
            }
        }
        var boot = shared
        boot.defersImageChecks = true
        for sequence in [manifest.validate, manifest.load, manifest.invoke] {
            if let sequence { try boot.run(sequence) }
        }
        return (install.plan, boot.plan, counter)
    }
}

extension Severable {
    var severedDigest: SUITDigest? {
        if case .severed(let digest) = self { digest } else { nil }
    }
}
