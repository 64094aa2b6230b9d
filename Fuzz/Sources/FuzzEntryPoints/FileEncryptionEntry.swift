import FileEncryption

/// Entry points over the formats of FileEncryption.
enum FileEncryptionEntry {
    private static func array(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { [UInt8](bytes) }

    /// Small limits: a fuzz run spends its time in parsers, not in scrypt.
    private static let limits = DecryptionLimits(
        headerBytes: 65_536,
        recipients: 64,
        scryptWorkFactor: 4,
        argon2Passes: 1,
        argon2Kibibytes: 8
    )

    /// What the header parser accepts it writes back byte for byte, and cut anywhere it asks for
    /// more.
    static func ageHeader(_ raw: UnsafeRawBufferPointer) {
        let bytes = array(raw)
        guard let parsed = try? AgeHeader.parse(bytes.span, limits: limits) else { return }
        precondition(parsed.header.encoded == Array(bytes[..<parsed.length]), "not canonical")
        let cut = bytes.count % parsed.length
        precondition((try? AgeHeader.parse(bytes.span.extracting(0..<cut))) == nil, "cut header")
    }

    /// What the armor decoder accepts, the encoder writes back but for white space around it; and
    /// any cut of the text gives the same answer.
    static func ageArmor(_ raw: UnsafeRawBufferPointer) {
        let text = array(raw)
        let whole = decode(text, pieces: max(1, text.count))
        let cut = decode(text, pieces: 1 + Int(text.first ?? 0) % 70)
        precondition(whole.bytes == cut.bytes && whole.error == cut.error, "depends on the cut")
        guard whole.error == nil else { return }
        var encoder = ArmorEncoder()
        var again: [UInt8] = []
        encoder.update(whole.bytes.span, into: &again)
        encoder.finish(into: &again)
        let spaces: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        var canonical = text.drop { spaces.contains($0) }
        while let last = canonical.last, spaces.contains(last) { canonical.removeLast() }
        precondition(canonical.filter { $0 != 0x0D } == again.dropLast(), "not canonical")
    }

    private static func decode(
        _ text: [UInt8],
        pieces: Int
    ) -> (bytes: [UInt8], error: DecryptionError?) {
        var decoder = ArmorDecoder()
        var bytes: [UInt8] = []
        do throws(DecryptionError) {
            var at = 0
            while at < text.count {
                let end = min(at + pieces, text.count)
                try decoder.update(text.span.extracting(at..<end), into: &bytes)
                at = end
            }
            try decoder.finish()
        } catch { return (bytes, error) }
        return (bytes, nil)
    }

    /// What decodes encodes back to the same text in lower case.
    static func bech32(_ raw: UnsafeRawBufferPointer) {
        let text = array(raw)
        guard let decoded = try? Bech32.decode(text.span) else { return }
        let again = Bech32.encode(
            prefix: String(decoding: decoded.prefix, as: UTF8.self),
            decoded.bytes.span
        )
        let lower = text.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        precondition(Array(again.utf8) == lower, "not canonical")
    }

    private static let identities: [Identity] = [
        .passphrase(SecureBytes(copying: [0x70, 0x77].span))
    ]

    /// The container's header parser writes back what it accepts; the decryptor never traps and
    /// releases nothing of a file whose key it does not have.
    static func segmentedFile(_ raw: UnsafeRawBufferPointer) {
        let bytes = array(raw)
        if let header = try? SegmentedHeader.parse(bytes.span) {
            precondition(header.encoded == Array(bytes[..<header.length]), "not canonical")
            if let length = header.fileLength { precondition(length >= UInt64(header.length)) }
        } else {
            return
        }
        let policy = DecryptionPolicy(limits: limits)
        let plain = try? Decryptor.decrypt(bytes.span, with: [], policy: policy)
        precondition(plain == nil, "opened without a key")
    }
}
