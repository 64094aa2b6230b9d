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
        let lines = Array(canonical).filter { $0 != 0x0D }
        precondition(lines == Array(again.dropLast()), "not canonical")
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
        guard let header = try? SegmentedHeader.parse(bytes.span) else {
            return
        }
        precondition(header.encoded == Array(bytes[..<header.length]), "not canonical")
        if let length = header.fileLength { precondition(length >= UInt64(header.length)) }
        let policy = DecryptionPolicy(limits: limits)
        let plain = try? Decryptor.decrypt(bytes.span, with: [], policy: policy)
        precondition(plain == nil, "opened without a key")
    }

    private static let plain = (0..<9_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private static let sample: [UInt8] = {
        let key = Recipient.passphrase(
            SecureBytes(copying: [0x70, 0x77].span),
            cost: PasswordCost(argon2Passes: 1, argon2Kibibytes: 8)
        )
        let options = SegmentedOptions(segmentSize: .kibibytes4, isSealed: true)
        return (try? Encryptor.encrypt(plain.span, as: .segmented(options), to: [key])) ?? []
    }()

    /// Takes the input for a list of edits to a file whose key is known: what was changed is
    /// refused, and what a stream released of it is a prefix of the plaintext.
    static func segmentedEdits(_ raw: UnsafeRawBufferPointer) {
        let edits = array(raw)
        var file = sample
        var at = 0
        while at + 4 <= edits.count, at < 40 {
            let offset = (Int(edits[at + 1]) << 8 | Int(edits[at + 2])) % (file.count + 1)
            let value = edits[at + 3]
            switch edits[at] % 4 {
            case 0: if offset < file.count { file[offset] ^= value }
            case 1: file.removeLast(min(file.count, offset))
            case 2: file.append(contentsOf: file.suffix(Int(value)))
            default:
                let a = 1 + Int(value) % 3
                if file.count >= (a + 1) * 4_096 {
                    let segment = Array(file[a * 4_096..<(a + 1) * 4_096])
                    file.replaceSubrange(4_096..<8_192, with: segment)
                }
            }
            at += 4
        }
        var decryptor = Decryptor(
            identities: identities,
            policy: DecryptionPolicy(limits: limits)
        )
        var failed = false
        let released = [UInt8](capacity: 2 * Decryptor.outputBound(for: file.count)) { output in
            do {
                try decryptor.update(file.span, into: &output)
                _ = try decryptor.finish(into: &output)
            } catch { failed = true }
        }
        precondition(released == Array(plain.prefix(released.count)), "released other bytes")
        precondition(failed == (file != sample), "an edit passed, or the file was refused")
    }
}
