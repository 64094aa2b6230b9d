internal import CBORCodec

/// SUIT_Envelope: a manifest, who signed it, and what travels with it.
///
/// Untrusted.
///
/// The received bytes are kept, and everything is verified over them as they came.
public struct Envelope: Hashable, Sendable {
    /// The bytes, exactly as they were received.
    public let bytes: [UInt8]
    /// Whether tag 107 stands in front.
    public let isTagged: Bool
    /// The digest that the authentication wrapper claims for the manifest.
    public let manifestDigest: SUITDigest
    /// The signatures, unverified.
    public let signatures: [COSESignature]
    /// Names of integrated payloads (`#name`) and where they stand in ``bytes``.
    public let integratedPayloads: [String: Range<Int>]

    /// The bytes of the SUIT_Digest, which is the payload of the signatures.
    let digestRange: Range<Int>
    /// The byte string that holds the manifest, its head included: what the digest is over.
    let wrappedManifest: Range<Int>
    /// The manifest itself.
    let manifestRange: Range<Int>
    /// Severed members, heads included and without.
    let severed: [SeverableMember: (wrapped: Range<Int>, content: Range<Int>)]
    /// The authentication blocks as they came.
    let blocks: [Range<Int>]

    /// Reads an envelope; of the manifest nothing but its place.
    ///
    /// - Parameters:
    ///   - bytes: an envelope, with tag 107 or without, and nothing after it.
    ///   - limits: what it may cost.
    /// - Throws: ``FirmwareError`` at the first item that breaks a rule. An envelope without any
    ///   signature is read; `notSigned` comes when it is to be verified.
    /// - Complexity: O(*n*) in the bytes.
    public init(
        _ bytes: [UInt8],
        limits: FirmwareLimits = .default
    ) throws(FirmwareError) {
        guard bytes.count <= limits.envelopeBytes else {
            throw FirmwareError(.limitExceeded(.documentBytes), at: 0)
        }
        var parser = EnvelopeParser(limits)
        var reader = FirmwareReader(bytes.span)
        try parser.read(&reader)
        guard let digest = parser.digest, let manifest = parser.manifest else {
            let label =
                parser.digest == nil ? SUITLabel.authenticationWrapper : SUITLabel.manifest
            throw FirmwareError(.missingMember(label), at: 0)
        }
        self.bytes = bytes
        isTagged = parser.isTagged
        manifestDigest = digest.value
        digestRange = digest.range
        signatures = parser.signatures
        blocks = parser.blocks
        integratedPayloads = parser.integrated
        wrappedManifest = manifest.wrapped
        manifestRange = manifest.content
        severed = parser.severed
    }

    /// The manifest before anybody vouched for it: for display only.
    ///
    /// - Parameter limits: what it may cost.
    /// - Returns: the parsed manifest.
    /// - Throws: ``FirmwareError`` with an offset from the start of the manifest.
    public func untrustedManifest(
        limits: FirmwareLimits = .default
    ) throws(FirmwareError) -> Manifest {
        try Manifest(bytes.span.extracting(manifestRange), limits: limits)
    }

    /// An integrated payload's bytes, unverified.
    public func integratedPayload(_ name: String) -> [UInt8]? {
        integratedPayloads[name].map { Array(bytes[$0]) }
    }

    /// Equal bytes are equal envelopes.
    public static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The envelope written again from what was read, to compare with ``bytes``.
    ///
    /// - Throws: ``FirmwareError`` where the manifest or a severed member does not parse.
    public func encodedAgain() throws(FirmwareError) -> [UInt8] {
        var author = EnvelopeAuthor(encodedManifest: try untrustedManifest().encoded)
        author.isTagged = isTagged
        author.manifestDigest = manifestDigest
        author.blocks = blocks.map { Array(bytes[$0]) }
        for (member, ranges) in severed {
            author.severed[member] = try Self.encodedAgain(member, bytes.span, ranges.content)
        }
        for (name, range) in integratedPayloads {
            author.integratedPayloads[name] = Array(bytes[range])
        }
        return author.encoded()
    }

    private static func encodedAgain(
        _ member: SeverableMember,
        _ bytes: Span<UInt8>,
        _ range: Range<Int>
    ) throws(FirmwareError) -> [UInt8] {
        var reader = FirmwareReader(bytes.extracting(range))
        let encoded: [UInt8]
        if member == .text {
            encoded = try ManifestText.read(&reader, .default).encoded
        } else {
            var commands = CommandReader(.default)
            encoded = try commands.sequence(&reader, isShared: false).encoded
        }
        try reader.finish()
        return encoded
    }
}

/// Collects the places of an envelope's members.
private struct EnvelopeParser {
    let limits: FirmwareLimits
    var isTagged = false
    var digest: (value: SUITDigest, range: Range<Int>)?
    var manifest: (wrapped: Range<Int>, content: Range<Int>)?
    var signatures: [COSESignature] = []
    var blocks: [Range<Int>] = []
    var integrated: [String: Range<Int>] = [:]
    var severed: [SeverableMember: (wrapped: Range<Int>, content: Range<Int>)] = [:]

    init(_ limits: FirmwareLimits) { self.limits = limits }

    mutating func read(_ reader: inout FirmwareReader) throws(FirmwareError) {
        if try reader.peek() == .tag {
            let tag = try reader.tag()
            guard tag == SUITLabel.envelopeTag else {
                throw FirmwareError(.unexpectedTag(tag), at: 0)
            }
            isTagged = true
        }
        var map = try reader.map()
        while try reader.nextKey(&map) {
            if try reader.peek() == .textString {
                let name = try reader.text(limit: limits.textBytes)
                guard integrated.count < limits.components else {
                    throw FirmwareError(.limitExceeded(.components), at: reader.position)
                }
                integrated[name] = try reader.byteString()
            } else {
                try readMember(&reader)
            }
        }
        try reader.finish()
    }

    private mutating func readMember(_ reader: inout FirmwareReader) throws(FirmwareError) {
        let offset = reader.position
        let label = try reader.integer()
        let start = reader.position
        if label == SUITLabel.authenticationWrapper {
            return try readAuthentication(&reader)
        }
        if label == SUITLabel.manifest {
            let content = try reader.byteString()
            manifest = (start..<reader.position, content)
            return
        }
        guard let member = SeverableMember(rawValue: label) else {
            throw FirmwareError(.unknownMember(label), at: offset)
        }
        let content = try reader.byteString()
        severed[member] = (start..<reader.position, content)
    }

    private mutating func readAuthentication(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) {
        let start = reader.position
        var wrapper = try reader.embedded()
        let count = try wrapper.array()
        guard count > 0 else { throw FirmwareError(.unexpectedCount(0), at: start) }
        guard count - 1 <= limits.signatures else {
            throw FirmwareError(.limitExceeded(.signatures), at: start)
        }
        let range = try wrapper.byteString()
        var inner = try wrapper.nested(range)
        digest = (try inner.digest(), range)
        try inner.finish()
        for _ in 1..<count {
            let block = try wrapper.byteString()
            blocks.append(block)
            var inner = try wrapper.nested(block)
            signatures += try COSESignature.read(&inner, limits)
            try inner.finish()
        }
        guard signatures.count <= limits.signatures else {
            throw FirmwareError(.limitExceeded(.signatures), at: start)
        }
        try wrapper.finish()
    }
}
