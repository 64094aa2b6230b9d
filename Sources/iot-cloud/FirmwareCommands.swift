#if Endpoint
internal import ArgumentParser
internal import FirmwareManifest
internal import FirmwareTool

/// Signed firmware: keys, trust documents, manifests; every subcommand is a function of FirmwareTool.
struct Firmware: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign, verify and inspect firmware updates (SUIT manifests).",
        subcommands: [
            Keygen.self, Root.self, Manifest.self, Sign.self, Release.self, Verify.self,
            Inspect.self, Simulate.self,
        ]
    )
}

private func show(_ lines: [String]) {
    for line in lines { print(line) }
}

private func checked<T>(_ body: () throws -> T) throws -> T {
    do {
        return try body()
    } catch let failure as FirmwareTool.Failure {
        throw ValidationError(failure.description)
    }
}

/// Version, environment and times of a trust document.
struct HeaderOptions: ParsableArguments {
    @Option(help: "Version of the document; a root's grows by one.")
    var version: UInt64

    @Option(help: "Environment, such as production; documents of another one are refused.")
    var environment: String

    @Option(help: "When it was written, in seconds since 1970.")
    var issued: UInt64

    @Option(help: "The last second of its life, in seconds since 1970.")
    var expires: UInt64

    var header: TrustDocumentHeader {
        TrustDocumentHeader(
            version: version,
            environment: environment,
            issued: FirmwareTime(seconds: issued),
            expires: FirmwareTime(seconds: expires)
        )
    }
}

/// A device to verify for.
struct DeviceArguments: ParsableArguments {
    @Option(help: "The trust root that the device has.")
    var root: String

    @Option(help: "The release set; without it none is demanded.")
    var releases: String?

    @Option(help: "A delegation; parents first.")
    var delegation: [String] = []

    @Option(help: "Vendor identifier, a UUID.", transform: identifier)
    var vendor: HardwareIdentifier

    @Option(name: .customLong("class"), help: "Class identifier, a UUID.", transform: identifier)
    var deviceClass: HardwareIdentifier

    @Option(help: "Device identifier, a UUID.", transform: identifier)
    var device: HardwareIdentifier?

    @Option(help: "A component of the device, parts joined by slashes.")
    var component: [String]

    @Option(help: ArgumentHelp("Bytes that fit into each component.", valueName: "bytes"))
    var capacity: UInt64 = 1 << 30

    @Option(help: "The device's clock, in seconds since 1970; default: none, only the time floor.")
    var clock: UInt64?

    var description: DeviceDescription {
        DeviceDescription(
            vendor: .uuid(vendor),
            classIdentifier: deviceClass,
            device: device,
            components: component.map {
                DeviceComponent(componentIdentifier($0), capacity: capacity)
            }
        )
    }

    var options: FirmwareTool.DeviceOptions {
        var options = FirmwareTool.DeviceOptions(
            root: root,
            releases: releases,
            device: description,
            clock: clock.map { FirmwareTime(seconds: $0) }
        )
        options.delegations = delegation
        return options
    }
}

@Sendable private func identifier(_ text: String) throws -> HardwareIdentifier {
    guard let identifier = HardwareIdentifier(text) else {
        throw ValidationError("\(text) is no UUID")
    }
    return identifier
}

private func componentIdentifier(_ text: String) -> ComponentIdentifier {
    ComponentIdentifier(text.split(separator: "/").map { Array($0.utf8) })
}

extension Firmware {
    /// Makes a key pair.
    struct Keygen: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key: FILE is private, FILE.pub is public."
        )

        @Option(help: "ed25519 or p256.")
        var algorithm = "ed25519"

        @Argument(help: "The private key's file; must not exist.")
        var file: String

        func run() throws {
            let algorithms: [String: SignatureAlgorithm] = ["ed25519": .ed25519, "p256": .p256]
            guard let chosen = algorithms[algorithm] else {
                throw ValidationError("--algorithm is ed25519 or p256, not \(algorithm)")
            }
            show(try checked { try FirmwareTool.keygen(chosen, path: file) })
        }
    }

    /// Writes a trust root.
    struct Root: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write and sign a trust root.",
            discussion: "Sign with the thresholds of the old and of the new root role."
        )

        @OptionGroup var header: HeaderOptions

        @Option(help: "Public key of the root role.")
        var rootKey: [String]

        @Option(help: "How many keys of the root role must sign.")
        var rootThreshold: UInt64 = 1

        @Option(help: "Public key of the release role.")
        var releaseKey: [String]

        @Option(help: "How many keys of the release role must sign.")
        var releaseThreshold: UInt64 = 1

        @Option(help: "Public key of the manifest role.")
        var manifestKey: [String]

        @Option(help: "How many keys of the manifest role must sign.")
        var manifestThreshold: UInt64 = 1

        @Option(help: "Private key that signs.")
        var signer: [String]

        @Option(help: "The root before this one; the step is checked.")
        var previous: String?

        @Option(help: "Lower the time floor to this at most.")
        var recoverTime: UInt64?

        @Option(help: "Lower the release version floor to this at most.")
        var recoverRelease: UInt64?

        @Option(help: "Forget floors of sequence numbers above this.")
        var recoverSequence: UInt64?

        @Option(help: "Lower the security counter to this at most.")
        var recoverCounter: UInt64?

        @Option(name: .shortAndLong, help: "Where it goes.")
        var output: String

        func run() throws {
            var options = FirmwareTool.RootOptions(
                header: header.header,
                rootKeys: (rootKey, rootThreshold),
                releaseKeys: (releaseKey, releaseThreshold),
                manifestKeys: (manifestKey, manifestThreshold),
                signers: signer,
                previous: previous,
                output: output
            )
            options.recovery.timeFloor = recoverTime.map { FirmwareTime(seconds: $0) }
            options.recovery.releaseVersion = recoverRelease
            options.recovery.sequenceNumber = recoverSequence
            options.recovery.securityCounter = recoverCounter
            show(try checked { try FirmwareTool.root(options) })
        }
    }

    /// Writes a manifest.
    struct Manifest: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write an unsigned manifest, and the chunk trees of its images."
        )

        @Option(help: "Sequence number; grows with each release.")
        var sequence: UInt64

        @Option(help: "Vendor identifier, a UUID.", transform: identifier)
        var vendor: HardwareIdentifier

        @Option(
            name: .customLong("class"),
            help: "Class identifier, a UUID.",
            transform: identifier
        )
        var deviceClass: HardwareIdentifier

        @Option(help: "The one device it is for, a UUID.", transform: identifier)
        var device: HardwareIdentifier?

        @Option(help: "Security counter.")
        var securityCounter: UInt64?

        @Option(help: "Bytes of a chunk, a power of two; 0 for no chunk tree.")
        var chunkSize: UInt64 = 16_384

        @Option(help: ArgumentHelp("An image.", valueName: "component=file=uri"))
        var image: [String]

        @Option(name: .shortAndLong, help: "Where it goes.")
        var output: String

        func run() throws {
            let images = try image.map { text in
                let parts = text.split(separator: "=", maxSplits: 2).map(String.init)
                guard parts.count == 3 else {
                    throw ValidationError("--image is component=file=uri, not \(text)")
                }
                return (component: componentIdentifier(parts[0]), path: parts[1], uri: parts[2])
            }
            var options = FirmwareTool.ManifestOptions(
                sequenceNumber: sequence,
                vendor: vendor,
                deviceClass: deviceClass,
                images: images,
                output: output
            )
            options.device = device
            options.securityCounter = securityCounter
            options.chunkSize = chunkSize
            show(try checked { try FirmwareTool.manifest(options) })
        }
    }

    /// Signs a manifest.
    struct Sign: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign an envelope in place.",
            discussion: """
                With --request an external signer (a token) is given the bytes to sign; --signature \
                attaches what it returned. Both name its public key with --public-key.
                """
        )

        @Argument(help: "The envelope.")
        var envelope: String

        @Option(help: "Private key that signs.")
        var signer: [String] = []

        @Option(help: "Public key of an external signer.")
        var publicKey: String?

        @Option(help: "Write the bytes to sign to this file.")
        var request: String?

        @Option(help: "Attach this signature of 64 bytes.")
        var signature: String?

        func validate() throws {
            guard !signer.isEmpty || request != nil || signature != nil else {
                throw ValidationError("give --signer, --request or --signature")
            }
            guard publicKey != nil || (request == nil && signature == nil) else {
                throw ValidationError("--request and --signature need --public-key")
            }
        }

        func run() throws {
            try checked {
                if !signer.isEmpty { show(try FirmwareTool.sign(envelope, signers: signer)) }
                guard let publicKey else { return }
                if let request {
                    show(
                        try FirmwareTool.signingRequest(
                            envelope,
                            publicKey: publicKey,
                            output: request
                        )
                    )
                }
                if let signature {
                    show(
                        try FirmwareTool.attach(
                            envelope,
                            publicKey: publicKey,
                            signature: signature
                        )
                    )
                }
            }
        }
    }

    /// Writes a release set.
    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write and sign a release set over envelopes."
        )

        @OptionGroup var header: HeaderOptions

        @Option(help: "Private key that signs.")
        var signer: [String]

        @Argument(help: "Signed envelopes.")
        var envelopes: [String]

        @Option(name: .shortAndLong, help: "Where it goes.")
        var output: String

        func run() throws {
            let lines = try checked {
                try FirmwareTool.release(
                    header: header.header,
                    envelopes: envelopes,
                    signers: signer,
                    output: output
                )
            }
            show(lines)
        }
    }

    /// Verifies an envelope.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify an envelope the way a new device would."
        )

        @OptionGroup var device: DeviceArguments

        @Option(help: ArgumentHelp("An image to check.", valueName: "component=file"))
        var image: [String] = []

        @Argument(help: "The envelope.")
        var envelope: String

        func run() throws {
            let images = try image.map { text in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else {
                    throw ValidationError("--image is component=file, not \(text)")
                }
                return (component: componentIdentifier(parts[0]), path: parts[1])
            }
            show(try checked { try FirmwareTool.verify(envelope, device.options, images: images) })
        }
    }

    /// Prints an envelope.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print an envelope, and what it would do on a device."
        )

        @Argument(help: "The envelope.")
        var envelope: String

        @Flag(help: "Print the notation alone; no device is needed.")
        var notationOnly = false

        @OptionGroup var device: OptionalDevice

        func run() throws {
            let options = try notationOnly ? nil : device.arguments()?.options
            show(try checked { try FirmwareTool.inspect(envelope, options) })
        }
    }

    /// The device of `inspect`, which may be left out.
    struct OptionalDevice: ParsableArguments {
        @Option(parsing: .remaining, help: "A device's options, as for verify; the last option.")
        var on: [String] = []

        func arguments() throws -> DeviceArguments? {
            try on.isEmpty ? nil : DeviceArguments.parse(on)
        }
    }

    /// Simulates a device.
    struct Simulate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Update a device of files from a folder of documents and images."
        )

        @OptionGroup var device: DeviceArguments

        @Option(help: "A folder for the device's files.")
        var work: String

        @Argument(help: "root.<n>.cbor, releases.cbor, manifest.cbor and the payloads.")
        var folder: String

        func run() throws {
            let lines = try checked {
                try FirmwareTool.simulate(
                    folder: folder,
                    root: device.root,
                    device: device.description,
                    clock: device.clock.map { FirmwareTime(seconds: $0) },
                    work: work
                )
            }
            show(lines)
        }
    }
}
#endif
