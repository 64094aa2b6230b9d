internal import FileEncryption

/// `file inspect`: what a file says about itself without any key.
public struct FileInspection: Sendable {
    /// Where the file is.
    public var input: String

    /// Looks at `input`.
    public init(_ input: String) { self.input = input }

    /// Reads the header.
    ///
    /// Nothing of it is authenticated: the lines say what the file claims.
    /// - Returns: one `name: value` a line.
    /// - Throws: ``FileToolError``.
    public func run() throws(FileToolError) -> [String] {
        var source = try openInput(input)
        var failure: SystemFailure?
        var head: [UInt8] = []
        while head.count < 2_097_152 {
            let piece = [UInt8](capacity: 65_536) { (output: inout OutputSpan<UInt8>) in
                do throws(SystemFailure) { try source.read(into: &output) } catch {
                    failure = error
                }
            }
            if let failure { throw FileToolError(.system, describe(failure.code)) }
            if piece.isEmpty { break }
            head += piece
        }
        let length = source.isRegularFile ? source.byteCount : UInt64(head.count)
        do throws(DecryptionError) {
            if head.first == 0x49 { return try segmented(head, length) }
            var isArmored = false
            if let first = head.first, first == 0x2D || first <= 0x20 {
                var decoder = ArmorDecoder()
                var bytes: [UInt8] = []
                do throws(DecryptionError) { try decoder.update(head.span, into: &bytes) } catch {
                    if bytes.isEmpty { throw error }
                }
                head = bytes
                isArmored = true
            }
            return try age(head, length, isArmored)
        } catch { throw explain(error) }
    }

    private func age(
        _ head: [UInt8],
        _ length: UInt64,
        _ isArmored: Bool
    ) throws(DecryptionError) -> [String] {
        let (header, count) = try AgeHeader.parse(head.span)
        var lines = ["format: age v1\(isArmored ? ", armored" : "")", "file bytes: \(length)"]
        lines.append("header bytes: \(count)")
        for stanza in header.stanzas {
            let type = String(decoding: stanza.type, as: UTF8.self)
            var line = "recipient: \(type)"
            if type == "scrypt", let factor = stanza.arguments.last {
                line += ", work factor \(String(decoding: factor, as: UTF8.self))"
            }
            lines.append(line)
        }
        return lines
    }

    private func segmented(_ head: [UInt8], _ length: UInt64) throws(DecryptionError) -> [String] {
        let header = try SegmentedHeader.parse(head.span)
        var lines = ["format: IOTSEG v1", "file bytes: \(length)"]
        lines.append("header bytes: \(header.length)")
        lines.append("segment bytes: \(header.segmentSize.bytes)")
        lines.append("plaintext bytes: \(header.plaintextSize.map(String.init) ?? "not said")")
        if let expected = header.fileLength {
            lines.append("complete: \(expected == length ? "yes, by its length" : "no")")
        }
        lines.append("context: \(header.contextHash.allSatisfy { $0 == 0 } ? "none" : "bound")")
        lines.append("sealed: \(header.isSealed ? "yes" : "no")")
        lines.append("sender: \(header.sender?.bech32 ?? "not signed")")
        for stanza in header.stanzas {
            switch stanza {
            case .x25519: lines.append("recipient: X25519")
            case .passphrase(_, let passes, let kibibytes, _):
                lines.append("recipient: passphrase, Argon2id \(passes) passes, \(kibibytes) KiB")
            case .unknown(let type, _): lines.append("recipient: unknown type \(type)")
            }
        }
        return lines
    }
}
