import SegmentTransfer

/// Entry points over what SegmentTransfer reads from peers and from storage.
enum SegmentTransferEntry {
    /// A small mixing function in place of BLAKE2b: the parsers are under test, and a fuzzer can
    /// reach past the digest.
    private struct WeakHash: SegmentHash {
        func digest(_ label: StaticString, _ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: 32)
            digest[0] = UInt8(truncatingIfNeeded: first.count &+ second.count)
            return digest
        }
    }

    /// Resume states, offers, requests and HTTP fields: what is accepted is written back the same.
    static func resumeState(_ raw: UnsafeRawBufferPointer) {
        let bytes = [UInt8](raw)
        let limits = TransferLimits(segments: 4_096)
        let count = bytes.count > 113 ? UInt64(bytes.count - 113) * 8 : 8
        if let state = try? ResumeState(
            decoding: bytes,
            segmentCount: count,
            using: WeakHash(),
            limits: limits
        ) {
            precondition(state.encoded(using: WeakHash()) == bytes, "state is not canonical")
        }
        if let offer = try? TransferOffer(decoding: bytes, limits: limits) {
            precondition(offer.encoded == bytes, "offer is not canonical")
            _ = try? SegmentReceiver<WeakHash, NoAuthenticator>(
                offer,
                resuming: bytes,
                hash: WeakHash(),
                authenticator: nil,
                limits: limits
            )
        }
        if let request = try? SegmentRequest(decoding: bytes) {
            precondition(request.encoded == bytes, "request is not canonical")
            precondition(request.segments.count <= SegmentRequest.maximumBitmap * 8)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if case .part(let range) = HTTPRanges.decide(text, length: 1 << 40) {
            precondition(!range.isEmpty && range.upperBound <= 1 << 40, "range outside the file")
        }
        if let (range, length) = try? HTTPRanges.parseContentRange(text) {
            precondition(!range.isEmpty && range.upperBound <= length, "range outside the file")
        }
    }
}
