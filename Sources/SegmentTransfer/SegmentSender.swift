/// The sending side: answers requests with the file ranges to read and send.
///
/// It holds no bytes of the file. Feed requests, take outputs until `nil`.
public struct SegmentSender: Sendable {
    /// What to do next.
    public enum Output: Hashable, Sendable {
        /// Read these bytes of the file and send them as segment `index`.
        case send(index: UInt64, range: Range<UInt64>)
    }

    /// What is offered.
    public let offer: TransferOffer
    /// The most segments that wait to be sent; later ones of a request are dropped, and the
    /// receiver asks again.
    public let maximumQueue: Int
    private var queue: [UInt64] = []
    private var next = 0

    /// Offers a file.
    public init(_ offer: TransferOffer, maximumQueue: Int = 1_024) {
        self.offer = offer
        self.maximumQueue = max(1, maximumQueue)
    }

    /// Takes a request.
    ///
    /// - Throws: ``TransferError`` when it names a segment that the file does not have; nothing of
    ///   it is queued then.
    public mutating func receive(_ request: SegmentRequest) throws(TransferError) {
        let segments = request.segments
        if let last = segments.last, last >= offer.layout.segmentCount {
            throw TransferError(.segmentNumber, at: last)
        }
        if next > 0 {
            queue.removeFirst(next)
            next = 0
        }
        let waiting = Set(queue)
        for segment in segments where queue.count < maximumQueue && !waiting.contains(segment) {
            queue.append(segment)
        }
    }

    /// The next segment to send; `nil` when nothing is asked for.
    public mutating func nextOutput() -> Output? {
        guard next < queue.count else { return nil }
        defer { next += 1 }
        return .send(index: queue[next], range: offer.layout.range(of: queue[next]))
    }
}
