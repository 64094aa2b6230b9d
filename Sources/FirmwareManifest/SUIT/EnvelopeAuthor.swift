internal import CBORCodec

/// Writes envelopes: severs members, signs, adds payloads.
public struct EnvelopeAuthor: Sendable {
    /// Whether tag 107 is written; true unless changed.
    public var isTagged = true
    /// Payloads that travel with the manifest; a URI `#name` refers to the payload `#name`.
    public var integratedPayloads: [String: [UInt8]] = [:]
    /// The encoded manifest.
    public let encodedManifest: [UInt8]
    var manifestDigest: SUITDigest?
    var blocks: [[UInt8]] = []
    var severed: [SeverableMember: [UInt8]] = [:]

    init(encodedManifest: [UInt8]) { self.encodedManifest = encodedManifest }

    /// Prepares an envelope.
    ///
    /// - Parameters:
    ///   - manifest: what is to be signed.
    ///   - severing: members of which the manifest shall keep only the digest; they stand beside it
    ///     and may be left out later.
    ///   - crypto: hashes.
    public init(
        _ manifest: Manifest,
        severing: Set<SeverableMember> = [],
        using crypto: some FirmwareCryptography
    ) {
        var manifest = manifest
        var severed: [SeverableMember: [UInt8]] = [:]
        for member in severing {
            switch member {
            case .payloadFetch: Self.sever(&manifest.payloadFetch, crypto) { severed[member] = $0 }
            case .install: Self.sever(&manifest.install, crypto) { severed[member] = $0 }
            case .text:
                guard case .present(let text) = manifest.text else { continue }
                severed[member] = text.encoded
                manifest.text = .severed(Self.digest(of: text.encoded, crypto))
            }
        }
        self.init(encodedManifest: manifest.encoded)
        self.severed = severed
        manifestDigest = Self.digest(of: encodedManifest, crypto)
    }

    private static func sever(
        _ member: inout Severable<CommandSequence>?,
        _ crypto: some FirmwareCryptography,
        _ keep: ([UInt8]) -> Void
    ) {
        guard case .present(let sequence) = member else { return }
        keep(sequence.encoded)
        member = .severed(digest(of: sequence.encoded, crypto))
    }

    /// The digest of a member: over its byte string, head included.
    static func digest(of content: [UInt8], _ crypto: some FirmwareCryptography) -> SUITDigest {
        crypto.sha256(CBOREncoder.encode { $0.append(byteString: content) }.span)
    }

    /// The digest that signatures are over.
    public var digest: SUITDigest? { manifestDigest }

    /// What an external signer signs for `key`.
    public func signingRequest(for key: PinnedKey) -> SigningRequest {
        SigningRequest(payload: manifestDigest?.encoded ?? [], key: key)
    }

    /// Adds a signature.
    ///
    /// - Parameter signer: a key at hand, or a token.
    /// - Throws: what the signer throws.
    public mutating func sign(with signer: some FirmwareSigner) throws(FirmwareError) {
        blocks.append(try signingRequest(for: signer.key).signed(by: signer))
    }

    /// Adds a signature that was made elsewhere.
    ///
    /// - Parameters:
    ///   - signature: 64 bytes over ``signingRequest(for:)``.
    ///   - key: the key that verifies it.
    /// - Throws: ``FirmwareError/Violation/signatureLength(_:)``.
    public mutating func attach(
        signature: [UInt8],
        of key: PinnedKey
    ) throws(FirmwareError) {
        blocks.append(try signingRequest(for: key).block(signature: signature))
    }

    /// Leaves a severed member out of the envelope.
    public mutating func drop(_ member: SeverableMember) { severed[member] = nil }

    /// The envelope.
    public func encoded() -> [UInt8] {
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        func member(_ label: Int64, _ content: [UInt8]) {
            pairs.append(
                (
                    CBOREncoder.encode { $0.append(integer: label) },
                    CBOREncoder.encode { $0.append(byteString: content) }
                )
            )
        }
        let wrapper = CBOREncoder.encode {
            $0.append(arrayCount: 1 + blocks.count)
            $0.append(byteString: manifestDigest?.encoded ?? [])
            for block in blocks { $0.append(byteString: block) }
        }
        member(SUITLabel.authenticationWrapper, wrapper)
        member(SUITLabel.manifest, encodedManifest)
        for (label, content) in severed { member(label.rawValue, content) }
        for (name, payload) in integratedPayloads {
            pairs.append(
                (
                    CBOREncoder.encode { $0.append(textString: name) },
                    CBOREncoder.encode { $0.append(byteString: payload) }
                )
            )
        }
        var encoder = CBOREncoder()
        if isTagged { encoder.append(tag: SUITLabel.envelopeTag) }
        let sorted = pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        encoder.append(mapCount: sorted.count)
        for pair in sorted {
            encoder.append(encoded: pair.key)
            encoder.append(encoded: pair.value)
        }
        return encoder.bytes
    }
}

extension Envelope {
    /// An author that starts from a received envelope: to add a signature to it.
    ///
    /// - Parameter crypto: hashes.
    /// - Returns: an author whose signatures are over the manifest as it was received.
    public func author(using crypto: some FirmwareCryptography) -> EnvelopeAuthor {
        var author = EnvelopeAuthor(encodedManifest: Array(bytes[manifestRange]))
        author.isTagged = isTagged
        author.manifestDigest = crypto.sha256(bytes.span.extracting(wrappedManifest))
        author.blocks = blocks.map { Array(bytes[$0]) }
        for (member, ranges) in severed { author.severed[member] = Array(bytes[ranges.content]) }
        for (name, range) in integratedPayloads {
            author.integratedPayloads[name] = Array(bytes[range])
        }
        return author
    }
}
