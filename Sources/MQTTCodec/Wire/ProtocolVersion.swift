/// A revision of the MQTT standard.
///
/// The raw value is the Protocol Level of CONNECT (called Protocol Version in MQTT 5.0 §3.1.2.2).
public enum ProtocolVersion: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// MQTT 3.1, protocol name `MQIsdp`.
    case v31 = 3
    /// MQTT 3.1.1, OASIS standard and ISO/IEC 20922.
    case v311 = 4
    /// MQTT 5.0.
    case v5 = 5

    /// The name that stands in front of the level in CONNECT.
    public var protocolName: String { self == .v31 ? "MQIsdp" : "MQTT" }

    /// Older revisions come first.
    @inlinable
    public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension ProtocolVersion {
    /// The version that the bytes of a CONNECT packet name, whatever else is wrong with them.
    ///
    /// For choosing the form of a refusal: MQTT 3.1.1 answers CONNACK 0x01, MQTT 5.0 CONNACK 0x84.
    /// The result is `nil` where the bytes are too short, name another protocol or another level.
    /// - Parameter connect: a packet from the first byte of its fixed header on.
    /// - Complexity: O(1).
    public init?(namedBy connect: Span<UInt8>) {
        guard let header = try? FixedHeader(reading: connect), header.packetType == .connect else {
            return nil
        }
        for version in ProtocolVersion.allCases {
            let name = version.protocolName.utf8
            var index = header.headerSize
            guard connect.count > index + 2 + name.count, connect[index] == 0,
                Int(connect[index + 1]) == name.count,
                connect[index + 2 + name.count] == version.rawValue
            else { continue }
            index += 2
            var isSame = true
            for byte in name {
                isSame = isSame && connect[index] == byte
                index += 1
            }
            if isSame {
                self = version
                return
            }
        }
        return nil
    }
}

/// One end of a connection.
public enum Role: Hashable, Sendable, CaseIterable {
    /// The end that sends CONNECT.
    case client
    /// The end that answers it.
    case server
}
