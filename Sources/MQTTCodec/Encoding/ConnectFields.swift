/// A CONNECT to be written from borrowed bytes. MQTT 5.0 §3.1, MQTT 3.1.1 §3.1
///
/// ``Connect`` is the same for those who own their texts.
public struct ConnectFields: PacketFields, ~Escapable {
    /// Names the session; empty: the server chooses.
    public let clientIdentifier: Span<UInt8>
    /// Whether an old session is thrown away.
    public var cleanStart = true
    /// Seconds the client may be silent; 0: as long as it likes. §3.1.2.10
    public var keepAlive: UInt16 = 0
    /// The message for the end of the connection.
    public let will: WillFields?
    /// Who connects.
    public let userName: Span<UInt8>?
    /// The secret that proves it.
    public let password: Span<UInt8>?
    /// The properties.
    public let properties: PropertiesView

    /// A CONNECT with the given fields.
    @_lifetime(copy clientIdentifier, copy will, copy userName, copy password, copy properties)
    public init(
        clientIdentifier: Span<UInt8>,
        will: WillFields?,
        userName: Span<UInt8>?,
        password: Span<UInt8>?,
        properties: PropertiesView
    ) {
        self.clientIdentifier = clientIdentifier
        self.will = will
        self.userName = userName
        self.password = password
        self.properties = properties
    }

    /// The will of a CONNECT to be written from borrowed bytes. MQTT 5.0 §3.1.2.5
    public struct WillFields: ~Escapable {
        /// Where it is published: no wildcard, not empty.
        public let topicName: Span<UInt8>
        /// The message, at most 65 535 bytes.
        public let payload: Span<UInt8>
        /// The will properties.
        public let properties: PropertiesView
        /// The level it is published with.
        public var qos = QoS.atMostOnce
        /// Whether it is published retained.
        public var retain = false

        /// A will of QoS 0 that is not retained.
        @_lifetime(copy topicName, copy payload, copy properties)
        public init(topicName: Span<UInt8>, payload: Span<UInt8>, properties: PropertiesView) {
            self.topicName = topicName
            self.payload = payload
            self.properties = properties
        }

        @inline(__always)
        fileprivate func size(as version: ProtocolVersion) throws(EncodeError) -> Int {
            try topicName.encodedSize(.topicName) + payload.binarySize()
                + properties.checkedSize(.will, as: version, from: .client)
        }
    }

    /// Checks the fields and writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        var flags: UInt8 = cleanStart ? 0b10 : 0
        // Name, level, flags, keep alive.
        var size = version == .v31 ? 12 : 10
        size += try properties.checkedSize(.connect, as: version, from: .client)
        if version == .v5, properties.contains(.authenticationData),
            !properties.contains(.authenticationMethod)
        {
            throw .authenticationMethodMissing
        }
        size += try clientIdentifier.encodedSize(.string)
        if let will {
            size += try will.size(as: version)
            flags |= 0b100 | will.qos.rawValue << 3 | (will.retain ? 0b10_0000 : 0)
        }
        if let userName {
            size += try userName.encodedSize(.string)
            flags |= 0x80
        }
        if let password {
            size += try password.binarySize()
            flags |= 0x40
        }
        if flags & 0xC0 == 0x40, version < .v5 { throw .passwordWithoutUserName }
        let layout = try PacketLayout(
            sending: .connect,
            from: role,
            remainingLength: size,
            version
        )
        try output.writeFields(layout.packetSize) { writer in
            writer.fixedHeader(layout)
            writer.protocolName(version)
            writer.byte(flags)
            writer.twoByteInteger(keepAlive)
            if version == .v5 { writer.properties(properties) }
            writer.field(clientIdentifier)
            if let will {
                if version == .v5 { writer.properties(will.properties) }
                writer.field(will.topicName)
                writer.field(will.payload)
            }
            if let userName { writer.field(userName) }
            if let password { writer.field(password) }
        }
    }
}

extension PacketWriter {
    /// Protocol name and level.
    @inline(__always)
    mutating func protocolName(_ version: ProtocolVersion) {
        twoByteInteger(version == .v31 ? 6 : 4)
        if version == .v31 {
            fourByteInteger(0x4D51_4973)  // MQIs
            twoByteInteger(0x6470)  // dp
        } else {
            fourByteInteger(0x4D51_5454)  // MQTT
        }
        byte(version.rawValue)
    }
}
