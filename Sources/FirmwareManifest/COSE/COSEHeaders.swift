internal import CBORCodec

/// The headers of one COSE structure that this module understands. RFC 9052 §3
struct COSEHeaders: Hashable, Sendable {
    /// Label 1 of the protected header, as a number of the registry.
    var algorithm: Int64?
    /// Label 4 of either header: a hint.
    var keyIdentifier: [UInt8]?

    /// Labels that `crit` may name: the ones that are acted on here.
    private static let understood: [Int64] = [1, 2, 3, 4]

    /// Reads the protected header (a byte string that holds a map, or is empty) and the unprotected
    /// one (a map).
    ///
    /// - Throws: an algorithm that is not protected, a critical header that is not understood, a label
    ///   that is in both maps.
    static func read(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) -> (headers: COSEHeaders, protected: Range<Int>) {
        var headers = COSEHeaders()
        let protected = try reader.byteString()
        var labels: [Int64] = []
        if !protected.isEmpty {
            var inner = try reader.nested(protected)
            labels = try headers.readProtected(&inner)
            try inner.finish()
        }
        try headers.readUnprotected(&reader, protected: labels)
        return (headers, protected)
    }

    private mutating func readProtected(
        _ reader: inout FirmwareReader
    ) throws(FirmwareError) -> [Int64] {
        var labels: [Int64] = []
        var critical: [Int64] = []
        var criticalOffset = 0
        var map = try reader.map()
        while try reader.nextKey(&map) {
            guard let label = try Self.label(&reader) else { continue }
            labels.append(label)
            switch label {
            case 1: algorithm = try reader.integer()
            case 2:
                criticalOffset = reader.position
                critical = try Self.critical(&reader)
            case 4: keyIdentifier = try reader.bytes()
            default: _ = try reader.skip()
            }
        }
        for label in critical where !Self.understood.contains(label) || !labels.contains(label) {
            throw FirmwareError(.criticalHeader, at: criticalOffset)
        }
        return labels
    }

    private mutating func readUnprotected(
        _ reader: inout FirmwareReader,
        protected: [Int64]
    ) throws(FirmwareError) {
        var map = try reader.map()
        while try reader.nextKey(&map) {
            let start = reader.position
            guard let label = try Self.label(&reader) else { continue }
            guard !protected.contains(label) else {
                throw FirmwareError(.headerInBothMaps(label), at: start)
            }
            switch label {
            case 1: throw FirmwareError(.algorithmNotProtected, at: start)
            case 2: throw FirmwareError(.criticalHeader, at: start)
            case 4: keyIdentifier = try reader.bytes()
            default: _ = try reader.skip()
            }
        }
    }

    /// An integer label; a text label is skipped together with its value.
    private static func label(_ reader: inout FirmwareReader) throws(FirmwareError) -> Int64? {
        if try reader.peek() == .textString {
            _ = try reader.skip()
            _ = try reader.skip()
            return nil
        }
        return try reader.integer()
    }

    private static func critical(_ reader: inout FirmwareReader) throws(FirmwareError) -> [Int64] {
        let start = reader.position
        let count = try reader.array()
        guard count > 0 else { throw FirmwareError(.criticalHeader, at: start) }
        var labels: [Int64] = []
        for _ in 0..<count {
            guard try reader.peek() != .textString else {
                throw FirmwareError(.criticalHeader, at: start)
            }
            labels.append(try reader.integer())
        }
        return labels
    }
}
