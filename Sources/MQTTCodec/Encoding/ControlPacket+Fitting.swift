extension ControlPacket {
    /// The packet as it may be sent to an end that takes packets of a limited size.
    ///
    /// User properties, then the reason string, are left out where the packet would be too large
    /// with them: [MQTT-3.2.2-19], [MQTT-3.2.2-20], [MQTT-3.4.2-2], [MQTT-3.4.2-3] and their siblings
    /// of PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT and AUTH. Other packets, the message
    /// of PUBLISH above all, are never shortened.
    /// - Parameters:
    ///   - maximumPacketSize: bytes the receiver takes, from its Maximum Packet Size.
    ///   - version: the revision to write.
    ///   - role: the end that sends.
    /// - Returns: `nil` where the packet is too large even so, and must not be sent.
    /// - Throws: ``EncodeError`` where the packet cannot be written at all.
    public func fitting(
        _ maximumPacketSize: Int,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> ControlPacket? {
        if try encodedSize(as: version, from: role) <= maximumPacketSize { return self }
        guard version == .v5 else { return nil }
        var shorter = self
        for identifier in [PropertyIdentifier.userProperty, .reasonString] {
            guard shorter.removeOptional(identifier) else { return nil }
            if try shorter.encodedSize(as: version, from: role) <= maximumPacketSize {
                return shorter
            }
        }
        return nil
    }

    /// Removes a property that may be left out.
    ///
    /// - Returns: whether the packet is one whose properties may be.
    private mutating func removeOptional(_ identifier: PropertyIdentifier) -> Bool {
        switch self {
        case .connack(var packet):
            packet.properties.remove(identifier)
            self = .connack(packet)
        case .puback(var packet):
            packet.properties.remove(identifier)
            self = .puback(packet)
        case .pubrec(var packet):
            packet.properties.remove(identifier)
            self = .pubrec(packet)
        case .pubrel(var packet):
            packet.properties.remove(identifier)
            self = .pubrel(packet)
        case .pubcomp(var packet):
            packet.properties.remove(identifier)
            self = .pubcomp(packet)
        case .suback(var packet):
            packet.properties.remove(identifier)
            self = .suback(packet)
        case .unsuback(var packet):
            packet.properties.remove(identifier)
            self = .unsuback(packet)
        case .disconnect(var packet):
            packet.properties.remove(identifier)
            self = .disconnect(packet)
        case .auth(var packet):
            packet.properties.remove(identifier)
            self = .auth(packet)
        default: return false
        }
        return true
    }
}
