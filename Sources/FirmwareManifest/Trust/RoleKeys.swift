internal import CBORCodec

/// k of n: the keys of a role and how many of them must sign.
public struct RoleKeys: Hashable, Sendable {
    /// How many distinct keys must sign; never zero and never more than there are.
    public let threshold: Int
    /// The keys.
    public let keys: [PinnedKey]

    /// Checks that the role can be fulfilled.
    ///
    /// Keys are counted by algorithm and canonical bytes: the same key under two names is one key,
    /// and a threshold above the number of distinct keys is refused.
    /// - Parameters:
    ///   - threshold: 1...n.
    ///   - keys: the keys.
    ///   - role: the number to name in an error.
    /// - Throws: ``FirmwareError/Violation/impossibleRole(_:)``.
    public init(
        threshold: UInt64,
        keys: [PinnedKey],
        role: UInt64 = 0
    ) throws(FirmwareError) {
        var distinct: [PinnedKey] = []
        for key in keys where !distinct.contains(where: { $0.isSameKey(as: key) }) {
            distinct.append(key)
        }
        guard threshold > 0, threshold <= UInt64(distinct.count) else {
            throw FirmwareError(.impossibleRole(role))
        }
        self.threshold = Int(threshold)
        self.keys = keys
    }

    /// Demands the threshold; says as exactly as possible why it is not met.
    func demand(
        _ check: SignatureCheck,
        otherRoles: [PinnedKey] = [],
        revoked: [PinnedKey] = []
    ) throws(FirmwareError) {
        let count = check.count(of: keys)
        guard count < threshold else { return }
        if check.count(of: revoked.filter { key in !keys.contains { $0.isSameKey(as: key) } }) > 0 {
            throw FirmwareError(.keyRevoked)
        }
        let others = otherRoles.filter { key in !keys.contains { $0.isSameKey(as: key) } }
        if check.count(of: others) > 0 { throw FirmwareError(.keyOfAnotherRole) }
        if count == 0, let unsupported = check.unsupported { throw unsupported }
        throw FirmwareError(.thresholdNotMet(valid: count, needed: threshold))
    }
}

/// Reads and writes `[algorithm, bytes, name]`.
enum KeyList {
    static func read(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> [PinnedKey] {
        let start = reader.position
        let count = try reader.array()
        guard count <= limits.entries else {
            throw FirmwareError(.limitExceeded(.entries), at: start)
        }
        var keys: [PinnedKey] = []
        for _ in 0..<count { keys.append(try key(&reader)) }
        return keys
    }

    private static func key(_ reader: inout FirmwareReader) throws(FirmwareError) -> PinnedKey {
        let start = reader.position
        try reader.array(of: 3)
        let number = try reader.unsigned()
        guard let algorithm = UInt8(exactly: number).flatMap(SignatureAlgorithm.init(rawValue:))
        else {
            throw FirmwareError(.unsupportedAlgorithm(Int64(clamping: number)), at: start)
        }
        let bytes = try reader.bytes()
        let name = try reader.bytes()
        do {
            return try PinnedKey(algorithm, bytes: bytes, identifier: name)
        } catch {
            throw FirmwareError(error.violation, at: start)
        }
    }

    static func encode(_ keys: [PinnedKey], into encoder: inout CBOREncoder) {
        encoder.append(arrayCount: keys.count)
        for key in keys {
            encoder.append(arrayCount: 3)
            encoder.append(unsigned: UInt64(key.algorithm.rawValue))
            encoder.append(byteString: key.bytes)
            encoder.append(byteString: key.identifier)
        }
    }

    /// `[+ index]` into `keys`.
    static func selection(
        _ reader: inout FirmwareReader,
        from keys: [PinnedKey]
    ) throws(FirmwareError) -> [PinnedKey] {
        let start = reader.position
        let count = try reader.array()
        guard count <= keys.count else {
            throw FirmwareError(.limitExceeded(.entries), at: start)
        }
        var result: [PinnedKey] = []
        for _ in 0..<count {
            let offset = reader.position
            let index = try reader.unsigned()
            guard index < UInt64(keys.count) else {
                throw FirmwareError(.valueOutOfRange, at: offset)
            }
            result.append(keys[Int(index)])
        }
        return result
    }

    static func encodeSelection(
        _ selected: [PinnedKey],
        from keys: [PinnedKey],
        into encoder: inout CBOREncoder
    ) {
        encoder.append(arrayCount: selected.count)
        for key in selected {
            encoder.append(unsigned: UInt64(keys.firstIndex(of: key) ?? keys.count))
        }
    }
}
