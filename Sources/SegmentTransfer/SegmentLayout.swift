/// Where the parts of a segmented file lie: header, segments of one size, seal.
///
/// It is read from the public first bytes of the header; nothing here needs a key.
public struct SegmentLayout: Hashable, Sendable {
    /// log2 of ``segmentSize``: 12, 14, 16 or 17.
    public let exponent: UInt8
    /// Bytes the header takes, padding included.
    public let headerLength: Int
    /// 1...2^40.
    public let segmentCount: UInt64
    /// Bytes of the last segment, 16...``segmentSize``.
    public let finalSegmentLength: Int
    /// Bytes of the seal after the last segment: 0 or 120.
    public let sealLength: Int

    /// Bytes of every segment but the last.
    public var segmentSize: Int { 1 << Int(exponent) }
    /// Bytes of the whole file.
    public var fileLength: UInt64 {
        UInt64(headerLength) + (segmentCount - 1) * UInt64(segmentSize)
            + UInt64(finalSegmentLength + sealLength)
    }

    static let magic: [UInt8] = [0x49, 0x4F, 0x54, 0x53, 0x45, 0x47, 0, 1]
    static let sealBytes = 120

    /// Reads the layout of a file.
    ///
    /// - Parameters:
    ///   - header: the file's first bytes, 16 or more.
    ///   - fileLength: the length of the whole file.
    /// - Throws: ``TransferError`` when no segmented file has these bytes and this length.
    public init(header: Span<UInt8>, fileLength: UInt64) throws(TransferError) {
        guard header.count >= 16 else { throw TransferError(.truncated, at: header.count) }
        for i in 0..<8 where header[i] != Self.magic[i] {
            throw TransferError(.magic, at: i)
        }
        exponent = header[8]
        guard [12, 14, 16, 17].contains(exponent) else { throw TransferError(.segmentSize, at: 8) }
        let size = UInt64(1) << UInt64(exponent)
        guard [0, 1, 3].contains(header[9]) else { throw TransferError(.flags, at: 9) }
        sealLength = header[9] & 1 == 1 ? Self.sealBytes : 0
        let segments = Int(header[10]) | Int(header[11]) << 8
        guard (1...16).contains(segments) else { throw TransferError(.headerLength, at: 10) }
        headerLength = segments << Int(exponent)
        guard fileLength >= UInt64(headerLength + sealLength + 16) else {
            throw TransferError(.fileLength, at: 0)
        }
        let body = fileLength - UInt64(headerLength + sealLength)
        segmentCount = (body - 1) / size + 1
        finalSegmentLength = Int(body - (segmentCount - 1) * size)
        guard
            finalSegmentLength >= 16, segmentCount <= 1 << 40,
            segmentCount == 1 || finalSegmentLength > 16
        else { throw TransferError(.fileLength, at: 0) }
    }

    /// The file bytes of segment `index`, which must be below ``segmentCount``.
    public func range(of index: UInt64) -> Range<UInt64> {
        precondition(index < segmentCount)
        let start = UInt64(headerLength) + index * UInt64(segmentSize)
        let isFinal = index == segmentCount - 1
        return start..<start + UInt64(isFinal ? finalSegmentLength : segmentSize)
    }

    /// The file bytes of the seal; empty without one.
    public var sealRange: Range<UInt64> { fileLength - UInt64(sealLength)..<fileLength }

    /// The blocks of an MQTT file stream that hold segment `index`.
    ///
    /// - Parameters:
    ///   - index: below ``segmentCount``.
    ///   - blockSize: a power of two, 256...131 072.
    /// - Returns: `nil` for another block size; one block that also holds other segments where it
    ///   is larger than a segment.
    public func blocks(of index: UInt64, blockSize: Int) -> ClosedRange<UInt64>? {
        guard (256...131_072).contains(blockSize), blockSize & (blockSize - 1) == 0 else {
            return nil
        }
        let range = range(of: index)
        return range.lowerBound / UInt64(blockSize)...(range.upperBound - 1) / UInt64(blockSize)
    }
}

/// What a peer or a state file sent that no transfer has.
public struct TransferError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The bytes end before the value does.
        case truncated
        /// Bytes follow the value.
        case trailingData
        /// The first eight bytes are of another kind of file.
        case magic
        /// A segment size exponent other than 12, 14, 16, 17.
        case segmentSize
        /// An unknown flag.
        case flags
        /// A header of no or more than 16 segments, or not of the length its first bytes say.
        case headerLength
        /// No whole file has this length.
        case fileLength
        /// The header's stanzas do not fit into it.
        case stanzas
        /// The seal's length, first bytes, or numbers do not fit the file.
        case seal
        /// A leaf list of another length than one digest for each segment.
        case leafCount
        /// The leaves do not give the seal's root.
        case leafRoot
        /// More bytes than ``TransferLimits`` allows.
        case limit
        /// A segment number at or above the count, or a bitmap bit past it.
        case segmentNumber
        /// A segment of another length than its place has.
        case segmentLength
        /// A segment whose leaf or tag does not match.
        case segmentContent
        /// A state whose digest does not match: damaged.
        case digest
        /// Neither leaves nor an authenticator nor a seal: nothing could be checked.
        case unverifiable
        /// The body read back does not give the seal's root.
        case root
        /// A call that the transfer's state does not expect.
        case unexpected
        /// An HTTP field that is malformed.
        case httpField
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the value, or the segment number where the rule is about segments.
    public let offset: UInt64

    init(_ violation: Violation, at offset: some BinaryInteger) {
        self.violation = violation
        self.offset = UInt64(offset)
    }
}

/// What a hostile peer or state file may cost.
public struct TransferLimits: Hashable, Sendable {
    /// The most segments; one bit and, with a leaf list, 32 bytes each.
    public var segments: UInt64
    /// The most segments asked for at a time.
    public var window: Int

    /// 8 388 608 segments (1 MiB of bitmap; 512 GiB in 64 KiB segments), 64 in flight.
    public static let `default` = TransferLimits()

    /// Chooses.
    public init(segments: UInt64 = 8_388_608, window: Int = 64) {
        self.segments = segments
        self.window = max(1, window)
    }
}
