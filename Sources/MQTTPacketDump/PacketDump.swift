public import MQTTCodec

/// The packets of a capture as text: field by field, each with its offset, up to the first byte that
/// breaks a rule.
///
/// Passwords and authentication data appear with their length only; control characters are escaped,
/// so that the text is safe on a terminal.
public struct PacketDump: Hashable, Sendable {
    /// The lines, each with a line feed.
    public private(set) var text = ""
    /// Packets that were printed whole.
    public private(set) var packetCount = 0
    /// What the first wrong packet is refused with; `nil` where all is well.
    ///
    /// Its offset counts from the start of that packet.
    public private(set) var error: PacketError?
    /// Bytes from the start of the capture to the first byte that is wrong, or that is missing.
    public private(set) var errorOffset: Int?

    /// Prints a capture.
    ///
    /// - Parameters:
    ///   - capture: packets one after the other, of one direction or of both.
    ///   - role: the end that sent them; `nil`: whichever may send each packet.
    ///   - version: the revision until a CONNECT names another one.
    ///   - limits: how much of long fields is shown.
    /// - Complexity: O(*n*) in the bytes of the capture.
    public init(
        _ capture: Span<UInt8>,
        from role: Role? = nil,
        as version: ProtocolVersion = .v5,
        limits: Limits = Limits()
    ) {
        var version = version
        var position = 0
        while position < capture.count, error == nil {
            let rest = capture.extracting(position...)
            guard let size = frame(rest, at: position, version) else { return }
            let packet = rest.extracting(0..<size)
            if packet[0] >> 4 == PacketType.connect.rawValue,
                let named = ProtocolVersion(namedBy: packet)
            {
                version = named
            }
            print(packet, at: position, version, role, limits)
            position += size
        }
    }

    /// How much of long fields is shown.
    public struct Limits: Hashable, Sendable {
        /// Bytes of a payload or binary field, default 32.
        public var shownBytes: Int
        /// Bytes of a text, default 256.
        public var shownText: Int

        /// Limits in bytes.
        public init(shownBytes: Int = 32, shownText: Int = 256) {
            self.shownBytes = shownBytes
            self.shownText = shownText
        }
    }

    /// Bytes of the packet at the start of `rest`, or `nil` after an error was noted.
    private mutating func frame(
        _ rest: Span<UInt8>,
        at position: Int,
        _ version: ProtocolVersion
    ) -> Int? {
        do throws(PacketError) {
            guard let header = try FixedHeader(reading: rest) else {
                throw .malformed(
                    .init(.truncated(needed: 2, available: UInt32(clamping: rest.count)), at: 0)
                )
            }
            guard header.packetSize <= rest.count else {
                line(position, "\(header.packetType.name), \(header.packetSize) bytes, cut off")
                throw .malformed(
                    .init(
                        .truncated(
                            needed: UInt32(clamping: header.packetSize),
                            available: UInt32(clamping: rest.count)
                        ),
                        at: rest.count
                    )
                )
            }
            return header.packetSize
        } catch {
            note(error, at: position, pointing: position + error.offset, version)
            return nil
        }
    }

    /// Prints one whole packet.
    private mutating func print(
        _ packet: Span<UInt8>,
        at position: Int,
        _ version: ProtocolVersion,
        _ role: Role?,
        _ limits: Limits
    ) {
        guard let type = PacketType(rawValue: packet[0] >> 4) else { return }
        let sender = role ?? Self.sender(of: packet, type, version)
        line(position, "\(type.name) from \(sender), \(packet.count) bytes")
        var refused: PacketError?
        do throws(PacketError) {
            _ = try ControlPacketView(packet, as: version, from: sender)
        } catch {
            refused = error
        }
        var fields = FieldWalker(
            packet,
            at: position,
            stop: refused?.offset ?? packet.count,
            version,
            limits
        )
        fields.walk(type)
        text += fields.text
        if let refused {
            let place = position + refused.offset + refused.indexInField(of: packet)
            note(refused, at: position, pointing: place, version)
        } else {
            packetCount += 1
        }
    }

    /// Whoever may send the packet; of both ends the one from which it is valid.
    private static func sender(
        of packet: Span<UInt8>,
        _ type: PacketType,
        _ version: ProtocolVersion
    ) -> Role {
        guard type.isSent(by: .client, as: version) else { return .server }
        guard type.isSent(by: .server, as: version) else { return .client }
        let isFromClient = (try? ControlPacketView(packet, as: version, from: .client)) != nil
        let isFromServer = (try? ControlPacketView(packet, as: version, from: .server)) != nil
        return isFromServer && !isFromClient ? .server : .client
    }

    private mutating func line(_ offset: Int, _ words: String) {
        text += FieldWalker.number(offset) + "  " + words + "\n"
    }

    private mutating func note(
        _ error: PacketError,
        at position: Int,
        pointing place: Int,
        _ version: ProtocolVersion
    ) {
        self.error = error
        errorOffset = place
        text += "  " + FieldWalker.number(place) + "  ^^ here: \(error)"
        text += " [\(error.clause(in: version)) of MQTT \(version.number)]"
        text += ", reason code \(error.reasonCode)\n"
    }
}

extension ProtocolVersion {
    /// The number people say.
    var number: String {
        switch self {
        case .v31: "3.1"
        case .v311: "3.1.1"
        case .v5: "5.0"
        }
    }
}

extension PacketError {
    /// Bytes from the field that is wrong to the byte that is, where a text says so.
    fileprivate func indexInField(of packet: Span<UInt8>) -> Int {
        guard case .malformed(let error) = self else { return 0 }
        let index: UInt32
        switch error.violation {
        case .illFormedUTF8(let at), .nullCharacter(let at), .wildcardInTopicName(let at),
            .wildcardPlacement(let at):
            index = at
        case .truncated(_, let available):
            return min(Int(available), packet.count - error.offset)
        default: return 0
        }
        // Behind the two bytes of the field's length.
        return 2 + Int(index)
    }
}
