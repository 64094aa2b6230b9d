/// CONNECT: the client asks for a session. MQTT 5.0 §3.1, MQTT 3.1.1 §3.1
public struct Connect: Hashable, Sendable {
    /// Names the session; empty: the server chooses.
    ///
    /// MQTT 3.1 wants 1...23 characters, and MQTT 3.1.1 takes an empty one only with
    /// ``cleanStart``: the server answers these with a CONNACK, so they can be written and parsed.
    @ExactBytes public var clientIdentifier: String
    /// Whether an old session is thrown away: Clean Start, before MQTT 5.0 Clean Session.
    public var cleanStart: Bool
    /// Seconds the client may be silent; 0: as long as it likes. §3.1.2.10
    public var keepAlive: UInt16
    /// The message for the end of the connection.
    public var will: Will?
    /// Who connects.
    @ExactBytes public var userName: String?
    /// The secret that proves it.
    public var password: Password?
    /// The properties; left out before MQTT 5.0.
    public var properties: Properties
    /// The revision a received packet named; encoding takes the one it is given.
    public var protocolVersion: ProtocolVersion

    /// A CONNECT with the given fields.
    public init(
        clientIdentifier: String,
        cleanStart: Bool = true,
        keepAlive: UInt16 = 0,
        will: Will? = nil,
        userName: String? = nil,
        password: Password? = nil,
        properties: Properties = Properties(),
        protocolVersion: ProtocolVersion = .v5
    ) {
        self.clientIdentifier = clientIdentifier
        self.cleanStart = cleanStart
        self.keepAlive = keepAlive
        self.will = will
        self.userName = userName
        self.password = password
        self.properties = properties
        self.protocolVersion = protocolVersion
    }

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: ConnectView) {
        self.init(
            clientIdentifier: String(checkedUTF8: view.clientIdentifier),
            cleanStart: view.cleanStart,
            keepAlive: view.keepAlive,
            properties: view.properties.owned(),
            protocolVersion: view.protocolVersion
        )
        if let will = view.will { self.will = Will(will) }
        if let userName = view.userName { self.userName = String(checkedUTF8: userName) }
        if let password = view.password { self.password = Password([UInt8](copying: password)) }
    }
}

extension Connect: EncodablePacket {
    /// Writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        try encodeInPlace(into: &output, as: version, from: role)
    }

    /// Checks the packet and computes its lengths.
    @inline(__always)
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        // Name, level, flags, keep alive.
        var size = version == .v31 ? 12 : 10
        size += try properties.checkedSize(.connect, as: version, from: .client)
        if version == .v5, properties.contains(.authenticationData),
            !properties.contains(.authenticationMethod)
        {
            throw .authenticationMethodMissing
        }
        size += try clientIdentifier.encodedSize(.string)
        if let will { size += try will.size(as: version) }
        if let userName {
            size += try userName.encodedSize(.string)
        } else if password != nil, version < .v5 {
            throw .passwordWithoutUserName
        }
        if let password {
            guard password.bytes.count <= 0xFFFF else { throw .fieldTooLong(password.bytes.count) }
            size += 2 + password.bytes.count
        }
        return try PacketLayout(sending: .connect, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    @inline(__always)
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        let version = layout.version
        writer.fixedHeader(layout)
        writer.protocolName(version)
        writer.byte(flags)
        writer.twoByteInteger(keepAlive)
        if version == .v5 { writer.properties(properties) }
        writer.field(clientIdentifier)
        if let will {
            if version == .v5 { writer.properties(will.properties) }
            writer.field(will.topicName)
            writer.field(will.payload.span)
        }
        if let userName { writer.field(userName) }
        if let password { writer.field(password.bytes.span) }
    }

    private var flags: UInt8 {
        var flags: UInt8 = cleanStart ? 0b10 : 0
        if let will { flags |= 0b100 | will.qos.rawValue << 3 | (will.retain ? 0b10_0000 : 0) }
        if password != nil { flags |= 0x40 }
        if userName != nil { flags |= 0x80 }
        return flags
    }
}
