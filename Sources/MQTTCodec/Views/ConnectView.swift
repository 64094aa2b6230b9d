/// A received CONNECT. MQTT 5.0 §3.1, MQTT 3.1.1 §3.1
public struct ConnectView: ~Escapable {
    private let bytes: Span<UInt8>
    /// The revision the client speaks.
    public let protocolVersion: ProtocolVersion
    /// Bits 7-0 of the connect flags.
    private let flags: UInt8
    /// Seconds the client may be silent; 0: as long as it likes. §3.1.2.10
    public let keepAlive: UInt16
    private let propertyRegion: PropertyRegion
    private let clientIdentifierRange: ByteRange
    private let willRegion: PropertyRegion
    private let willTopicRange: ByteRange
    private let willPayloadRange: ByteRange
    private let userNameRange: ByteRange
    private let passwordRange: ByteRange

    @_lifetime(copy reader)
    init(_ reader: consuming ByteReader) throws(PacketError) {
        var reader = reader
        let version = try Self.version(&reader)
        let flagsOffset = reader.position
        let flags = try reader.byte()
        try Self.check(flags, version, at: flagsOffset)
        keepAlive = try reader.twoByteInteger()
        propertyRegion = version == .v5 ? try reader.properties(.connect, from: .client) : .none
        if propertyRegion.present.contains(.authenticationData),
            !propertyRegion.present.contains(.authenticationMethod)
        {
            throw .protocolError(
                .init(
                    .authenticationMethodMissing,
                    at: reader.offset(of: .authenticationData, in: propertyRegion)
                )
            )
        }
        clientIdentifierRange = try reader.text(.string)
        if flags & 0b100 != 0 {
            willRegion = version == .v5 ? try reader.properties(.will, from: .client) : .none
            willTopicRange = try reader.text(.topicName)
            willPayloadRange = try reader.binary()
        } else {
            willRegion = .none
            willTopicRange = .absent
            willPayloadRange = .absent
        }
        // MQTT 3.1 §3.1: the remaining length takes precedence over both flags.
        let isOld = version == .v31
        userNameRange =
            flags & 0x80 == 0 || (isOld && reader.available == 0)
            ? .absent : try reader.text(.string)
        passwordRange =
            flags & 0x40 == 0 || (isOld && reader.available == 0)
            ? .absent : try reader.binary()
        try reader.finish()
        self.flags = flags
        protocolVersion = version
        bytes = reader.bytes
    }

    /// Protocol name and level.
    @inline(__always)
    @_lifetime(reader: copy reader)
    private static func version(_ reader: inout ByteReader) throws(PacketError) -> ProtocolVersion {
        let field = reader.position
        let name = try reader.binary()
        let isCurrent =
            name.count == 4 && reader.bytes.word32(at: name.start) == 0x5454_514D  // "MQTT"
        let isOld =
            name.count == 6 && reader.bytes.word32(at: name.start) == 0x7349_514D  // "MQIsdp"
            && reader.bytes[name.start + 4] == 0x64 && reader.bytes[name.start + 5] == 0x70
        guard isCurrent || isOld else { throw .protocolError(.init(.protocolName, at: field)) }
        let offset = reader.position
        let level = try reader.byte()
        guard let version = ProtocolVersion(rawValue: level), (version == .v31) == isOld else {
            throw .protocolError(.init(.protocolVersion(level), at: offset))
        }
        return version
    }

    @inline(__always)
    private static func check(
        _ flags: UInt8,
        _ version: ProtocolVersion,
        at offset: Int
    ) throws(PacketError) {
        // No reserved bit, a will with QoS 0...2 or none at all, no password without a name: nearly
        // all there are.
        let isPlain =
            flags & 1 == 0 && flags & 0b1_1000 != 0b1_1000
            && (flags & 0b100 != 0 || flags & 0b11_1000 == 0) && flags & 0xC0 != 0x40
        if !isPlain { try checkClosely(flags, version, at: offset) }
    }

    @inline(never)
    private static func checkClosely(
        _ flags: UInt8,
        _ version: ProtocolVersion,
        at offset: Int
    ) throws(PacketError) {
        let violation: MalformedPacket.Violation
        if flags & 1 != 0 {
            violation = .connectFlags(flags)
        } else if flags & 0b100 == 0, flags & 0b11_1000 != 0 {
            violation = .willFlags(flags)
        } else if flags & 0b1_1000 == 0b1_1000 {
            violation = .willQoS
        } else if version < .v5, flags & 0xC0 == 0x40 {
            violation = .passwordWithoutUserName
        } else {
            return
        }
        throw .malformed(.init(violation, at: offset))
    }

    /// Whether an old session is thrown away: Clean Start, before MQTT 5.0 Clean Session.
    public var cleanStart: Bool { flags & 0b10 != 0 }

    /// The properties of CONNECT.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }

    /// Names the session; empty: the server chooses.
    ///
    /// Well-formed UTF-8 without U+0000.
    public var clientIdentifier: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(clientIdentifierRange.range) }
    }

    /// Text, or `nil` without a user name.
    public var userName: Span<UInt8>? {
        @_lifetime(copy self)
        get { userNameRange.isAbsent ? nil : bytes.extracting(userNameRange.range) }
    }

    /// Secret bytes, or `nil` without a password.
    public var password: Span<UInt8>? {
        @_lifetime(copy self)
        get { passwordRange.isAbsent ? nil : bytes.extracting(passwordRange.range) }
    }

    /// The message for the end of the connection, or `nil`.
    public var will: WillView? {
        @_lifetime(copy self)
        get {
            guard flags & 0b100 != 0 else { return nil }
            return WillView(bytes, flags, willRegion, willTopicRange, willPayloadRange)
        }
    }

    /// A copy that outlives the bytes.
    public func owned() -> Connect { Connect(self) }
}

/// The will of a received CONNECT. MQTT 5.0 §3.1.2.5
public struct WillView: ~Escapable {
    private let bytes: Span<UInt8>
    private let flags: UInt8
    private let propertyRegion: PropertyRegion
    private let topicRange: ByteRange
    private let payloadRange: ByteRange

    @_lifetime(copy bytes)
    init(
        _ bytes: Span<UInt8>,
        _ flags: UInt8,
        _ propertyRegion: PropertyRegion,
        _ topicRange: ByteRange,
        _ payloadRange: ByteRange
    ) {
        self.bytes = bytes
        self.flags = flags
        self.propertyRegion = propertyRegion
        self.topicRange = topicRange
        self.payloadRange = payloadRange
    }

    /// The level the will is published with.
    public var qos: QoS { QoS(rawValue: flags >> 3 & 3) ?? .atMostOnce }

    /// Whether the will is published retained.
    public var retain: Bool { flags & 0b10_0000 != 0 }

    /// The topic name: text without wildcard, not empty.
    public var topicName: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(topicRange.range) }
    }

    /// The message, 0...65 535 bytes.
    public var payload: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(payloadRange.range) }
    }

    /// The will properties.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }

    /// Checks the payload where the properties say that it is text. MQTT 5.0 §3.1.3.2.3
    ///
    /// - Throws: a protocol error with ``ReasonCode/payloadFormatInvalid``.
    /// - Complexity: O(*n*) in the payload.
    public func checkPayloadFormat() throws(PacketError) {
        try checkPayload(bytes, payloadRange.start, payloadRange.count, properties)
    }

    /// A copy that outlives the bytes.
    public func owned() -> Will { Will(self) }
}

extension ByteReader {
    /// Where a property stands, for the report of an error.
    @inline(never)
    func offset(of identifier: PropertyIdentifier, in region: PropertyRegion) -> Int {
        PropertiesView(bytes, region).first(identifier)?.offset ?? region.start
    }
}

/// Refuses a payload that is promised to be text and is not.
func checkPayload(
    _ bytes: Span<UInt8>,
    _ start: Int,
    _ count: Int,
    _ properties: PropertiesView
) throws(PacketError) {
    guard properties.payloadFormatIndicator == .text else { return }
    var index = start
    let end = start + count
    // U+0000 is a character of a payload, if not of a string.
    while index < end {
        if end - index >= 8, bytes.word64(at: index) & 0x8080_8080_8080_8080 == 0 {
            index += 8
        } else if bytes[index] < 0x80 {
            index += 1
        } else {
            let size = TextCheck.sequenceSize(bytes, index, end)
            if size == 0 { throw .protocolError(.init(.payloadFormat, at: start)) }
            index += size
        }
    }
}
