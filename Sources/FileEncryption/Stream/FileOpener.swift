/// Reads a header of either format from pieces of any size and finds the key.
struct FileOpener: Sendable {
    private enum State: Sendable {
        case detecting
        case age(AgeHeaderParser)
        case nonce(AgeHeader, [UInt8])
        case segmented(needed: Int)
    }

    private let identities: [Identity]
    private let policy: DecryptionPolicy
    private var state = State.detecting
    private var bytes: [UInt8] = []
    private var consumed: UInt64 = 0

    init(identities: [Identity], policy: DecryptionPolicy) {
        self.identities = identities
        self.policy = policy
    }

    /// Consumes header bytes.
    ///
    /// - Parameters:
    ///   - input: the next bytes of the file.
    ///   - used: set to how many of them belong to the header.
    /// - Returns: the opened file once its header is whole.
    /// - Throws: ``DecryptionError``.
    mutating func feed(
        _ input: Span<UInt8>,
        used: inout Int
    ) throws(DecryptionError) -> OpenedFile? {
        used = 0
        while used < input.count {
            let rest = input.extracting(used..<input.count)
            switch state {
            case .detecting:
                state =
                    rest[0] == SegmentedHeader.magic[0]
                    ? .segmented(needed: 16)
                    : .age(AgeHeaderParser(limits: policy.limits))
            case .age(var parser):
                let count = try parser.feed(rest)
                used += count
                consumed += UInt64(count)
                state = parser.header.map { .nonce($0, []) } ?? .age(parser)
            case .nonce(let header, var nonce):
                let count = min(16 - nonce.count, rest.count)
                for i in 0..<count { nonce.append(rest[i]) }
                used += count
                consumed += UInt64(count)
                state = .nonce(header, nonce)
                guard nonce.count == 16 else { return nil }
                return try OpenedFile(
                    age: header,
                    nonce: nonce,
                    bodyOffset: consumed,
                    identities: identities,
                    policy: policy
                )
            case .segmented(let needed):
                let count = min(needed - bytes.count, rest.count)
                for i in 0..<count { bytes.append(rest[i]) }
                used += count
                if let opened = try segmented(needed: needed) { return opened }
            }
        }
        return nil
    }

    private mutating func segmented(needed: Int) throws(DecryptionError) -> OpenedFile? {
        guard let length = try SegmentedHeader.length(from: bytes.span) else { return nil }
        guard bytes.count == length else {
            state = .segmented(needed: length)
            return nil
        }
        let header = try SegmentedHeader.parse(bytes.span)
        return try OpenedFile(segmented: header, identities: identities, policy: policy)
    }

    /// Why the input ended too early.
    func truncated() -> DecryptionError {
        DecryptionError(.header(.truncated), at: consumed + UInt64(bytes.count))
    }
}
