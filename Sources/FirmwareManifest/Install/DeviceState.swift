/// Everything a device remembers about updates: one value, replaced as a whole.
public struct DeviceState: Hashable, Sendable {
    /// Grows by one with each change.
    public internal(set) var revision: UInt64 = 0
    /// Who may say what.
    public internal(set) var root: TrustRoot
    /// The floor of each component.
    public internal(set) var accepted: [ComponentIdentifier: Floor] = [:]
    /// No release with a lower counter comes in.
    public internal(set) var securityCounter: UInt64 = 0
    /// No time before this one is believed.
    public internal(set) var timeFloor: FirmwareTime
    /// No release set with a lower version comes in.
    public internal(set) var releaseVersion: UInt64 = 0
    /// The release set of that version.
    public internal(set) var releaseDigest: SUITDigest?
    /// No delegation with a lower version comes in, by issuer.
    public internal(set) var delegationVersions: [String: UInt64] = [:]
    /// Keys that a newer root took away, the latest 32: they only make a report exact.
    public internal(set) var revokedKeys: [PinnedKey] = []
    /// The slot that boots.
    public internal(set) var slot: Slot
    /// The installation that is under way.
    public internal(set) var installation: Installation?
    /// Why the latest one failed; `nil` after a success.
    public internal(set) var lastFailure: InstallationFailure?

    static let revokedKeyLimit = 32

    /// The state of a new device.
    ///
    /// - Parameters:
    ///   - root: the root that comes with it.
    ///   - slot: the slot it runs from.
    ///   - buildTime: a time that has passed for sure; the root's own counts as well.
    public init(
        root: TrustRoot,
        slot: Slot = .a,
        buildTime: FirmwareTime = FirmwareTime(seconds: 0)
    ) {
        self.root = root
        self.slot = slot
        timeFloor = max(buildTime, root.header.issued)
    }

    /// The time to judge expiry by: the clock where it is later than the floor.
    ///
    /// - Parameter clock: the device's idea of the time; `nil` where it has none.
    /// - Returns: the later one.
    public func now(_ clock: FirmwareTime?) -> FirmwareTime { max(clock ?? timeFloor, timeFloor) }

    /// The state under the next root.
    ///
    /// - Parameters:
    ///   - next: the signed document of the next version.
    ///   - limits: what it may cost.
    ///   - crypto: verifies.
    /// - Returns: the same state for the root it has already; else one whose floors the new root's
    ///   ``TrustRoot/Recovery`` lowered, if it has one, and whose time floor is the new root's at
    ///   least.
    /// - Throws: as ``TrustRoot/successor(_:limits:using:)``.
    public func applyingRoot(
        _ next: [UInt8],
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) -> DeviceState {
        let root = try self.root.successor(next, limits: limits, using: crypto)
        guard root != self.root else { return self }
        var state = self
        state.revision += 1
        let kept = root.allKeys
        state.revokedKeys = state.revokedKeys.filter { key in
            !kept.contains { $0.isSameKey(as: key) }
        }
        for key in self.root.allKeys
        where !kept.contains(where: { $0.isSameKey(as: key) })
            && !state.revokedKeys.contains(where: { $0.isSameKey(as: key) })
        {
            state.revokedKeys.append(key)
        }
        state.revokedKeys = Array(state.revokedKeys.suffix(Self.revokedKeyLimit))
        state.root = root
        state.recover(root.recovery)
        state.timeFloor = max(state.timeFloor, root.header.issued)
        return state
    }

    private mutating func recover(_ recovery: TrustRoot.Recovery) {
        if let time = recovery.timeFloor { timeFloor = min(timeFloor, time) }
        if let version = recovery.releaseVersion, version < releaseVersion {
            releaseVersion = version
            releaseDigest = nil
            delegationVersions = [:]
        }
        if let counter = recovery.securityCounter {
            securityCounter = min(securityCounter, counter)
        }
        if let sequence = recovery.sequenceNumber {
            // The digest goes with the number: the component may be released anew from here on.
            accepted = accepted.filter { $0.value.sequenceNumber <= sequence }
        }
        if recovery != TrustRoot.Recovery(), installation != nil {
            // What was begun under the stolen key does not go on.
            installation = nil
            lastFailure = .superseded
        }
    }
}

/// Keeps a ``DeviceState``: atomically, durably, one writer at a time.
public protocol StateStore: Sendable {
    /// The state that was replaced last; `nil` before the first one.
    func load() throws(FirmwareError) -> DeviceState?
    /// Replaces the state; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - revision: the revision of the stored state; `nil` where there is none yet.
    ///   - state: the new one.
    /// - Throws: ``FirmwareError/Violation/revisionConflict(stored:)``,
    ///   ``FirmwareError/Violation/storage``; the old state is still there then, or the new one.
    func replace(revision: UInt64?, with state: DeviceState) throws(FirmwareError)
}
