internal import CBORCodec

/// A member that may stand in the manifest, or outside of it with only its digest inside.
public enum Severable<Value: Hashable & Sendable>: Hashable, Sendable {
    /// The member itself.
    case present(Value)
    /// The digest of the member, which the envelope may carry.
    case severed(SUITDigest)
}

/// The members that can be severed.
public enum SeverableMember: Int64, Hashable, Sendable, CaseIterable {
    /// Label 16.
    case payloadFetch = 16
    /// Label 20.
    case install = 20
    /// Label 23.
    case text = 23
}

/// SUIT_Manifest, read or to be written; trusted only inside of a ``VerifiedManifest``.
public struct Manifest: Hashable, Sendable {
    /// Label 2: grows with each release.
    public var sequenceNumber: UInt64
    /// Label 3, 2.
    public var components: [ComponentIdentifier]
    /// Label 3, 4: runs before every other sequence.
    public var sharedSequence: CommandSequence?
    /// Label 4: where the envelope can be found; never part of what is trusted.
    public var referenceURI: String?
    /// Label 7: whether what is installed is right.
    public var validate: CommandSequence?
    /// Label 8: prepares for running.
    public var load: CommandSequence?
    /// Label 9: runs.
    public var invoke: CommandSequence?
    /// Label 16: gets payloads.
    public var payloadFetch: Severable<CommandSequence>?
    /// Label 20: installs.
    public var install: Severable<CommandSequence>?
    /// Label 23: for people.
    public var text: Severable<ManifestText>?

    /// A manifest with no sequences.
    ///
    /// - Parameters:
    ///   - sequenceNumber: grows with each release.
    ///   - components: one or more.
    public init(sequenceNumber: UInt64, components: [ComponentIdentifier]) {
        self.sequenceNumber = sequenceNumber
        self.components = components
    }
}

extension Manifest {
    /// Reads an encoded manifest.
    ///
    /// - Parameters:
    ///   - bytes: the content of the envelope's member 3.
    ///   - limits: what it may cost.
    /// - Throws: ``FirmwareError`` at the first item that breaks a rule; unknown members, commands
    ///   and parameters are refused.
    public init(
        _ bytes: Span<UInt8>,
        limits: FirmwareLimits = .default
    ) throws(FirmwareError) {
        var reader = FirmwareReader(bytes)
        try self.init(&reader, limits)
    }

    init(_ reader: inout FirmwareReader, _ limits: FirmwareLimits) throws(FirmwareError) {
        self.init(sequenceNumber: 0, components: [])
        var commands = CommandReader(limits)
        // Labels 1, 2 and 3 as bits.
        var seen: UInt64 = 0
        let start = reader.position
        var map = try reader.map()
        while true {
            let offset = reader.position
            guard let label = try reader.label(&map) else { break }
            if (0..<64).contains(label) { seen |= 1 << UInt64(label) }
            try readMember(label, at: offset, &reader, &commands)
        }
        try reader.finish()
        for label in [SUITLabel.manifestVersion, SUITLabel.sequenceNumber, SUITLabel.common]
        where seen & 1 << UInt64(label) == 0 {
            throw FirmwareError(.missingMember(label), at: start)
        }
    }

    private mutating func readMember(
        _ label: Int64,
        at offset: Int,
        _ reader: inout FirmwareReader,
        _ commands: inout CommandReader
    ) throws(FirmwareError) {
        switch label {
        case SUITLabel.manifestVersion:
            let version = try reader.unsigned()
            guard version == 1 else {
                throw FirmwareError(.unsupportedVersion(version), at: offset)
            }
        case SUITLabel.sequenceNumber: sequenceNumber = try reader.unsigned()
        case SUITLabel.common: try readCommon(&reader, &commands)
        case SUITLabel.referenceURI:
            referenceURI = try reader.text(limit: commands.limits.textBytes)
        case SUITLabel.validate: validate = try Self.sequence(&reader, &commands)
        case SUITLabel.load: load = try Self.sequence(&reader, &commands)
        case SUITLabel.invoke: invoke = try Self.sequence(&reader, &commands)
        case SUITLabel.payloadFetch: payloadFetch = try Self.severable(&reader, &commands)
        case SUITLabel.install: install = try Self.severable(&reader, &commands)
        case SUITLabel.text:
            if try reader.peek() == .array {
                text = .severed(try reader.digest())
            } else {
                var inner = try reader.embedded()
                text = .present(try ManifestText.read(&inner, commands.limits))
                try inner.finish()
            }
        default: throw FirmwareError(.unknownMember(label), at: offset)
        }
    }

    static func sequence(
        _ reader: inout FirmwareReader,
        _ commands: inout CommandReader,
        isShared: Bool = false
    ) throws(FirmwareError) -> CommandSequence {
        var inner = try reader.embedded()
        let sequence = try commands.sequence(&inner, isShared: isShared)
        try inner.finish()
        return sequence
    }

    private static func severable(
        _ reader: inout FirmwareReader,
        _ commands: inout CommandReader
    ) throws(FirmwareError) -> Severable<CommandSequence> {
        if try reader.peek() == .array { return .severed(try reader.digest()) }
        return .present(try sequence(&reader, &commands))
    }

    private mutating func readCommon(
        _ reader: inout FirmwareReader,
        _ commands: inout CommandReader
    ) throws(FirmwareError) {
        let start = reader.position
        var inner = try reader.embedded()
        var map = try inner.map()
        while true {
            let offset = inner.position
            guard let label = try inner.label(&map) else { break }
            switch label {
            case SUITLabel.components:
                components = try Self.components(&inner, commands.limits)
            case SUITLabel.dependencies: throw FirmwareError(.dependenciesNotSupported, at: offset)
            case SUITLabel.sharedSequence:
                sharedSequence = try Self.sequence(&inner, &commands, isShared: true)
            default: throw FirmwareError(.unknownMember(label), at: offset)
            }
        }
        try inner.finish()
        // Deviation: the CDDL makes components optional, for manifests that only have dependencies.
        guard !components.isEmpty else {
            throw FirmwareError(.missingMember(SUITLabel.components), at: start)
        }
    }

    private static func components(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [ComponentIdentifier] {
        let start = reader.position
        let count = try reader.array()
        guard count > 0 else { throw FirmwareError(.unexpectedCount(0), at: start) }
        guard count <= limits.components else {
            throw FirmwareError(.limitExceeded(.components), at: start)
        }
        var components: [ComponentIdentifier] = []
        for _ in 0..<count {
            let offset = reader.position
            let component = try reader.component(limits)
            guard !components.contains(component) else {
                throw FirmwareError(.unknownComponent(component), at: offset)
            }
            components.append(component)
        }
        return components
    }
}

extension Manifest {
    /// The manifest in deterministic encoding.
    public var encoded: [UInt8] {
        var count = 3
        var body = CBOREncoder()
        body.append(integer: SUITLabel.manifestVersion)
        body.append(unsigned: 1)
        body.append(integer: SUITLabel.sequenceNumber)
        body.append(unsigned: sequenceNumber)
        body.append(integer: SUITLabel.common)
        body.append(embedding: encodeCommon)
        func member(_ label: Int64, _ write: (inout CBOREncoder) -> Void) {
            count += 1
            body.append(integer: label)
            write(&body)
        }
        if let referenceURI {
            member(SUITLabel.referenceURI) { $0.append(textString: referenceURI) }
        }
        for (label, sequence) in [
            (SUITLabel.validate, validate), (SUITLabel.load, load), (SUITLabel.invoke, invoke),
        ] {
            if let sequence { member(label) { $0.append(byteString: sequence.encoded) } }
        }
        for (label, sequence) in [
            (SUITLabel.payloadFetch, payloadFetch), (SUITLabel.install, install),
        ] {
            switch sequence {
            case .present(let value): member(label) { $0.append(byteString: value.encoded) }
            case .severed(let digest): member(label) { digest.encode(into: &$0) }
            case nil: break
            }
        }
        switch text {
        case .present(let value): member(SUITLabel.text) { $0.append(byteString: value.encoded) }
        case .severed(let digest): member(SUITLabel.text) { digest.encode(into: &$0) }
        case nil: break
        }
        var encoder = CBOREncoder(reservingCapacity: body.bytes.count + 1)
        encoder.append(mapCount: count)
        encoder.append(encoded: body.bytes)
        return encoder.bytes
    }

    private func encodeCommon(into encoder: inout CBOREncoder) {
        encoder.append(mapCount: sharedSequence == nil ? 1 : 2)
        encoder.append(integer: SUITLabel.components)
        encoder.append(arrayCount: components.count)
        for component in components { component.encode(into: &encoder) }
        if let sharedSequence {
            encoder.append(integer: SUITLabel.sharedSequence)
            encoder.append(byteString: sharedSequence.encoded)
        }
    }
}
