/// The codes a packet may carry, two words of bits: 0x00-0x3F and 0x80-0xBF.
@usableFromInline
struct ReasonCodeSet: Hashable, Sendable {
    @usableFromInline var low: UInt64
    @usableFromInline var high: UInt64

    @inlinable
    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inlinable
    @inline(__always)
    func contains(_ code: UInt8) -> Bool {
        let word = code < 0x80 ? low : high
        return code & 0x40 == 0 && word >> UInt64(code & 0x3F) & 1 != 0
    }
}

extension ReasonCode {
    /// Whether a packet of this type, sent by `role`, may carry the code in MQTT 5.0.
    ///
    /// The lists of §3.2.2.2, §3.4.2.1, §3.5.2.1, §3.6.2.1, §3.7.2.1, §3.9.3, §3.11.3, §3.14.2.1 and
    /// §3.15.2.1; DISCONNECT and AUTH say who may send each.
    public func isAllowed(in packet: PacketType, from role: Role) -> Bool {
        ReasonCodeSet(packet, from: role).contains(rawValue)
    }
}

extension ReasonCodeSet {
    /// The list of one packet; empty where the packet carries no code.
    @inline(__always)
    init(_ packet: PacketType, from role: Role) {
        switch packet {
        case .connack:
            // 0x80-0x8A, 8C, 90, 95, 97, 99-9D, 9F
            self.init(low: 1, high: 0b1011_1110_1010_0001_0001_0111_1111_1111)
        case .puback, .pubrec: self = .received
        case .pubrel, .pubcomp: self = .released
        case .suback:
            // 0x00-0x02; 80, 83, 87, 8F, 91, 97, 9E, A1, A2
            self.init(
                low: 0b111,
                high: 0b0110_0100_0000_1000_0010_1000_0000_1000_1001
            )
        case .unsuback:
            // 0x00, 0x11; 80, 83, 87, 8F, 91
            self.init(low: 1 | 1 << 17, high: 0b0010_1000_0000_1000_1001)
        case .disconnect:
            self =
                role == .client
                // 0x00, 0x04; 80-83, 90, 93-99
                ? Self(low: 0b1_0001, high: 0b0000_0011_1111_1001_0000_0000_0000_1111)
                // 0x00; 80-83, 87, 89, 8B, 8D-90, 93-A2
                : Self(low: 1, high: 0b0111_1111_1111_1111_1001_1110_1010_1000_1111)
        case .auth:
            // 0x18 from both, 0x19 from the client, 0x00 from the server.
            self.init(low: role == .client ? 1 << 24 | 1 << 25 : 1 | 1 << 24, high: 0)
        default: self.init(low: 0, high: 0)
        }
    }

    /// PUBACK and PUBREC: 0x00, 0x10; 80, 83, 87, 90, 91, 97, 99.
    @inlinable static var received: ReasonCodeSet {
        ReasonCodeSet(low: 1 | 1 << 16, high: 0b0010_1000_0011_0000_0000_1000_1001)
    }

    /// PUBREL and PUBCOMP: 0x00; 92.
    @inlinable static var released: ReasonCodeSet { ReasonCodeSet(low: 1, high: 1 << 18) }
}
