import MQTTCodec
import Testing

/// Bytes written as hexadecimal text with any spacing; `'text'` stands for its UTF-8.
func hex(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    var digit: UInt8?
    var isQuoted = false
    for character in text {
        if character == "'" {
            isQuoted.toggle()
        } else if isQuoted {
            result += Array(String(character).utf8)
        } else if let value = character.hexDigitValue {
            if let high = digit {
                result.append(high << 4 | UInt8(value))
                digit = nil
            } else {
                digit = UInt8(value)
            }
        }
    }
    precondition(digit == nil, "half a byte in \(text)")
    return result
}

/// A packet whose remaining length is filled in.
func packet(_ first: UInt8, _ body: String) -> [UInt8] {
    let bytes = hex(body)
    precondition(bytes.count < 128)
    return [first, UInt8(bytes.count)] + bytes
}

func decode(
    _ bytes: [UInt8],
    as version: ProtocolVersion = .v5,
    from role: Role = .client
) throws(PacketError) -> ControlPacket {
    try ControlPacket(bytes.span, as: version, from: role)
}

/// What a packet is refused with, or `nil`.
func refusal(
    _ bytes: [UInt8],
    as version: ProtocolVersion = .v5,
    from role: Role = .client
) -> PacketError? {
    do throws(PacketError) {
        _ = try decode(bytes, as: version, from: role)
        return nil
    } catch {
        return error
    }
}

func malformed(_ violation: MalformedPacket.Violation, _ offset: Int) -> PacketError {
    .malformed(MalformedPacket(violation, at: offset))
}

func protocolError(_ violation: ProtocolError.Violation, _ offset: Int) -> PacketError {
    .protocolError(ProtocolError(violation, at: offset))
}

/// A CONNECT of the given version with everything after the keep alive.
func connect(_ version: ProtocolVersion, flags: String, _ rest: String) -> [UInt8] {
    let name = version == .v31 ? "0006 'MQIsdp'" : "0004 'MQTT'"
    return packet(0x10, name + "0\(version.rawValue)" + flags + "003C" + rest)
}

/// Encodes, compares with expected bytes, decodes and compares with the packet.
func expectBytes(
    _ packet: ControlPacket,
    _ bytes: [UInt8],
    as version: ProtocolVersion = .v5,
    from role: Role = .client,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let encoded = try packet.encoded(as: version, from: role)
    #expect(encoded == bytes, sourceLocation: sourceLocation)
    #expect(
        try decode(bytes, as: version, from: role) == packet,
        sourceLocation: sourceLocation
    )
}

let before5: [ProtocolVersion] = [.v31, .v311]
