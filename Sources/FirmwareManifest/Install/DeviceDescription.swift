/// A component of a device, and where an update of it goes.
public struct DeviceComponent: Hashable, Sendable {
    /// The component.
    public var identifier: ComponentIdentifier
    /// Bytes that fit where the update goes.
    public var capacity: UInt64
    /// The slot that an update goes to; what `condition-component-slot` is compared with.
    public var slot: UInt64
    /// Whether the device runs from where the update would go: nothing is written there.
    public var isRunning: Bool
    /// The digest of what the component holds now, if known.
    public var currentDigest: SUITDigest?

    /// Describes a component.
    public init(
        _ identifier: ComponentIdentifier,
        capacity: UInt64,
        slot: UInt64 = 0,
        isRunning: Bool = false,
        currentDigest: SUITDigest? = nil
    ) {
        self.identifier = identifier
        self.capacity = capacity
        self.slot = slot
        self.isRunning = isRunning
        self.currentDigest = currentDigest
    }
}

/// What a manifest's conditions are compared with.
public struct DeviceDescription: Hashable, Sendable {
    /// Who made it.
    public var vendor: VendorIdentifier
    /// The class of hardware.
    public var classIdentifier: HardwareIdentifier
    /// This one device.
    public var device: HardwareIdentifier?
    /// Its components.
    public var components: [DeviceComponent]

    /// Describes a device.
    public init(
        vendor: VendorIdentifier,
        classIdentifier: HardwareIdentifier,
        device: HardwareIdentifier? = nil,
        components: [DeviceComponent]
    ) {
        self.vendor = vendor
        self.classIdentifier = classIdentifier
        self.device = device
        self.components = components
    }

    /// A component by its identifier.
    public func component(_ identifier: ComponentIdentifier) -> DeviceComponent? {
        components.first { $0.identifier == identifier }
    }
}

/// What a device demands beyond the specification.
public struct VerificationPolicy: Hashable, Sendable {
    /// Whether a manifest must be named by a release set.
    ///
    /// Default true.
    public var requiresReleaseSet = true
    /// Whether a manifest must name this device: for staged rollouts.
    ///
    /// Default false.
    public var requiresDeviceCondition = false
    /// Whether every payload's size must be signed.
    ///
    /// Default true; without it the slot's capacity is the limit.
    public var requiresImageSize = true
    /// Boots that a new image gets before the device goes back.
    ///
    /// Default 3.
    public var trialBoots: UInt64 = 3

    /// The defaults.
    public static let `default` = VerificationPolicy()
    /// The defaults; change what differs.
    public init() {}
}
