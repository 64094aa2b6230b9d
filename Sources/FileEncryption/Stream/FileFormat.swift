/// Which file an ``Encryptor`` writes.
public enum FileFormat: Sendable {
    /// age version 1, which other tools read; as text where `armored`.
    case age(armored: Bool)
    /// IOTSEG version 1: fixed-size segments, context, seal, sender.
    case segmented(SegmentedOptions)

    /// Binary age.
    public static var age: FileFormat { .age(armored: false) }
    /// IOTSEG with 64 KiB segments, neither sealed nor signed.
    public static var segmented: FileFormat { .segmented(SegmentedOptions()) }
}

/// How a segmented file is written.
public struct SegmentedOptions: Sendable {
    /// The ciphertext bytes of one segment.
    public var segmentSize: SegmentSize
    /// What the file is for; a reader must name the same.
    public var context: FileContext?
    /// Writes the Merkle root at the end, by which a relay without a key can check segments.
    ///
    /// Costs one BLAKE2b pass over the ciphertext. A signed file is always sealed.
    public var isSealed: Bool
    /// Who signs.
    public var sender: SigningIdentity?
    /// Bytes of plaintext where they are known: the header then promises them, and a truncated
    /// file is refused by its length alone.
    public var plaintextSize: UInt64?

    /// 64 KiB segments, no context, no seal, no sender, unknown size.
    public init(
        segmentSize: SegmentSize = .kibibytes64,
        context: FileContext? = nil,
        isSealed: Bool = false,
        sender: SigningIdentity? = nil,
        plaintextSize: UInt64? = nil
    ) {
        self.segmentSize = segmentSize
        self.context = context
        self.isSealed = isSealed
        self.sender = sender
        self.plaintextSize = plaintextSize
    }
}
