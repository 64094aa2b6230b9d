extension SegmentedHeader {
    /// How many bytes a header takes, from its first 16 bytes.
    ///
    /// - Returns: `nil` with fewer bytes.
    /// - Throws: ``DecryptionError`` when those bytes are wrong; the length is at most 128 KiB.
    public static func length(
        from bytes: Span<UInt8>
    ) throws(DecryptionError) -> Int? {
        for i in 0..<min(8, bytes.count) where bytes[i] != magic[i] {
            throw DecryptionError(.header(i == 7 ? .unsupportedVersion : .unknownFormat), at: i)
        }
        guard bytes.count >= 16 else { return nil }
        guard let size = SegmentSize(rawValue: bytes[8]) else {
            throw DecryptionError(.header(.segmentSize), at: 8)
        }
        let segments = Int(bytes.littleEndian(UInt16.self, at: 10))
        let most = fixedBytes + maximumStanzas * (4 + maximumUnknownBody) + 32
        guard segments >= 1, segments <= min(16, headerSegments(for: most, size)) else {
            throw DecryptionError(.header(.headerSegments), at: 10)
        }
        return segments * size.bytes
    }

    /// Parses a whole header.
    ///
    /// - Parameter bytes: the file from its first byte on; may go on after the header.
    /// - Returns: the header; its ``length`` says how many bytes it took.
    /// - Throws: ``DecryptionError`` with the offset of the field that is wrong.
    /// - Complexity: O(header bytes), at most 128 KiB.
    public static func parse(_ bytes: Span<UInt8>) throws(DecryptionError) -> SegmentedHeader {
        guard let length = try length(from: bytes), bytes.count >= length else {
            throw DecryptionError(.header(.truncated), at: bytes.count)
        }
        guard let size = SegmentSize(rawValue: bytes[8]) else {
            throw DecryptionError(.header(.segmentSize), at: 8)
        }
        let flags = bytes[9]
        guard flags == 0 || flags == 1 || flags == 3 else {
            throw DecryptionError(.header(.flags), at: 9)
        }
        let count = Int(bytes.littleEndian(UInt16.self, at: 12))
        guard (1...maximumStanzas).contains(count) else {
            throw DecryptionError(.header(.stanzaCount), at: 12)
        }
        guard bytes[14] == 0, bytes[15] == 0 else {
            throw DecryptionError(.header(.padding), at: 14)
        }
        let sender = bytes.array(88..<120)
        guard (flags == 3) == sender.contains(where: { $0 != 0 }) else {
            throw DecryptionError(.header(.senderKey), at: 88)
        }
        let plaintextSize = bytes.littleEndian(UInt64.self, at: 16)
        if plaintextSize != unknownSize {
            let plain = UInt64(size.bytes - ChunkCipher.tagBytes)
            guard plaintextSize <= plain * maximumSegments else {
                throw DecryptionError(.header(.plaintextSize), at: 16)
            }
        }
        let (stanzas, end) = try parseStanzas(bytes.extracting(0..<length), count: count)
        guard end + 32 <= length, headerSegments(for: end + 32, size) * size.bytes == length else {
            throw DecryptionError(.header(.headerSegments), at: 10)
        }
        for i in end + 32..<length where bytes[i] != 0 {
            throw DecryptionError(.header(.padding), at: i)
        }
        return SegmentedHeader(
            segmentSize: size,
            isSealed: flags & 1 != 0,
            plaintextSize: plaintextSize == unknownSize ? nil : plaintextSize,
            headerSegments: length / size.bytes,
            fileID: bytes.array(24..<56),
            contextHash: bytes.array(56..<88),
            sender: flags == 3 ? SenderKey(checked: sender) : nil,
            stanzas: stanzas,
            commitment: bytes.array(end..<end + 32)
        )
    }

    private static func parseStanzas(
        _ bytes: Span<UInt8>,
        count: Int
    ) throws(DecryptionError) -> ([Stanza], end: Int) {
        var stanzas: [Stanza] = []
        stanzas.reserveCapacity(count)
        var at = fixedBytes
        var shares = Set<[UInt8]>()
        for _ in 0..<count {
            guard at + 4 <= bytes.count else {
                throw DecryptionError(.header(.headerSegments), at: 10)
            }
            let size = Int(bytes.littleEndian(UInt16.self, at: at + 2))
            guard at + 4 + size <= bytes.count else {
                throw DecryptionError(.header(.length), at: at + 2)
            }
            let stanza = try parseStanza(
                type: bytes.littleEndian(UInt16.self, at: at),
                bytes.extracting(at + 4..<at + 4 + size),
                offset: at
            )
            switch stanza {
            case .x25519(let share, _):
                guard shares.insert(share).inserted else {
                    throw DecryptionError(.header(.repeatedShare), at: at)
                }
            case .passphrase:
                guard count == 1 else {
                    throw DecryptionError(.header(.passphraseNotAlone), at: at)
                }
            case .unknown: break
            }
            stanzas.append(stanza)
            at += 4 + size
        }
        return (stanzas, at)
    }

    private static func parseStanza(
        type: UInt16,
        _ body: Span<UInt8>,
        offset: Int
    ) throws(DecryptionError) -> Stanza {
        switch type {
        case 1:
            guard body.count == 80 else {
                throw DecryptionError(.header(.length), at: offset + 2)
            }
            return .x25519(share: body.array(0..<32), box: body.array(32..<80))
        case 2:
            guard body.count == 72 else {
                throw DecryptionError(.header(.length), at: offset + 2)
            }
            let passes = body.littleEndian(UInt32.self, at: 16)
            let kibibytes = body.littleEndian(UInt32.self, at: 20)
            guard passes >= 1, kibibytes >= 8 else {
                throw DecryptionError(.header(.passwordCost), at: offset + 20)
            }
            return .passphrase(
                salt: body.array(0..<16),
                passes: passes,
                kibibytes: kibibytes,
                box: body.array(24..<72)
            )
        default:
            guard body.count <= maximumUnknownBody else {
                throw DecryptionError(.header(.length), at: offset + 2)
            }
            return .unknown(type: type, body: body.array(0..<body.count))
        }
    }
}
