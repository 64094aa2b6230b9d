/// The receiving side of a transfer: which segments to ask for, what to write, when a file is whole.
///
/// It does no I/O. The caller carries out each output and reports back:
///
/// | Output | The caller | then calls |
/// | --- | --- | --- |
/// | `.write` | writes the bytes into the unfinished file | |
/// | `.request` | sends it to the peer | ``receive(_:segment:)`` for each answer |
/// | `.synchronize` | syncs the unfinished file's data | ``didSynchronize()`` |
/// | `.saveState` | writes a temporary file, syncs, renames, syncs the folder | |
/// | `.readBack` | reads the range from the unfinished file | ``check(_:segment:)`` |
/// | `.install` | syncs, renames the file into place, syncs the folder, drops the state | |
///
/// The state claims a segment only after its bytes were synchronised. What it claims is a hint:
/// ``Output/install`` comes only after the whole file was read back and checked.
public struct SegmentReceiver<Hash: SegmentHash, Authenticator: SegmentAuthenticator>: Sendable {
    /// What to do next.
    public enum Output: Hashable, Sendable {
        /// Write the header or the seal.
        case write(bytes: [UInt8], offset: UInt64)
        /// Ask the peer for segments.
        case request(SegmentRequest)
        /// Make what was written durable.
        case synchronize
        /// Replace the stored state by these bytes.
        case saveState([UInt8])
        /// Read a segment from the unfinished file.
        case readBack(index: UInt64, range: Range<UInt64>)
        /// The file is whole.
        case install
    }

    private enum Phase: Hashable, Sendable {
        case receiving
        case readingBack(next: UInt64)
        case done
        case failed(TransferError)
    }

    /// What the peer offered.
    public let offer: TransferOffer
    /// After how many segments the data is synchronised and the state saved.
    public let segmentsPerSave: Int
    private let hash: Hash
    private let authenticator: Authenticator?
    private let headerHash: [UInt8]
    private let limits: TransferLimits
    private var phase = Phase.receiving
    private var written: SegmentBitmap
    private var synchronized: SegmentBitmap
    private var inFlight: Set<UInt64> = []
    private var cursor: UInt64 = 0
    private var unsaved = 0
    private var isSynchronizing: SegmentBitmap?
    private var outputs: [Output] = []
    private var nextIndex = 0
    private var accumulator = RootAccumulator()

    /// Starts or resumes a transfer.
    ///
    /// - Parameters:
    ///   - offer: what the peer offers.
    ///   - state: the stored state's bytes; one that is damaged or of another file is ignored.
    ///   - hash: BLAKE2b.
    ///   - authenticator: checks segments by the file's key; `nil` for a relay.
    ///   - segmentsPerSave: how much work an interruption may cost.
    ///   - limits: what a hostile offer may cost.
    /// - Throws: ``TransferError`` when the leaf list does not give the seal's root, or when nothing
    ///   could be checked at all.
    public init(
        _ offer: TransferOffer,
        resuming state: [UInt8]? = nil,
        hash: Hash,
        authenticator: Authenticator?,
        segmentsPerSave: Int = 64,
        limits: TransferLimits = .default
    ) throws(TransferError) {
        let count = offer.layout.segmentCount
        guard count <= limits.segments else { throw TransferError(.limit, at: 0) }
        guard authenticator != nil || !offer.seal.isEmpty else {
            throw TransferError(.unverifiable, at: 0)
        }
        self.offer = offer
        self.hash = hash
        self.authenticator = authenticator
        self.segmentsPerSave = max(1, segmentsPerSave)
        self.limits = limits
        headerHash = offer.headerHash(using: hash)
        written = SegmentBitmap(count: count)
        if let state {
            let stored = try? ResumeState(
                decoding: state,
                segmentCount: count,
                using: hash,
                limits: limits
            )
            if let stored, stored.matches(offer, headerHash: headerHash) {
                written = stored.segments
            }
        }
        synchronized = written
        outputs = [.write(bytes: offer.header, offset: 0)]
        if !offer.seal.isEmpty {
            outputs.append(.write(bytes: offer.seal, offset: offer.layout.sealRange.lowerBound))
        }
        try checkLeaves()
        advance()
    }

    private func checkLeaves() throws(TransferError) {
        guard !offer.leaves.isEmpty else { return }
        var accumulator = RootAccumulator()
        for i in 0..<Int(offer.layout.segmentCount) {
            accumulator.append([UInt8](offer.leaves[i * 32..<i * 32 + 32]), using: hash)
        }
        guard accumulator.root(using: hash) == offer.root else {
            throw TransferError(.leafRoot, at: 0)
        }
    }

    // MARK: - Progress

    /// The segments written so far.
    public var receivedSegments: UInt64 { written.setCount }
    /// All segments.
    public var segmentCount: UInt64 { offer.layout.segmentCount }
    /// Whether ``Output/install`` was given.
    public var isComplete: Bool { phase == .done }
    /// Why the transfer ended without a file.
    public var failure: TransferError? {
        if case .failed(let error) = phase { return error }
        return nil
    }

    /// The state to persist: only what was synchronised.
    public var state: ResumeState {
        ResumeState(offer: offer, headerHash: headerHash, segments: synchronized)
    }

    // MARK: - Inputs

    /// Takes a segment that arrived, in any order, asked for or not.
    ///
    /// - Returns: where to write `bytes` in the unfinished file; `nil` for a segment that is there.
    /// - Throws: ``TransferError``; the segment is asked for again and nothing is to be written.
    public mutating func receive(
        _ bytes: Span<UInt8>,
        segment index: UInt64
    ) throws(TransferError) -> UInt64? {
        guard phase == .receiving else { return nil }
        guard index < segmentCount else { throw TransferError(.segmentNumber, at: index) }
        let wasAsked = inFlight.remove(index) != nil
        defer { advance() }
        guard !written[index] else { return nil }
        let range = offer.layout.range(of: index)
        do throws(TransferError) {
            guard bytes.count == Int(range.upperBound - range.lowerBound) else {
                throw TransferError(.segmentLength, at: index)
            }
            guard isGenuine(bytes, index) else { throw TransferError(.segmentContent, at: index) }
        } catch {
            if wasAsked { cursor = min(cursor, index) }
            throw error
        }
        written[index] = true
        unsaved += 1
        return range.lowerBound
    }

    /// Notes that everything written before the last `.synchronize` is durable.
    public mutating func didSynchronize() {
        guard let claimed = isSynchronizing else { return }
        isSynchronizing = nil
        synchronized = claimed
        outputs.append(.saveState(state.encoded(using: hash)))
        advance()
    }

    /// Takes a segment that was read back.
    ///
    /// - Throws: ``TransferError`` when it is not the one that ``Output/readBack(index:range:)``
    ///   asked for. A segment that is not genuine is no error: it is asked for again.
    public mutating func check(
        _ bytes: Span<UInt8>,
        segment index: UInt64
    ) throws(TransferError) {
        guard case .readingBack(let next) = phase, next == index else {
            throw TransferError(.unexpected, at: index)
        }
        let range = offer.layout.range(of: index)
        let isFinal = index == segmentCount - 1
        let isWhole = bytes.count == Int(range.upperBound - range.lowerBound)
        guard isWhole, isGenuine(bytes, index) else { return fetchAgain(index) }
        if !offer.seal.isEmpty {
            let leaf = hash.leaf(bytes, index: index, isFinal: isFinal)
            accumulator.append(leaf, using: hash)
        }
        guard isFinal else {
            phase = .readingBack(next: index + 1)
            return readBack(index + 1)
        }
        guard offer.seal.isEmpty || accumulator.root(using: hash) == offer.root else {
            // Nothing tells which segment is wrong: all of them are discarded.
            written = SegmentBitmap(count: segmentCount)
            synchronized = written
            outputs.append(.saveState(state.encoded(using: hash)))
            phase = .failed(TransferError(.root, at: 0))
            return
        }
        phase = .done
        outputs.append(.install)
    }

    /// Forgets what is in flight, after a lost connection or a timeout: it is asked for again.
    public mutating func requestMissing() {
        guard phase == .receiving else { return }
        inFlight = []
        cursor = 0
        advance()
    }

    /// Takes the oldest output; call until `nil`.
    public mutating func nextOutput() -> Output? {
        guard nextIndex < outputs.count else { return nil }
        defer {
            nextIndex += 1
            if nextIndex == outputs.count {
                outputs.removeAll(keepingCapacity: true)
                nextIndex = 0
            }
        }
        return outputs[nextIndex]
    }

    // MARK: - Decisions

    /// By leaf where there is a list, else by the file's key; a relay without either learns at the
    /// end.
    private func isGenuine(_ bytes: Span<UInt8>, _ index: UInt64) -> Bool {
        let isFinal = index == segmentCount - 1
        if !offer.leaves.isEmpty {
            let at = Int(index) * 32
            guard
                hash.leaf(bytes, index: index, isFinal: isFinal)
                    == Array(offer.leaves[at..<at + 32])
            else { return false }
        }
        return authenticator?.isAuthentic(bytes, index: index, isFinal: isFinal) ?? true
    }

    private mutating func fetchAgain(_ index: UInt64) {
        written[index] = false
        synchronized[index] = false
        accumulator = RootAccumulator()
        cursor = 0
        phase = .receiving
        outputs.append(.saveState(state.encoded(using: hash)))
        advance()
    }

    private mutating func readBack(_ index: UInt64) {
        outputs.append(.readBack(index: index, range: offer.layout.range(of: index)))
    }

    private mutating func advance() {
        guard phase == .receiving else { return }
        let isDue = unsaved >= segmentsPerSave || written.isFull && unsaved > 0
        if isDue, isSynchronizing == nil {
            unsaved = 0
            isSynchronizing = written
            outputs.append(.synchronize)
        }
        if written.isFull {
            guard isSynchronizing == nil, unsaved == 0 else { return }
            phase = .readingBack(next: 0)
            accumulator = RootAccumulator()
            return readBack(0)
        }
        requestMore()
    }

    private mutating func requestMore() {
        // Half a window at a time keeps the line busy without a request for each segment.
        guard inFlight.count <= limits.window / 2 else { return }
        var wanted: [UInt64] = []
        while inFlight.count + wanted.count < limits.window,
            let next = written.firstClear(from: cursor)
        {
            cursor = next + 1
            guard !inFlight.contains(next) else { continue }
            if let first = wanted.first, next - first >= UInt64(SegmentRequest.maximumBitmap * 8) {
                cursor = next
                break
            }
            wanted.append(next)
        }
        guard let request = SegmentRequest(wanted) else { return }
        inFlight.formUnion(wanted)
        outputs.append(.request(request))
    }
}
