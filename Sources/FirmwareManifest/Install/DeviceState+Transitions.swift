extension DeviceState {
    /// The state after an event.
    ///
    /// Pure: store the result before acting on it. Floors rise with `confirmed` and never before.
    /// - Parameters:
    ///   - event: what happened.
    ///   - policy: how often a new slot boots.
    /// - Returns: this very state where the event was applied already.
    /// - Throws: ``FirmwareError/Violation/invalidTransition`` and what the event's proofs do not fit.
    public func applying(
        _ event: InstallEvent,
        policy: VerificationPolicy = .default
    ) throws(FirmwareError) -> DeviceState {
        var state = self
        switch event {
        case .begin(let manifests, let releases, let device):
            try state.begin(manifests, releases, device, policy)
        case .payload(let payload): try state.arrived(payload)
        case .staged(let images): try state.stage(images)
        case .trial: try state.startTrial()
        case .confirmed(let running): try state.confirm(running)
        case .failed(let cause): state.fail(cause)
        }
        if state != self { state.revision += 1 }
        return state
    }

    /// What the boot loader does: chooses a slot, and counts a trial.
    ///
    /// - Returns: the slot to boot, and the state that must be durable before it boots.
    public func booting() -> (state: DeviceState, slot: Slot) {
        guard let installation, case .trial(let left) = installation.phase else {
            return (self, slot)
        }
        var state = self
        state.revision += 1
        guard left > 0 else {
            state.fail(.trialExpired)
            return (state, slot)
        }
        state.installation?.phase = .trial(bootsLeft: left - 1)
        return (state, installation.target)
    }

    // MARK: Events

    private mutating func begin(
        _ manifests: [VerifiedManifest],
        _ releases: VerifiedReleaseSet?,
        _ device: DeviceDescription,
        _ policy: VerificationPolicy
    ) throws(FirmwareError) {
        guard !manifests.isEmpty, manifests.count <= 8,
            manifests.allSatisfy({ $0.purpose == .install })
        else { throw FirmwareError(.invalidTransition) }
        let items = manifests.flatMap(Self.items)
        guard Set(items.map(\.component)).count == items.count else {
            throw FirmwareError(.invalidTransition)
        }
        if let installation {
            // The same transaction again, at whatever point it is.
            guard Self.identity(installation.items) == Self.identity(items) else {
                throw FirmwareError(.invalidTransition)
            }
            return
        }
        if items.allSatisfy({ accepted[$0.component]?.manifestDigest == $0.manifestDigest }) {
            return
        }
        try recheckFloors(manifests)
        try checkCompleteness(items, releases, device)
        var claims = FreshnessClaims()
        for manifest in manifests { claims.merge(manifest.claims) }
        installation = Installation(
            phase: items.allSatisfy(\.hasArrived) ? .verified : .downloading,
            target: slot.other,
            items: items,
            trialBoots: max(1, policy.trialBoots),
            securityCounter: manifests.compactMap(\.securityCounter).max() ?? 0,
            claims: claims
        )
        lastFailure = nil
    }

    private static func identity(_ items: [Installation.Item]) -> Set<[UInt8]> {
        Set(items.map { $0.component.encoded + $0.manifestDigest.bytes })
    }

    private static func items(_ manifest: VerifiedManifest) -> [Installation.Item] {
        manifest.manifest.components.map { component in
            let payload = manifest.payload(component)
            return Installation.Item(
                component: component,
                manifestDigest: manifest.digest,
                sequenceNumber: manifest.manifest.sequenceNumber,
                imageDigest: payload?.imageDigest,
                hasArrived: payload == nil
            )
        }
    }

    /// A proof may be older than the state: what it was held against is checked again.
    private func recheckFloors(_ manifests: [VerifiedManifest]) throws(FirmwareError) {
        for manifest in manifests {
            let found = manifest.manifest.sequenceNumber
            for component in manifest.manifest.components {
                guard let floor = accepted[component] else { continue }
                guard
                    found > floor.sequenceNumber
                        || (found == floor.sequenceNumber
                            && manifest.digest == floor.manifestDigest)
                else {
                    throw FirmwareError(.rollback(floor: floor.sequenceNumber, found: found))
                }
            }
            let counter = manifest.securityCounter ?? 0
            guard counter >= securityCounter else {
                throw FirmwareError(.securityCounter(floor: securityCounter, found: counter))
            }
            guard
                manifest.claims.releaseDigest == nil
                    || manifest.claims.releaseVersion >= releaseVersion
            else {
                throw FirmwareError(
                    .rollback(floor: releaseVersion, found: manifest.claims.releaseVersion)
                )
            }
        }
    }

    /// Every component of the release that the device has is installed already, or is part of this.
    private func checkCompleteness(
        _ items: [Installation.Item],
        _ releases: VerifiedReleaseSet?,
        _ device: DeviceDescription
    ) throws(FirmwareError) {
        for entry in releases?.releaseSet.entries ?? []
        where device.component(entry.component) != nil {
            let isInstalled = accepted[entry.component]?.manifestDigest == entry.manifestDigest
            let isPart = items.contains {
                $0.component == entry.component && $0.manifestDigest == entry.manifestDigest
            }
            guard isInstalled || isPart else {
                throw FirmwareError(.incompleteRelease(entry.component))
            }
        }
    }

    private mutating func arrived(_ payload: VerifiedPayload) throws(FirmwareError) {
        guard let installation,
            let index = installation.items.firstIndex(where: {
                $0.component == payload.component && $0.manifestDigest == payload.manifestDigest
            })
        else { throw FirmwareError(.invalidTransition) }
        guard installation.phase == .downloading else { return }
        self.installation?.items[index].hasArrived = true
        if self.installation?.items.allSatisfy(\.hasArrived) == true {
            self.installation?.phase = .verified
        }
    }

    private mutating func stage(_ images: [VerifiedImage]) throws(FirmwareError) {
        guard let installation else { throw FirmwareError(.invalidTransition) }
        for item in installation.items {
            guard let digest = item.imageDigest else { continue }
            guard
                images.contains(where: {
                    $0.component == item.component && $0.manifestDigest == item.manifestDigest
                        && $0.imageDigest == digest
                })
            else { throw FirmwareError(.invalidTransition) }
        }
        switch installation.phase {
        case .downloading: throw FirmwareError(.invalidTransition)
        case .verified: self.installation?.phase = .staged
        case .staged, .trial: break
        }
    }

    private mutating func startTrial() throws(FirmwareError) {
        guard let current = installation else { throw FirmwareError(.invalidTransition) }
        switch current.phase {
        case .staged: installation?.phase = .trial(bootsLeft: current.trialBoots)
        case .trial: break
        case .downloading, .verified: throw FirmwareError(.invalidTransition)
        }
    }

    private mutating func confirm(_ running: Slot) throws(FirmwareError) {
        guard let installation else {
            // Replayed, or an ordinary boot.
            guard running == slot else { throw FirmwareError(.invalidTransition) }
            return
        }
        guard case .trial = installation.phase, running == installation.target else {
            throw FirmwareError(.invalidTransition)
        }
        for item in installation.items {
            accepted[item.component] = Floor(
                sequenceNumber: item.sequenceNumber,
                manifestDigest: item.manifestDigest
            )
        }
        securityCounter = max(securityCounter, installation.securityCounter)
        let claims = installation.claims
        timeFloor = max(timeFloor, claims.time)
        if claims.releaseDigest != nil, claims.releaseVersion >= releaseVersion {
            releaseVersion = claims.releaseVersion
            releaseDigest = claims.releaseDigest
        }
        delegationVersions.merge(claims.delegationVersions) { max($0, $1) }
        slot = installation.target
        self.installation = nil
        lastFailure = nil
    }

    private mutating func fail(_ cause: InstallationFailure) {
        guard installation != nil else { return }
        installation = nil
        lastFailure = cause
    }
}
