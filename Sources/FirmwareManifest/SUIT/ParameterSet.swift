internal import CBORCodec

/// Who made a device: a UUID, or a Private Enterprise Number.
public enum VendorIdentifier: Hashable, Sendable {
    /// A UUID, usually version 5 of the vendor's domain.
    case uuid(HardwareIdentifier)
    /// `cbor-pen`: tag 112 over the number's encoded bytes. RFC 9090
    case privateEnterprise([UInt8])
}

/// Where the chunk tree of a payload ends up: its shape and its signed root.
public struct ChunkTreeRoot: Hashable, Sendable {
    /// Bytes of a chunk: a power of two, 256...1 MiB.
    public let chunkSize: UInt32
    /// The root's digest.
    public let digest: SUITDigest

    /// Checks the chunk size.
    ///
    /// - Parameters:
    ///   - chunkSize: a power of two, 256...1 048 576 bytes.
    ///   - digest: the root's digest.
    /// - Throws: ``FirmwareError/Violation/valueOutOfRange``.
    public init(chunkSize: UInt64, digest: SUITDigest) throws(FirmwareError) {
        guard (256...1_048_576).contains(chunkSize), chunkSize.nonzeroBitCount == 1 else {
            throw FirmwareError(.valueOutOfRange)
        }
        self.chunkSize = UInt32(chunkSize)
        self.digest = digest
    }
}

/// How a payload is encrypted on its way.
public enum PayloadEncryption: UInt64, Hashable, Sendable {
    /// IOTSEG version 1.
    case segmented = 1
    /// age v1.
    case age = 2
}

/// SUIT_Parameters: what commands of a component work with; `nil` is "not set".
public struct ParameterSet: Hashable, Sendable {
    /// Parameter 1.
    public var vendor: VendorIdentifier?
    /// Parameter 2.
    public var classIdentifier: HardwareIdentifier?
    /// Parameter 3: the digest of the image as it is installed.
    public var imageDigest: SUITDigest?
    /// Parameter 5.
    public var componentSlot: UInt64?
    /// Parameter 12; sequences run in order whatever it says.
    public var strictOrder: Bool?
    /// Parameter 13.
    public var softFailure: Bool?
    /// Parameter 14: bytes of the image as it is installed.
    public var imageSize: UInt64?
    /// Parameter 18.
    public var content: [UInt8]?
    /// Parameter 21; never part of what is trusted.
    public var uri: String?
    /// Parameter 22: an index of the manifest's components.
    public var sourceComponent: UInt64?
    /// Parameter 23.
    public var invokeArguments: [UInt8]?
    /// Parameter 24.
    public var device: HardwareIdentifier?
    /// Parameter 25.
    public var fetchArguments: [UInt8]?
    /// Parameter −1, ours: the chunk tree over the payload as it is transported.
    public var chunkTree: ChunkTreeRoot?
    /// Parameter −2, ours: the digest of the payload as it is transported, where that differs from
    /// the image (encrypted, delta).
    public var transportDigest: SUITDigest?
    /// Parameter −3, ours: bytes of the payload as it is transported.
    public var transportSize: UInt64?
    /// Parameter −4, ours: the payload is a delta to the image with this digest.
    public var baseDigest: SUITDigest?
    /// Parameter −5, ours: the security counter of this release.
    public var securityCounter: UInt64?
    /// Parameter −6, ours: how the payload is encrypted.
    public var encryption: PayloadEncryption?

    /// Nothing set.
    public init() {}

    /// Takes over everything that `other` sets.
    mutating func override(by other: ParameterSet) {
        vendor = other.vendor ?? vendor
        classIdentifier = other.classIdentifier ?? classIdentifier
        imageDigest = other.imageDigest ?? imageDigest
        componentSlot = other.componentSlot ?? componentSlot
        strictOrder = other.strictOrder ?? strictOrder
        imageSize = other.imageSize ?? imageSize
        content = other.content ?? content
        uri = other.uri ?? uri
        sourceComponent = other.sourceComponent ?? sourceComponent
        invokeArguments = other.invokeArguments ?? invokeArguments
        device = other.device ?? device
        fetchArguments = other.fetchArguments ?? fetchArguments
        chunkTree = other.chunkTree ?? chunkTree
        transportDigest = other.transportDigest ?? transportDigest
        transportSize = other.transportSize ?? transportSize
        baseDigest = other.baseDigest ?? baseDigest
        securityCounter = other.securityCounter ?? securityCounter
        encryption = other.encryption ?? encryption
    }
}

extension ParameterSet {
    /// Reads a map of one or more parameters; an unknown one is refused.
    static func read(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> ParameterSet {
        var set = ParameterSet()
        let start = reader.position
        var map = try reader.map()
        guard map.count > 0 else { throw FirmwareError(.unexpectedCount(0), at: start) }
        while true {
            let offset = reader.position
            guard let label = try reader.label(&map) else { return set }
            if label < 0 {
                try set.readOwn(label, at: offset, &reader)
            } else {
                try set.readStandard(label, at: offset, &reader, limits)
            }
        }
    }

    private mutating func readStandard(
        _ label: Int64,
        at offset: Int,
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) {
        switch label {
        case SUITLabel.vendorIdentifier:
            if try reader.peek() == .tag {
                let tag = try reader.tag()
                guard tag == 112 else { throw FirmwareError(.unexpectedTag(tag), at: offset) }
                vendor = .privateEnterprise(try reader.bytes())
            } else {
                vendor = .uuid(try reader.identifier())
            }
        case SUITLabel.classIdentifier: classIdentifier = try reader.identifier()
        case SUITLabel.imageDigest: imageDigest = try Self.wrappedDigest(&reader)
        case SUITLabel.componentSlot: componentSlot = try reader.unsigned()
        case SUITLabel.strictOrder: strictOrder = try reader.bool()
        case SUITLabel.softFailure: softFailure = try reader.bool()
        case SUITLabel.imageSize: imageSize = try reader.unsigned()
        case SUITLabel.content: content = try reader.bytes()
        case SUITLabel.uri: uri = try reader.text(limit: limits.textBytes)
        case SUITLabel.sourceComponent: sourceComponent = try reader.unsigned()
        case SUITLabel.invokeArguments: invokeArguments = try reader.bytes()
        case SUITLabel.deviceIdentifier: device = try reader.identifier()
        case SUITLabel.fetchArguments: fetchArguments = try reader.bytes()
        default: throw FirmwareError(.unknownParameter(label), at: offset)
        }
    }

    private mutating func readOwn(
        _ label: Int64,
        at offset: Int,
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) {
        switch label {
        case SUITLabel.chunkTree:
            var inner = try reader.embedded()
            try inner.array(of: 2)
            let size = try inner.unsigned()
            let digest = try inner.digestBytes()
            try inner.finish()
            do {
                chunkTree = try ChunkTreeRoot(chunkSize: size, digest: digest)
            } catch {
                throw FirmwareError(error.violation, at: offset)
            }
        case SUITLabel.transportDigest: transportDigest = try Self.wrappedDigest(&reader)
        case SUITLabel.transportSize: transportSize = try reader.unsigned()
        case SUITLabel.baseDigest: baseDigest = try Self.wrappedDigest(&reader)
        case SUITLabel.securityCounter: securityCounter = try reader.unsigned()
        case SUITLabel.encryption:
            guard let value = PayloadEncryption(rawValue: try reader.unsigned()) else {
                throw FirmwareError(.valueOutOfRange, at: offset)
            }
            encryption = value
        default: throw FirmwareError(.unknownParameter(label), at: offset)
        }
    }

    private static func wrappedDigest(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) -> SUITDigest {
        var inner = try reader.embedded()
        let digest = try inner.digest()
        try inner.finish()
        return digest
    }
}

extension ParameterSet {
    private func encodeVendor(_ encoder: inout CBOREncoder) {
        switch vendor {
        case .uuid(let identifier): encoder.append(byteString: identifier.bytes)
        case .privateEnterprise(let bytes):
            encoder.append(tag: 112)
            encoder.append(byteString: bytes)
        case nil: break
        }
    }

    /// Writes the map; labels stand in the order that deterministic encoding wants.
    func encode(into encoder: inout CBOREncoder) {
        var count = 0
        var body = CBOREncoder()
        func member(_ label: Int64, _ isPresent: Bool, _ write: (inout CBOREncoder) -> Void) {
            guard isPresent else { return }
            count += 1
            body.append(integer: label)
            write(&body)
        }
        func digest(_ label: Int64, _ value: SUITDigest?) {
            member(label, value != nil) { $0.append(byteString: value?.encoded ?? []) }
        }
        func unsigned(_ label: Int64, _ value: UInt64?) {
            member(label, value != nil) { $0.append(unsigned: value ?? 0) }
        }
        func bytes(_ label: Int64, _ value: [UInt8]?) {
            member(label, value != nil) { $0.append(byteString: value ?? []) }
        }
        func bool(_ label: Int64, _ value: Bool?) {
            member(label, value != nil) { $0.append(bool: value ?? false) }
        }
        member(SUITLabel.vendorIdentifier, vendor != nil, encodeVendor)
        bytes(SUITLabel.classIdentifier, classIdentifier?.bytes)
        digest(SUITLabel.imageDigest, imageDigest)
        unsigned(SUITLabel.componentSlot, componentSlot)
        bool(SUITLabel.strictOrder, strictOrder)
        bool(SUITLabel.softFailure, softFailure)
        unsigned(SUITLabel.imageSize, imageSize)
        bytes(SUITLabel.content, content)
        member(SUITLabel.uri, uri != nil) { $0.append(textString: uri ?? "") }
        unsigned(SUITLabel.sourceComponent, sourceComponent)
        bytes(SUITLabel.invokeArguments, invokeArguments)
        bytes(SUITLabel.deviceIdentifier, device?.bytes)
        bytes(SUITLabel.fetchArguments, fetchArguments)
        member(SUITLabel.chunkTree, chunkTree != nil) {
            $0.append(embedding: { inner in
                inner.append(arrayCount: 2)
                inner.append(unsigned: UInt64(chunkTree?.chunkSize ?? 0))
                inner.append(byteString: chunkTree?.digest.bytes ?? [])
            })
        }
        digest(SUITLabel.transportDigest, transportDigest)
        unsigned(SUITLabel.transportSize, transportSize)
        digest(SUITLabel.baseDigest, baseDigest)
        unsigned(SUITLabel.securityCounter, securityCounter)
        unsigned(SUITLabel.encryption, encryption?.rawValue)
        encoder.append(mapCount: count)
        encoder.append(encoded: body.bytes)
    }
}
