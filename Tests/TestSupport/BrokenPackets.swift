/// Packets that break a rule, with what a broker has to answer.
public enum BrokenPackets {
    /// A packet of a connected client.
    public struct Case: Sendable, CustomStringConvertible {
        /// The packet.
        public let bytes: [UInt8]
        /// What an MQTT 5 client is told; MQTT 3 has no words for it.
        public let code: UInt8
        /// What is wrong with it.
        public let description: String

        init(_ why: String, _ bytes: [UInt8], _ code: UInt8) {
            description = why
            self.bytes = bytes
            self.code = code
        }
    }

    /// What a connected MQTT 5 client must not send.
    public static let connected: [Case] = [
        Case("reserved type 0", [0x00, 0x00], 0x81),
        Case(
            "a second CONNECT",
            [0x10, 13, 0, 4, 0x4D, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 0],
            0x82
        ),
        Case("CONNACK", [0x20, 3, 0, 0, 0], 0x82),
        Case("SUBACK", [0x90, 4, 0, 1, 0, 0], 0x82),
        Case("UNSUBACK", [0xB0, 4, 0, 1, 0, 0], 0x82),
        Case("PINGRESP", [0xD0, 0], 0x82),
        Case("a length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 0x01], 0x81),
        Case("a length not in its shortest form", [0xC0, 0x80, 0x00], 0x81),
        // PUBLISH
        Case("PUBLISH with QoS 3", [0x36, 6, 0, 1, 0x61, 0, 1, 0], 0x81),
        Case("PUBLISH of QoS 0 with DUP", [0x38, 4, 0, 1, 0x61, 0], 0x81),
        Case("PUBLISH whose topic is longer than the packet", [0x30, 3, 0, 9, 0x61], 0x81),
        Case("PUBLISH without properties", [0x30, 3, 0, 1, 0x61], 0x81),
        Case("PUBLISH with ill-formed UTF-8", [0x30, 4, 0, 1, 0xFF, 0], 0x81),
        Case("PUBLISH with U+0000", [0x30, 4, 0, 1, 0x00, 0], 0x81),
        Case("PUBLISH without topic and alias", [0x30, 3, 0, 0, 0], 0x82),
        Case("PUBLISH with identifier 0", [0x32, 6, 0, 1, 0x61, 0, 0, 0], 0x82),
        Case("PUBLISH with topic alias 0", [0x30, 7, 0, 1, 0x61, 3, 0x23, 0, 0], 0x94),
        Case("PUBLISH with an alias too high", [0x30, 7, 0, 1, 0x61, 3, 0x23, 0, 99], 0x94),
        Case("PUBLISH with an unknown alias", [0x30, 6, 0, 0, 3, 0x23, 0, 1], 0x82),
        Case("PUBLISH with a subscription identifier", [0x30, 6, 0, 1, 0x61, 2, 0x0B, 1], 0x82),
        Case("PUBLISH with an unknown property", [0x30, 6, 0, 1, 0x61, 2, 0x7E, 1], 0x81),
        Case("PUBLISH with a property of CONNECT", [0x30, 7, 0, 1, 0x61, 3, 0x21, 0, 1], 0x81),
        Case(
            "PUBLISH with a property twice",
            [0x30, 8, 0, 1, 0x61, 4, 0x01, 1, 0x01, 1],
            0x82
        ),
        Case("PUBLISH with format indicator 2", [0x30, 6, 0, 1, 0x61, 2, 0x01, 2], 0x82),
        // Acknowledgements
        Case("PUBACK with flags", [0x41, 2, 0, 1], 0x81),
        Case("PUBACK that ends early", [0x40, 1, 0], 0x81),
        Case("PUBACK with identifier 0", [0x40, 2, 0, 0], 0x82),
        Case("PUBACK with an unknown reason", [0x40, 3, 0, 1, 0x01], 0x82),
        Case("PUBREC with flags", [0x52, 2, 0, 1], 0x81),
        Case("PUBREC with identifier 0", [0x50, 2, 0, 0], 0x82),
        Case("PUBREC with an unknown reason", [0x50, 3, 0, 1, 0x92], 0x82),
        Case("PUBREL without its flags", [0x60, 2, 0, 1], 0x81),
        Case("PUBREL with identifier 0", [0x62, 2, 0, 0], 0x82),
        Case("PUBREL with an unknown reason", [0x62, 3, 0, 1, 0x80], 0x82),
        Case("PUBCOMP with flags", [0x71, 2, 0, 1], 0x81),
        Case("PUBCOMP with bytes behind its end", [0x70, 5, 0, 1, 0, 0, 9], 0x81),
        // SUBSCRIBE
        Case("SUBSCRIBE without its flags", [0x80, 7, 0, 1, 0, 0, 1, 0x61, 0], 0x81),
        Case("SUBSCRIBE without a filter", [0x82, 3, 0, 1, 0], 0x82),
        Case("SUBSCRIBE with identifier 0", [0x82, 7, 0, 0, 0, 0, 1, 0x61, 0], 0x82),
        Case("SUBSCRIBE with QoS 3", [0x82, 7, 0, 1, 0, 0, 1, 0x61, 3], 0x82),
        Case("SUBSCRIBE with retain handling 3", [0x82, 7, 0, 1, 0, 0, 1, 0x61, 0x30], 0x82),
        Case("SUBSCRIBE with reserved option bits", [0x82, 7, 0, 1, 0, 0, 1, 0x61, 0x40], 0x81),
        Case("SUBSCRIBE without options", [0x82, 6, 0, 1, 0, 0, 1, 0x61], 0x81),
        Case(
            "SUBSCRIBE with subscription identifier 0",
            [0x82, 9, 0, 1, 2, 0x0B, 0, 0, 1, 0x61, 0],
            0x82
        ),
        // UNSUBSCRIBE
        Case("UNSUBSCRIBE without its flags", [0xA0, 6, 0, 1, 0, 0, 1, 0x61], 0x81),
        Case("UNSUBSCRIBE without a filter", [0xA2, 3, 0, 1, 0], 0x82),
        Case("UNSUBSCRIBE with identifier 0", [0xA2, 6, 0, 0, 0, 0, 1, 0x61], 0x82),
        Case("UNSUBSCRIBE that ends early", [0xA2, 5, 0, 1, 0, 0, 9], 0x81),
        // PINGREQ, DISCONNECT, AUTH
        Case("PINGREQ with flags", [0xC1, 0], 0x81),
        Case("PINGREQ with a payload", [0xC0, 1, 0], 0x81),
        Case("DISCONNECT with flags", [0xE1, 0], 0x81),
        Case("DISCONNECT with a server's reason", [0xE0, 1, 0x8B], 0x82),
        Case("DISCONNECT with an expiry that was 0", [0xE0, 7, 0, 5, 0x11, 0, 0, 0, 9], 0x82),
        Case(
            "AUTH without a method in CONNECT",
            [0xF0, 8, 0x18, 6, 0x15, 0, 3, 0x61, 0x62, 0x63],
            0x82
        ),
        Case("AUTH with flags", [0xF1, 0], 0x81),
        Case("AUTH without properties", [0xF0, 1, 0x18], 0x81),
    ]

    /// What a connected MQTT 3.1.1 client must not send: the connection ends without a word.
    public static let connected311: [[UInt8]] = [
        [0x00, 0x00], [0x20, 2, 0, 0], [0x36, 5, 0, 1, 0x61, 0, 1], [0x30, 3, 0, 9, 0x61],
        [0x30, 2, 0, 0], [0x32, 5, 0, 1, 0x61, 0, 0], [0x41, 2, 0, 1], [0x40, 1, 0],
        [0x40, 3, 0, 1, 0], [0x60, 2, 0, 1], [0x80, 6, 0, 1, 0, 1, 0x61, 0], [0x82, 2, 0, 1],
        [0x82, 6, 0, 1, 0, 1, 0x61, 3], [0x82, 6, 0, 1, 0, 1, 0x61, 4], [0xA2, 2, 0, 1],
        [0xC1, 0], [0xE0, 1, 0], [0xF0, 0],
    ]

    private static let name: [UInt8] = [0, 4, 0x4D, 0x51, 0x54, 0x54]

    private static func packet(_ body: [UInt8]) -> [UInt8] { [0x10, UInt8(body.count)] + body }

    /// First packets, and the whole answer to each.
    public static let connects: [(String, [UInt8], [UInt8])] = [
        ("reserved flag", packet(name + [5, 3, 0, 0, 0, 0, 0]), [0x20, 3, 0, 0x81, 0]),
        ("reserved flag, 3.1.1", packet(name + [4, 3, 0, 0, 0, 0]), []),
        ("will QoS 3", packet(name + [5, 0x1E, 0, 0, 0, 0, 0]), [0x20, 3, 0, 0x81, 0]),
        (
            "will retain without a will", packet(name + [5, 0x22, 0, 0, 0, 0, 0]),
            [0x20, 3, 0, 0x81, 0]
        ),
        ("will fields missing", packet(name + [5, 6, 0, 0, 0, 0, 0]), [0x20, 3, 0, 0x81, 0]),
        ("password alone, 3.1.1", packet(name + [4, 0x42, 0, 0, 0, 0, 0, 0]), []),
        ("ends early", packet(name + [5, 2, 0]), [0x20, 3, 0, 0x81, 0]),
        ("bytes behind the end", packet(name + [5, 2, 0, 0, 0, 0, 0, 9]), [0x20, 3, 0, 0x81, 0]),
        (
            "receive maximum 0", packet(name + [5, 2, 0, 0, 3, 0x21, 0, 0, 0, 0]),
            [0x20, 3, 0, 0x82, 0]
        ),
        (
            "maximum packet size 0",
            packet(name + [5, 2, 0, 0, 5, 0x27, 0, 0, 0, 0, 0, 0]), [0x20, 3, 0, 0x82, 0]
        ),
        (
            "a property twice",
            packet(name + [5, 2, 0, 0, 6, 0x21, 0, 1, 0x21, 0, 1, 0, 0]), [0x20, 3, 0, 0x82, 0]
        ),
        (
            "a property of PUBLISH", packet(name + [5, 2, 0, 0, 3, 0x23, 0, 1, 0, 0]),
            [0x20, 3, 0, 0x81, 0]
        ),
        (
            "authentication data alone", packet(name + [5, 2, 0, 0, 4, 0x16, 0, 1, 7, 0, 0]),
            [0x20, 3, 0, 0x82, 0]
        ),
        (
            "a method that is not offered",
            packet(name + [5, 2, 0, 0, 4, 0x15, 0, 1, 0x61, 0, 0]), [0x20, 3, 0, 0x8C, 0]
        ),
        ("version 6", packet(name + [6, 2, 0, 0, 0, 0, 0]), [0x20, 3, 0, 0x84, 0]),
        ("version 2", packet(name + [2, 2, 0, 0, 0, 0]), [0x20, 2, 0, 1]),
        ("another protocol", packet([0, 4, 0x4D, 0x51, 0x54, 0x55, 5, 2, 0, 0, 0, 0, 0]), []),
        ("fixed header flags", [0x11, 0], []),
        (
            "identifier empty with clean session 0, 3.1.1", packet(name + [4, 0, 0, 0, 0, 0]),
            [0x20, 2, 0, 2]
        ),
        ("no CONNECT", [0xC0, 0], []),
    ]
}
