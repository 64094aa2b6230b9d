/// One component of a manifest that an author writes: everything that is signed about its payload.
public struct ComponentUpdate: Hashable, Sendable {
    /// The component.
    public var component: ComponentIdentifier
    /// The digest of the image as it is installed.
    public var imageDigest: SUITDigest
    /// Bytes of the image.
    public var imageSize: UInt64
    /// Where the payload is; `#name` for one that travels with the manifest.
    public var uri: String
    /// The tree over the payload as it is transported.
    public var chunkTree: ChunkTreeRoot?
    /// Digest and bytes of the payload as it is transported, where that is not the image.
    public var transport: (digest: SUITDigest, size: UInt64)?
    /// The image that a delta is made for.
    public var baseDigest: SUITDigest?
    /// How the payload is encrypted.
    public var encryption: PayloadEncryption?

    /// Describes a plain payload; set the other members for the others.
    public init(
        _ component: ComponentIdentifier,
        imageDigest: SUITDigest,
        imageSize: UInt64,
        uri: String
    ) {
        self.component = component
        self.imageDigest = imageDigest
        self.imageSize = imageSize
        self.uri = uri
    }

    /// Whether all members are equal.
    public static func == (a: Self, b: Self) -> Bool {
        a.parameters == b.parameters && a.component == b.component && a.uri == b.uri
    }

    /// Feeds the members that tell updates apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(component)
        hasher.combine(imageDigest)
        hasher.combine(uri)
    }

    var parameters: ParameterSet {
        var set = ParameterSet()
        set.imageDigest = imageDigest
        set.imageSize = imageSize
        set.chunkTree = chunkTree
        set.transportDigest = transport?.digest
        set.transportSize = transport?.size
        set.baseDigest = baseDigest
        set.encryption = encryption
        return set
    }
}

extension Manifest {
    /// A manifest that fetches, checks and runs components: the usual one.
    ///
    /// - Parameters:
    ///   - sequenceNumber: grows with each release.
    ///   - vendor: who made the devices.
    ///   - classIdentifier: which of them it fits.
    ///   - device: the one device it is for; `nil` for all of the class.
    ///   - securityCounter: no release with a lower one will come in afterwards.
    ///   - components: one or more; the first one is run.
    /// - Returns: a manifest with shared, install, validate and invoke sequences.
    public static func update(
        sequenceNumber: UInt64,
        vendor: VendorIdentifier,
        classIdentifier: HardwareIdentifier,
        device: HardwareIdentifier? = nil,
        securityCounter: UInt64? = nil,
        components: [ComponentUpdate]
    ) -> Manifest {
        var manifest = Manifest(
            sequenceNumber: sequenceNumber,
            components: components.map(\.component)
        )
        var shared: [Command] = []
        var install: [Command] = []
        var validate: [Command] = []
        for (index, update) in components.enumerated() {
            let select = Command.setComponentIndex(.one(UInt64(index)))
            var parameters = update.parameters
            parameters.vendor = vendor
            parameters.classIdentifier = classIdentifier
            parameters.device = device
            parameters.securityCounter = securityCounter
            shared += [
                select, .overrideParameters(parameters), .condition(.vendorIdentifier, .all),
                .condition(.classIdentifier, .all),
            ]
            if device != nil { shared.append(.condition(.deviceIdentifier, .all)) }
            var location = ParameterSet()
            location.uri = update.uri
            install += [
                select, .overrideParameters(location),
                .action(.fetch, .recordOnFailure), .condition(.imageMatch, .all),
            ]
            validate += [select, .condition(.imageMatch, .all)]
        }
        manifest.sharedSequence = CommandSequence(shared)
        manifest.install = .present(CommandSequence(install))
        manifest.validate = CommandSequence(validate)
        manifest.invoke = CommandSequence([
            .setComponentIndex(.one(0)), .action(.invoke, .recordOnFailure),
        ])
        return manifest
    }
}
