public import FirmwareManifest
internal import FirmwareManifestOpenSSL
internal import FirmwareManifestSodium
internal import Foundation

/// The work behind `iot-cloud firmware …`: each function takes values and paths, and returns lines.
public enum FirmwareTool {
    typealias Cryptography = CombinedCryptography<OpenSSLCryptography, SodiumCryptography>

    static var crypto: Cryptography {
        Cryptography(ed25519: SodiumCryptography(), others: OpenSSLCryptography())
    }

    /// What went wrong, in words for a person.
    public struct Failure: Error, CustomStringConvertible, Sendable {
        /// The words.
        public let description: String

        init(_ description: String) { self.description = description }

        init(_ error: FirmwareError, _ what: String) {
            let place = error.offset.map { ", at byte \($0)" } ?? ""
            description = "\(what): \(error.code.rawValue) (\(error.violation))\(place)"
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read \(path)")
        }
        return [UInt8](data)
    }

    static func readText(_ path: String) throws -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure("cannot write \(path)")
        }
    }

    static func checking<T>(
        _ what: String,
        _ body: () throws(FirmwareError) -> T
    ) throws -> T {
        do { return try body() } catch { throw Failure(error, what) }
    }

    static func key(_ path: String) throws -> PinnedKey {
        let pem = try readText(path)
        return try checking(path) { () throws(FirmwareError) in try KeyFile.publicKey(pem: pem) }
    }

    static func signer(_ path: String) throws -> KeyFile {
        let pem = try readText(path)
        return try checking(path) { () throws(FirmwareError) in try KeyFile(privatePEM: pem) }
    }

    /// Makes a key pair: `PATH` (private, mode 0600) and `PATH.pub`.
    ///
    /// - Parameters:
    ///   - algorithm: Ed25519 or P-256.
    ///   - path: must not exist.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``.
    public static func keygen(_ algorithm: SignatureAlgorithm, path: String) throws -> [String] {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure("\(path) exists")
        }
        let (pem, key) = try checking("keygen") { () throws(FirmwareError) in
            try KeyFile.generate(algorithm)
        }
        let isMade = FileManager.default.createFile(
            atPath: path,
            contents: Data(pem.utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard isMade else { throw Failure("cannot write \(path)") }
        try write(Array(KeyFile.pem(key).utf8), to: path + ".pub")
        return ["\(path): \(algorithm), public key in \(path).pub"]
    }

    /// What ``root(_:)`` needs.
    public struct RootOptions: Sendable {
        /// Version, environment and times.
        public var header: TrustDocumentHeader
        /// Public key files of the root role, and its threshold.
        public var rootKeys: (paths: [String], threshold: UInt64)
        /// Public key files of the release role, and its threshold.
        public var releaseKeys: (paths: [String], threshold: UInt64)
        /// Public key files of the manifest role, and its threshold.
        public var manifestKeys: (paths: [String], threshold: UInt64)
        /// Private key files that sign: of the old and of the new root.
        public var signers: [String]
        /// Floors to lower.
        public var recovery = TrustRoot.Recovery()
        /// The previous root, which is checked against the new one.
        public var previous: String?
        /// Where the root goes.
        public var output: String

        /// Collects the options.
        public init(
            header: TrustDocumentHeader,
            rootKeys: (paths: [String], threshold: UInt64),
            releaseKeys: (paths: [String], threshold: UInt64),
            manifestKeys: (paths: [String], threshold: UInt64),
            signers: [String],
            previous: String? = nil,
            output: String
        ) {
            self.header = header
            self.rootKeys = rootKeys
            self.releaseKeys = releaseKeys
            self.manifestKeys = manifestKeys
            self.signers = signers
            self.previous = previous
            self.output = output
        }
    }

    private static func role(
        _ keys: (paths: [String], threshold: UInt64)
    ) throws -> RoleKeys {
        let pinned = try keys.paths.map(key)
        return try checking("role") { () throws(FirmwareError) in
            try RoleKeys(threshold: keys.threshold, keys: pinned)
        }
    }

    private static func sign(
        _ author: TrustDocumentAuthor,
        _ signers: [String]
    ) throws -> [UInt8] {
        var author = author
        for path in signers {
            let signer = try signer(path)
            try checking(path) { () throws(FirmwareError) in try author.sign(with: signer) }
        }
        return author.encoded()
    }

    /// Writes and signs a trust root, and checks it the way a device will.
    ///
    /// - Parameter options: see there.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``, and nothing is written.
    public static func root(_ options: RootOptions) throws -> [String] {
        let author = TrustRoot.author(
            options.header,
            roles: [
                .root: try role(options.rootKeys),
                .release: try role(options.releaseKeys),
                .manifest: try role(options.manifestKeys),
            ],
            recovery: options.recovery
        )
        let bytes = try sign(author, options.signers)
        let root = try checking("root") { () throws(FirmwareError) in
            let root = try TrustRoot(provisioned: bytes)
            try root.checkOwnSignatures(using: crypto)
            return root
        }
        if let previous = options.previous {
            let old = try read(previous)
            _ = try checking("root after \(previous)") { () throws(FirmwareError) in
                try TrustRoot(provisioned: old).successor(bytes, using: crypto)
            }
        }
        try write(bytes, to: options.output)
        return ["\(options.output): root \(root.version), \(root.header.environment)"]
    }

    /// What ``manifest(_:)`` needs.
    public struct ManifestOptions: Sendable {
        /// Grows with each release.
        public var sequenceNumber: UInt64
        /// Who made the devices.
        public var vendor: HardwareIdentifier
        /// Which of them it fits.
        public var deviceClass: HardwareIdentifier
        /// The one device it is for.
        public var device: HardwareIdentifier?
        /// The security counter.
        public var securityCounter: UInt64?
        /// Components: their identifier, the image's file, where devices get it.
        public var images: [(component: ComponentIdentifier, path: String, uri: String)]
        /// Bytes of a chunk; 0 for no chunk tree.
        public var chunkSize: UInt64 = 16_384
        /// Where the unsigned envelope goes; `<image>.tree` files stand beside the images.
        public var output: String

        /// Collects the options.
        public init(
            sequenceNumber: UInt64,
            vendor: HardwareIdentifier,
            deviceClass: HardwareIdentifier,
            images: [(component: ComponentIdentifier, path: String, uri: String)],
            output: String
        ) {
            self.sequenceNumber = sequenceNumber
            self.vendor = vendor
            self.deviceClass = deviceClass
            self.images = images
            self.output = output
        }
    }

    /// Writes an unsigned manifest and the chunk trees of its images.
    ///
    /// - Parameter options: see there.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``.
    public static func manifest(_ options: ManifestOptions) throws -> [String] {
        var updates: [ComponentUpdate] = []
        var lines: [String] = []
        for image in options.images {
            let bytes = try read(image.path)
            var update = ComponentUpdate(
                image.component,
                imageDigest: crypto.sha256(bytes.span),
                imageSize: UInt64(bytes.count),
                uri: image.uri
            )
            if options.chunkSize > 0 {
                let (root, nodes) = try checking("chunk size") { () throws(FirmwareError) in
                    var builder = try ChunkTreeBuilder(
                        chunkSize: options.chunkSize,
                        using: crypto
                    )
                    builder.update(bytes.span)
                    return try builder.finish()
                }
                update.chunkTree = root
                try write(nodes, to: image.path + ".tree")
                lines.append("\(image.path).tree: \(nodes.count) bytes")
            }
            updates.append(update)
        }
        let manifest = Manifest.update(
            sequenceNumber: options.sequenceNumber,
            vendor: .uuid(options.vendor),
            classIdentifier: options.deviceClass,
            device: options.device,
            securityCounter: options.securityCounter,
            components: updates
        )
        let author = EnvelopeAuthor(manifest, using: crypto)
        // What an author cannot read back, no device can.
        try checking("manifest") { () throws(FirmwareError) in
            _ = try Envelope(author.encoded()).untrustedManifest()
        }
        try write(author.encoded(), to: options.output)
        return lines + ["\(options.output): sequence number \(options.sequenceNumber), unsigned"]
    }

    /// Adds signatures to an envelope.
    ///
    /// - Parameters:
    ///   - path: the envelope, changed in place.
    ///   - signers: private key files.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``.
    public static func sign(_ path: String, signers: [String]) throws -> [String] {
        let bytes = try read(path)
        var author = try checking(path) { () throws(FirmwareError) in
            try Envelope(bytes).author(using: crypto)
        }
        for name in signers {
            let signer = try signer(name)
            try checking(name) { () throws(FirmwareError) in try author.sign(with: signer) }
        }
        try write(author.encoded(), to: path)
        return ["\(path): \(signers.count) signatures added"]
    }

    /// Writes what an external signer is to sign, as it is (not hashed).
    ///
    /// - Parameters:
    ///   - path: the envelope.
    ///   - publicKey: the signer's public key file.
    ///   - output: where the bytes go.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``.
    public static func signingRequest(
        _ path: String,
        publicKey: String,
        output: String
    ) throws -> [String] {
        let bytes = try read(path)
        let key = try key(publicKey)
        let request = try checking(path) { () throws(FirmwareError) in
            try Envelope(bytes).author(using: crypto).signingRequest(for: key)
        }
        try write(request.toBeSigned, to: output)
        return ["\(output): \(request.toBeSigned.count) bytes for \(key.algorithm)"]
    }

    /// Adds a signature that was made elsewhere, after checking it.
    ///
    /// - Parameters:
    ///   - path: the envelope, changed in place.
    ///   - publicKey: the signer's public key file.
    ///   - signature: 64 bytes, `R | S` or `r | s`.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``.
    public static func attach(
        _ path: String,
        publicKey: String,
        signature: String
    ) throws -> [String] {
        let bytes = try read(path)
        let raw = try read(signature)
        let key = try key(publicKey)
        let encoded = try checking(path) { () throws(FirmwareError) in
            var author = try Envelope(bytes).author(using: crypto)
            let request = author.signingRequest(for: key)
            guard crypto.verify(raw.span, over: request.toBeSigned.span, by: key) else {
                throw FirmwareError(.thresholdNotMet(valid: 0, needed: 1))
            }
            try author.attach(signature: raw, of: key)
            return author.encoded()
        }
        try write(encoded, to: path)
        return ["\(path): 1 signature attached"]
    }

    /// Writes and signs a release set over envelopes.
    ///
    /// - Parameters:
    ///   - header: version, environment and times.
    ///   - envelopes: signed envelopes.
    ///   - signers: private key files.
    ///   - output: where it goes.
    /// - Returns: lines about it.
    /// - Throws: ``Failure``.
    public static func release(
        header: TrustDocumentHeader,
        envelopes: [String],
        signers: [String],
        output: String
    ) throws -> [String] {
        var entries: [ReleaseSet.Entry] = []
        for path in envelopes {
            let bytes = try read(path)
            try checking(path) { () throws(FirmwareError) in
                let envelope = try Envelope(bytes)
                let manifest = try envelope.untrustedManifest()
                for component in manifest.components {
                    entries.append(
                        ReleaseSet.Entry(
                            component: component,
                            sequenceNumber: manifest.sequenceNumber,
                            manifestDigest: envelope.manifestDigest
                        )
                    )
                }
            }
        }
        let signed = try sign(ReleaseSet.author(header, entries: entries), signers)
        try checking(output) { () throws(FirmwareError) in
            _ = try ReleaseSet(untrusted: signed)
        }
        try write(signed, to: output)
        return ["\(output): release \(header.version), \(entries.count) components"]
    }
}
