/// Decrypts one file from pieces of any size, in bounded memory.
///
/// Nothing of a chunk is released before the chunk is authenticated, and the file is whole only
/// when ``finish(into:)`` has returned.
public struct Decryptor: ~Copyable {
    private let policy: DecryptionPolicy
    private var opener: FileOpener
    private var body: BodyReader?
    private var armor: ArmorDecoder?
    private var encoding: DecryptionPolicy.Encoding
    private var decoded: [UInt8] = []
    private var failure: DecryptionError?

    /// Room for a held-back chunk and the final one.
    private static let slack = 2 * 131_072 + 256

    /// Prepares to read a file of either format.
    ///
    /// - Parameters:
    ///   - identities: what may open it; each is tried on each stanza.
    ///   - policy: what is demanded of the file.
    public init(identities: [Identity], policy: DecryptionPolicy = .default) {
        self.policy = policy
        encoding = policy.encoding
        if encoding == .armored { armor = ArmorDecoder() }
        opener = FileOpener(identities: identities, policy: policy)
    }

    /// The most bytes that one call appends for `count` bytes of input.
    public static func outputBound(for count: Int) -> Int { count + slack }

    /// Decrypts the next bytes and appends the plaintext of chunks that are authentic.
    ///
    /// - Parameters:
    ///   - cipher: any number of bytes.
    ///   - output: must have room for ``outputBound(for:)``.
    /// - Throws: ``DecryptionError``; after that every call throws it again. `output` then holds
    ///   what was authentic before it.
    public mutating func update(
        _ cipher: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) {
        try checkRoom(cipher.count, output.freeCapacity)
        do throws(DecryptionError) {
            if encoding == .detected, let first = cipher.isEmpty ? nil : cipher[0] {
                let isText = first == 0x2D || first == 0x20 || (0x09...0x0D).contains(first)
                encoding = isText ? .armored : .binary
                if isText { armor = ArmorDecoder() }
            }
            guard armor != nil else { return try feed(cipher, into: &output) }
            try feedArmored(cipher, into: &output)
        } catch {
            failure = error
            throw error
        }
    }

    /// Checks the final chunk and the seal, and appends the last plaintext.
    ///
    /// - Parameter output: must have room for ``outputBound(for:)`` of zero bytes.
    /// - Returns: what the file proved.
    /// - Throws: ``DecryptionError``.
    public mutating func finish(
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) -> VerifiedFile {
        try checkRoom(0, output.freeCapacity)
        do throws(DecryptionError) {
            try armor?.finish()
            guard var reader = body.take() else { throw opener.truncated() }
            let verified = try reader.finish(into: &output, policy: policy)
            failure = DecryptionError(.finished, at: 0)
            return verified
        } catch {
            failure = error
            throw error
        }
    }

    private func checkRoom(_ count: Int, _ room: Int) throws(DecryptionError) {
        if let failure { throw failure }
        let needed = Self.outputBound(for: count)
        guard room >= needed else {
            throw DecryptionError(.outputTooSmall(needed: needed, available: room), at: 0)
        }
    }

    /// What the lines before a bad one held is read first, so that the answer does not depend on
    /// how the input is cut.
    private mutating func feedArmored(
        _ text: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) {
        decoded.removeAll(keepingCapacity: true)
        var armorFailure: DecryptionError?
        do throws(DecryptionError) { try armor?.update(text, into: &decoded) } catch {
            armorFailure = error
        }
        let bytes = decoded
        try feed(bytes.span, into: &output)
        if let armorFailure { throw armorFailure }
    }

    private mutating func feed(
        _ bytes: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) {
        var used = 0
        if body == nil {
            guard let file = try opener.feed(bytes, used: &used) else { return }
            if policy.senders != nil, !policy.allowsProvisionalOutput {
                throw DecryptionError(.sender(.provisionalOutput), at: 0)
            }
            body = BodyReader(file)
        }
        try body?.update(bytes.extracting(used..<bytes.count), into: &output)
    }
}

extension Decryptor {
    /// Decrypts a whole file in memory; nothing is returned unless all of it is authentic.
    ///
    /// - Throws: ``DecryptionError``.
    public static func decrypt(
        _ cipher: Span<UInt8>,
        with identities: [Identity],
        policy: DecryptionPolicy = .default
    ) throws(DecryptionError) -> [UInt8] {
        var policy = policy
        policy.allowsProvisionalOutput = true  // nothing is released before the end
        var bytes: [UInt8] = []
        var decryptor = Decryptor(identities: identities, policy: policy)
        try bytes.appendOutput(outputBound(for: cipher.count)) { (output) throws(DecryptionError) in
            try decryptor.update(cipher, into: &output)
        }
        try bytes.appendOutput(outputBound(for: 0)) { (output) throws(DecryptionError) in
            _ = try decryptor.finish(into: &output)
        }
        return bytes
    }
}
