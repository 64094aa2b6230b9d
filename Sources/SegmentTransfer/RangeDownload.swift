/// Learns an offer from a server that only serves byte ranges: header, then seal.
public struct OfferDiscovery: Sendable {
    private var header: [UInt8] = []
    private var seal: [UInt8] = []
    private var fileLength: UInt64?
    private var layout: SegmentLayout?
    private let limits: TransferLimits

    /// The offer, once all of it was received; it has no leaf list.
    public private(set) var offer: TransferOffer?

    /// Starts with nothing known.
    public init(limits: TransferLimits = .default) { self.limits = limits }

    /// The range to ask for next; `nil` when the offer is there.
    public var nextRange: Range<UInt64>? {
        guard offer == nil else { return nil }
        guard let layout else { return 0..<4_096 }
        if header.count < layout.headerLength {
            return UInt64(header.count)..<UInt64(layout.headerLength)
        }
        return layout.sealRange
    }

    /// Takes the bytes of ``nextRange``.
    ///
    /// - Parameters:
    ///   - bytes: the whole range, or what there is of the first one.
    ///   - length: the file's length, as the answer says.
    /// - Throws: ``TransferError`` when they are no segmented file's.
    public mutating func receive(_ bytes: [UInt8], of length: UInt64) throws(TransferError) {
        guard offer == nil else { throw TransferError(.unexpected, at: 0) }
        if let fileLength, fileLength != length { throw TransferError(.fileLength, at: 0) }
        fileLength = length
        guard let layout else {
            let layout = try SegmentLayout(header: bytes.span, fileLength: length)
            guard layout.segmentCount <= limits.segments else { throw TransferError(.limit, at: 0) }
            self.layout = layout
            header = [UInt8](bytes.prefix(layout.headerLength))
            return try finish(layout, length)
        }
        guard let wanted = nextRange, UInt64(bytes.count) == wanted.upperBound - wanted.lowerBound
        else { throw TransferError(.truncated, at: bytes.count) }
        if header.count < layout.headerLength { header += bytes } else { seal = bytes }
        try finish(layout, length)
    }

    private mutating func finish(_ layout: SegmentLayout, _ length: UInt64) throws(TransferError) {
        guard header.count == layout.headerLength, seal.count == layout.sealLength else { return }
        offer = try TransferOffer(header: header, fileLength: length, seal: seal, limits: limits)
    }
}

/// Cuts the body of a range answer, in pieces of any size, into segments.
public struct RangeBody: Sendable {
    private let layout: SegmentLayout
    private var index: UInt64
    private let end: UInt64
    private var pending: [UInt8] = []

    /// Turns a request into the ranges to ask for: one for each run of neighbouring segments.
    public static func ranges(
        for request: SegmentRequest,
        in layout: SegmentLayout
    ) -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        for index in request.segments where index < layout.segmentCount {
            let range = layout.range(of: index)
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges
    }

    /// Prepares for the body of `range`, which must start and end at segments' bounds.
    ///
    /// - Throws: ``TransferError`` for another range.
    public init(_ range: Range<UInt64>, in layout: SegmentLayout) throws(TransferError) {
        let start = UInt64(layout.headerLength)
        guard
            range.lowerBound >= start,
            (range.lowerBound - start) % UInt64(layout.segmentSize) == 0,
            range.upperBound <= layout.sealRange.lowerBound,
            (range.upperBound - start) % UInt64(layout.segmentSize) == 0
                || range.upperBound == layout.sealRange.lowerBound
        else { throw TransferError(.segmentNumber, at: range.lowerBound) }
        self.layout = layout
        index = (range.lowerBound - start) / UInt64(layout.segmentSize)
        end = range.upperBound
    }

    /// Takes the next bytes and gives each segment they complete.
    ///
    /// - Throws: ``TransferError`` when more bytes come than were asked for.
    public mutating func receive(
        _ bytes: Span<UInt8>,
        _ segment: (UInt64, Span<UInt8>) throws(TransferError) -> Void
    ) throws(TransferError) {
        var at = 0
        while at < bytes.count {
            guard index < layout.segmentCount, layout.range(of: index).upperBound <= end else {
                throw TransferError(.trailingData, at: end)
            }
            let range = layout.range(of: index)
            let size = Int(range.upperBound - range.lowerBound)
            let count = min(size - pending.count, bytes.count - at)
            for i in at..<at + count { pending.append(bytes[i]) }
            at += count
            guard pending.count == size else { return }
            let whole = pending
            pending.removeAll(keepingCapacity: true)
            index += 1
            try segment(index - 1, whole.span)
        }
    }
}
