/// Why received bytes are refused: one error with the two faces of MQTT 5.0 §4.13.1.
///
/// Both say which rule was broken and where the wrong field starts. ``reasonCode`` is what DISCONNECT
/// or CONNACK tells the peer in MQTT 5.0; earlier versions just close the connection.
public enum PacketError: Error, Hashable, Sendable {
    /// The bytes cannot be parsed as a packet.
    case malformed(MalformedPacket)
    /// The packet can be parsed, but is not allowed.
    case protocolError(ProtocolError)

    /// What to tell the peer: 0x81, 0x82, or a more exact code where the standard names one.
    public var reasonCode: ReasonCode {
        switch self {
        case .malformed: .malformedPacket
        case .protocolError(let error): error.reasonCode
        }
    }

    /// Bytes from the start of the fixed header to the first byte of the field that is wrong.
    public var offset: Int {
        switch self {
        case .malformed(let error): error.offset
        case .protocolError(let error): error.offset
        }
    }

    /// The conformance statement, `MQTT-1.5.4-2`, or the section, `§3.3.2.3.4`, of `version` that
    /// was broken.
    public func clause(in version: ProtocolVersion) -> String {
        switch self {
        case .malformed(let error): error.violation.clause(in: version)
        case .protocolError(let error): error.violation.clause(in: version)
        }
    }
}

extension PacketError: CustomStringConvertible {
    /// The face, the rule and the offset; never a byte of the packet's payload.
    public var description: String {
        switch self {
        case .malformed(let error):
            "malformed packet at byte \(error.offset): \(error.violation.summary)"
        case .protocolError(let error):
            "protocol error at byte \(error.offset): \(error.violation.summary)"
        }
    }
}
