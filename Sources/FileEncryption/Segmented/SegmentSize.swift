/// The ciphertext bytes of one segment of a segmented file.
public enum SegmentSize: UInt8, CaseIterable, Hashable, Sendable {
    /// 4 096 bytes: small devices.
    case kibibytes4 = 12
    /// 16 384 bytes.
    case kibibytes16 = 14
    /// 65 536 bytes: the default.
    case kibibytes64 = 16
    /// 131 072 bytes: one MQTT request's worth.
    case kibibytes128 = 17

    /// The size in bytes.
    public var bytes: Int { 1 << Int(rawValue) }
}
