internal import CBORCodec

extension DeviceState {
    /// The state as one CBOR item with a checksum, for a ``StateStore``.
    ///
    /// - Parameter crypto: hashes.
    /// - Returns: `[bstr state, bstr SHA-256]`.
    public func encoded(using crypto: some FirmwareCryptography) -> [UInt8] {
        let body = CBOREncoder.encode(encode)
        return CBOREncoder.encode {
            $0.append(arrayCount: 2)
            $0.append(byteString: body)
            $0.append(byteString: crypto.sha256(body.span).bytes)
        }
    }

    private func encode(into encoder: inout CBOREncoder) {
        encoder.append(arrayCount: 13)
        encoder.append(unsigned: 1)
        encoder.append(unsigned: revision)
        encoder.append(byteString: root.bytes)
        let floors = accepted.map { ($0.encoded, $1) }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
        encoder.append(arrayCount: floors.count)
        for (component, floor) in floors {
            encoder.append(arrayCount: 3)
            encoder.append(encoded: component)
            encoder.append(unsigned: floor.sequenceNumber)
            encoder.append(byteString: floor.manifestDigest.bytes)
        }
        encoder.append(unsigned: securityCounter)
        encoder.append(unsigned: timeFloor.seconds)
        encoder.append(unsigned: releaseVersion)
        encoder.append(optional: releaseDigest)
        encoder.append(versions: delegationVersions)
        KeyList.encode(revokedKeys, into: &encoder)
        encoder.append(unsigned: UInt64(slot.rawValue))
        if let installation {
            installation.encode(into: &encoder)
        } else {
            encoder.appendNull()
        }
        encoder.append(unsigned: lastFailure?.rawValue ?? 0)
    }

    /// Reads what ``encoded(using:)`` wrote.
    ///
    /// - Parameters:
    ///   - bytes: one encoded state.
    ///   - limits: what it may cost.
    ///   - crypto: hashes.
    /// - Throws: ``FirmwareError``; with ``FirmwareError/Violation/malformedState`` where the checksum
    ///   is wrong.
    public init(
        _ bytes: [UInt8],
        limits: FirmwareLimits = .default,
        using crypto: some FirmwareCryptography
    ) throws(FirmwareError) {
        var outer = FirmwareReader(bytes.span)
        try outer.array(of: 2)
        let body = try outer.byteString()
        let checksum = try outer.digestBytes()
        try outer.finish()
        guard crypto.sha256(bytes.span.extracting(body)) == checksum else {
            throw FirmwareError(.malformedState, at: body.lowerBound)
        }
        var reader = try outer.nested(body)
        try self.init(&reader, limits)
        try reader.finish()
    }

    init(_ reader: inout FirmwareReader, _ limits: FirmwareLimits) throws(FirmwareError) {
        let start = reader.position
        try reader.array(of: 13)
        let version = try reader.unsigned()
        guard version == 1 else { throw FirmwareError(.unsupportedVersion(version), at: start) }
        revision = try reader.unsigned()
        root = try TrustRoot(provisioned: try reader.bytes(), limits: limits)
        accepted = try Self.floors(&reader, limits)
        securityCounter = try reader.unsigned()
        timeFloor = FirmwareTime(seconds: try reader.unsigned())
        releaseVersion = try reader.unsigned()
        releaseDigest = try reader.optionalDigest()
        delegationVersions = try reader.versions(limits)
        revokedKeys = try KeyList.read(&reader, limits)
        slot = try Self.slot(&reader)
        let offset = reader.position
        installation = reader.null() ? nil : try Installation(&reader, limits)
        // An installation never writes over the slot that boots.
        guard installation?.target != slot else {
            throw FirmwareError(.malformedState, at: offset)
        }
        let failure = try reader.unsigned()
        lastFailure = InstallationFailure(rawValue: failure)
        guard failure == 0 || lastFailure != nil, revision < .max - (1 << 32) else {
            throw FirmwareError(.malformedState, at: start)
        }
    }

    static func slot(_ reader: inout FirmwareReader) throws(FirmwareError) -> Slot {
        let start = reader.position
        let number = try reader.unsigned()
        guard let slot = UInt8(exactly: number).flatMap(Slot.init(rawValue:)) else {
            throw FirmwareError(.valueOutOfRange, at: start)
        }
        return slot
    }

    private static func floors(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [ComponentIdentifier: Floor] {
        let start = reader.position
        let count = try reader.array()
        guard count <= limits.entries else {
            throw FirmwareError(.limitExceeded(.entries), at: start)
        }
        var floors: [ComponentIdentifier: Floor] = [:]
        for _ in 0..<count {
            let offset = reader.position
            try reader.array(of: 3)
            let component = try reader.component(limits)
            guard floors[component] == nil else {
                throw FirmwareError(.malformedState, at: offset)
            }
            floors[component] = Floor(
                sequenceNumber: try reader.unsigned(),
                manifestDigest: try reader.digestBytes()
            )
        }
        return floors
    }
}

extension Installation {
    func encode(into encoder: inout CBOREncoder) {
        encoder.append(arrayCount: 9)
        switch phase {
        case .downloading: encoder.append(unsigned: 0)
        case .verified: encoder.append(unsigned: 1)
        case .staged: encoder.append(unsigned: 2)
        case .trial(let left):
            encoder.append(arrayCount: 1)
            encoder.append(unsigned: left)
        }
        encoder.append(unsigned: UInt64(target.rawValue))
        encoder.append(arrayCount: items.count)
        for item in items {
            encoder.append(arrayCount: 5)
            item.component.encode(into: &encoder)
            encoder.append(byteString: item.manifestDigest.bytes)
            encoder.append(unsigned: item.sequenceNumber)
            encoder.append(optional: item.imageDigest)
            encoder.append(bool: item.hasArrived)
        }
        encoder.append(unsigned: trialBoots)
        encoder.append(unsigned: securityCounter)
        encoder.append(unsigned: claims.releaseVersion)
        encoder.append(optional: claims.releaseDigest)
        encoder.append(unsigned: claims.time.seconds)
        encoder.append(versions: claims.delegationVersions)
    }

    init(_ reader: inout FirmwareReader, _ limits: FirmwareLimits) throws(FirmwareError) {
        let start = reader.position
        try reader.array(of: 9)
        phase = try Self.phase(&reader)
        target = try DeviceState.slot(&reader)
        let count = try reader.array()
        guard count > 0, count <= 8 * limits.components else {
            throw FirmwareError(.limitExceeded(.components), at: start)
        }
        var items: [Item] = []
        for _ in 0..<count {
            try reader.array(of: 5)
            items.append(
                Item(
                    component: try reader.component(limits),
                    manifestDigest: try reader.digestBytes(),
                    sequenceNumber: try reader.unsigned(),
                    imageDigest: try reader.optionalDigest(),
                    hasArrived: try reader.bool()
                )
            )
        }
        self.items = items
        trialBoots = try reader.unsigned()
        securityCounter = try reader.unsigned()
        claims = FreshnessClaims(
            releaseVersion: try reader.unsigned(),
            releaseDigest: try reader.optionalDigest(),
            time: FirmwareTime(seconds: try reader.unsigned()),
            delegationVersions: try reader.versions(limits)
        )
        // What has not arrived cannot have been staged.
        guard phase == .downloading || items.allSatisfy(\.hasArrived) else {
            throw FirmwareError(.malformedState, at: start)
        }
    }

    private static func phase(_ reader: inout FirmwareReader) throws(FirmwareError) -> Phase {
        let start = reader.position
        if try reader.peek() == .array {
            try reader.array(of: 1)
            return .trial(bootsLeft: try reader.unsigned())
        }
        switch try reader.unsigned() {
        case 0: return .downloading
        case 1: return .verified
        case 2: return .staged
        default: throw FirmwareError(.valueOutOfRange, at: start)
        }
    }
}

extension CBOREncoder {
    fileprivate mutating func append(optional digest: SUITDigest?) {
        if let digest { append(byteString: digest.bytes) } else { appendNull() }
    }

    fileprivate mutating func append(versions: [String: UInt64]) {
        let pairs = versions.map { name, version in
            (
                CBOREncoder.encode { $0.append(textString: name) },
                CBOREncoder.encode { $0.append(unsigned: version) }
            )
        }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
        append(mapCount: pairs.count)
        for (key, value) in pairs {
            append(encoded: key)
            append(encoded: value)
        }
    }
}

extension FirmwareReader {
    @_lifetime(self: copy self)
    fileprivate mutating func optionalDigest() throws(FirmwareError) -> SUITDigest? {
        null() ? nil : try digestBytes()
    }

    @_lifetime(self: copy self)
    fileprivate mutating func versions(
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [String: UInt64] {
        let start = position
        var map = try map()
        guard map.count <= limits.delegationVisits else {
            throw FirmwareError(.limitExceeded(.delegations), at: start)
        }
        var versions: [String: UInt64] = [:]
        while try nextKey(&map) {
            let name = try text(limit: 64)
            versions[name] = try unsigned()
        }
        return versions
    }
}
