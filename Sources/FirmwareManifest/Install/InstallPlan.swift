/// A payload that a plan gets, with everything that was signed about it.
public struct PlannedPayload: Hashable, Sendable {
    /// Where it goes.
    public let component: ComponentIdentifier
    /// Where it may be; a hint.
    ///
    /// `#name` is an integrated payload.
    public let uri: String?
    /// The digest of the image as it is installed.
    public let imageDigest: SUITDigest
    /// Bytes of the image; `nil` only where the policy allows it.
    public let imageSize: UInt64?
    /// Bytes that fit into the slot.
    public let capacity: UInt64
    /// The digest of the bytes on their way; the image's own where nothing transforms them.
    public let transportDigest: SUITDigest
    /// Bytes on their way.
    public let transportSize: UInt64?
    /// The tree over the bytes on their way.
    public let chunkTree: ChunkTreeRoot?
    /// The image that a delta is made for.
    public let baseDigest: SUITDigest?
    /// How the bytes are encrypted on their way.
    public let encryption: PayloadEncryption?

    /// Whether what arrives is already the image.
    public var isPlain: Bool { baseDigest == nil && encryption == nil }

    init(
        _ device: DeviceComponent,
        _ parameters: ParameterSet,
        _ policy: VerificationPolicy
    ) throws(FirmwareError) {
        guard let digest = parameters.imageDigest else {
            throw FirmwareError(.parameterMissing(SUITLabel.imageDigest))
        }
        if parameters.imageSize == nil, policy.requiresImageSize {
            throw FirmwareError(.parameterMissing(SUITLabel.imageSize))
        }
        if let size = parameters.imageSize, size > device.capacity {
            throw FirmwareError(.imageTooLarge(capacity: device.capacity))
        }
        component = device.identifier
        uri = parameters.uri
        imageDigest = digest
        imageSize = parameters.imageSize
        capacity = device.capacity
        baseDigest = parameters.baseDigest
        encryption = parameters.encryption
        chunkTree = parameters.chunkTree
        if baseDigest != nil || encryption != nil {
            guard let transport = parameters.transportDigest else {
                throw FirmwareError(.parameterMissing(SUITLabel.transportDigest))
            }
            guard let size = parameters.transportSize else {
                throw FirmwareError(.parameterMissing(SUITLabel.transportSize))
            }
            let overhead = max(device.capacity / 8, 1 << 20)
            let (most, overflow) = device.capacity.addingReportingOverflow(overhead)
            guard overflow || size <= most else {
                throw FirmwareError(.imageTooLarge(capacity: device.capacity))
            }
            transportDigest = transport
            transportSize = size
        } else {
            transportDigest = digest
            transportSize = parameters.imageSize
        }
        if chunkTree != nil, transportSize == nil {
            throw FirmwareError(.parameterMissing(SUITLabel.imageSize))
        }
    }
}

/// What sequences come to on one device: no conditions are left in it but those on contents.
public struct InstallPlan: Hashable, Sendable {
    /// One thing to do.
    public enum Step: Hashable, Sendable {
        /// Get a payload and put it into its component.
        case fetch(PlannedPayload)
        /// Copy one component into another one; the copy must have this digest.
        case copy(from: ComponentIdentifier, to: ComponentIdentifier, SUITDigest?)
        /// Put these bytes into the component.
        case write(ComponentIdentifier, [UInt8])
        /// The component must hold an image of this digest.
        case checkImage(ComponentIdentifier, SUITDigest, size: UInt64?)
        /// The component must hold these bytes.
        case checkContent(ComponentIdentifier, [UInt8])
        /// Run the component.
        case invoke(ComponentIdentifier, arguments: [UInt8]?)
    }

    /// The steps, in order.
    public internal(set) var steps: [Step] = []

    /// The payloads that are to be got.
    public var payloads: [PlannedPayload] {
        steps.compactMap { if case .fetch(let payload) = $0 { payload } else { nil } }
    }
}
