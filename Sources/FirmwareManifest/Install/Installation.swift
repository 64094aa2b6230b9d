/// One of the two places an image can run from.
public enum Slot: UInt8, Hashable, Sendable {
    /// The first.
    case a = 0
    /// The second.
    case b = 1

    /// The other one.
    public var other: Slot { self == .a ? .b : .a }
}

/// What an accepted release leaves behind: nothing lower comes in again.
public struct Floor: Hashable, Sendable {
    /// The manifest's sequence number.
    public let sequenceNumber: UInt64
    /// The manifest's digest; the same number passes only with it.
    public let manifestDigest: SUITDigest
}

/// An installation that is under way.
public struct Installation: Hashable, Sendable {
    /// How far it is.
    public enum Phase: Hashable, Sendable {
        /// Payloads are arriving.
        case downloading
        /// Every payload arrived and is the signed one.
        case verified
        /// Every image was read back from its slot.
        case staged
        /// The new slot boots on trial, this many times more.
        case trial(bootsLeft: UInt64)
    }

    /// One component's image.
    public struct Item: Hashable, Sendable {
        /// The component.
        public let component: ComponentIdentifier
        /// The manifest that names it.
        public let manifestDigest: SUITDigest
        /// The sequence number of that manifest.
        public let sequenceNumber: UInt64
        /// The digest of the image; `nil` where the component is not written.
        public let imageDigest: SUITDigest?
        /// Whether the payload arrived.
        public internal(set) var hasArrived: Bool
    }

    /// How far it is.
    public internal(set) var phase: Phase
    /// Where the images go.
    public let target: Slot
    /// Every component of every manifest.
    public internal(set) var items: [Item]
    /// Boots that the new slot gets.
    let trialBoots: UInt64
    let securityCounter: UInt64
    let claims: FreshnessClaims
}

/// Why an installation ended without being confirmed.
@nonexhaustive
public enum InstallationFailure: UInt64, Hashable, Sendable {
    /// A payload was refused.
    case payloadRefused = 1
    /// What was read back is not the image.
    case readBackMismatch
    /// The new slot was booted as often as it may and never confirmed.
    case trialExpired
    /// The new slot asked to go back.
    case trialFailed
    /// A newer release took its place.
    case superseded
    /// The user or the operator ended it.
    case cancelled
}

/// What happens to an installation; replaying an event changes nothing.
public enum InstallEvent: Sendable {
    /// A transaction begins: all of these manifests or none.
    case begin([VerifiedManifest], releases: VerifiedReleaseSet?, DeviceDescription)
    /// A payload arrived.
    case payload(VerifiedPayload)
    /// The images of every component were read back from the target slot.
    case staged([VerifiedImage])
    /// The target slot shall boot on trial.
    case trial
    /// The running system works and keeps its slot.
    case confirmed(running: Slot)
    /// The installation ends.
    case failed(InstallationFailure)
}
