import MQTTCodec

/// Walks over the fields of one packet and prints those in front of the first wrong one.
///
/// Reads lengths itself and stops where they do not fit: the packet may be wrong behind `stop`.
struct FieldWalker: ~Escapable {
    let packet: Span<UInt8>
    let base: Int
    let stop: Int
    let version: ProtocolVersion
    let limits: PacketDump.Limits
    var position = 0
    var text = ""

    @_lifetime(copy packet)
    init(
        _ packet: Span<UInt8>,
        at base: Int,
        stop: Int,
        _ version: ProtocolVersion,
        _ limits: PacketDump.Limits
    ) {
        self.packet = packet
        self.base = base
        self.stop = stop
        self.version = version
        self.limits = limits
    }

    /// Whether another field is to be printed.
    var isOpen: Bool { position < stop && position < packet.count }

    @_lifetime(self: copy self)
    mutating func walk(_ type: PacketType) {
        fixedHeader(type)
        switch type {
        case .connect: connect()
        case .connack:
            number("connect acknowledge flags", 1)
            number("reason code", 1, isHexadecimal: true)
            properties("properties")
        case .publish:
            string("topic name")
            if packet[0] & 0b110 != 0 { number("packet identifier", 2) }
            properties("properties")
            rest("payload")
        case .puback, .pubrec, .pubrel, .pubcomp:
            number("packet identifier", 2)
            reason()
        case .subscribe, .unsubscribe:
            number("packet identifier", 2)
            properties("properties")
            while isOpen {
                string("topic filter")
                if type == .subscribe { options() }
            }
        case .suback, .unsuback:
            number("packet identifier", 2)
            properties("properties")
            while isOpen { number("reason code", 1, isHexadecimal: true) }
        case .pingreq, .pingresp: break
        case .disconnect, .auth: reason()
        }
    }

    @_lifetime(self: copy self)
    private mutating func fixedHeader(_ type: PacketType) {
        guard isOpen else { return }
        let first = packet[0]
        var words = "packet type \(first >> 4) \(type.name), flags \(first & 15)"
        if type == .publish {
            words += ": DUP \(first >> 3 & 1), QoS \(first >> 1 & 3), RETAIN \(first & 1)"
        }
        line(1, words)
        variable("remaining length")
    }

    @_lifetime(self: copy self)
    private mutating func connect() {
        string("protocol name")
        number("protocol version", 1)
        guard isOpen else { return }
        let flags = packet[position]
        var names: [String] = []
        if flags & 0x80 != 0 { names.append("user name") }
        if flags & 0x40 != 0 { names.append("password") }
        if flags & 0x20 != 0 { names.append("will retain") }
        if flags & 0x04 != 0 { names.append("will QoS \(flags >> 3 & 3)") }
        if flags & 0x02 != 0 { names.append(version == .v5 ? "clean start" : "clean session") }
        line(1, "connect flags: " + (names.isEmpty ? "none" : names.joined(separator: ", ")))
        number("keep alive", 2, unit: " s")
        properties("properties")
        string("client identifier")
        if flags & 0x04 != 0 {
            properties("will properties")
            string("will topic")
            binary("will payload")
        }
        if flags & 0x80 != 0 { string("user name") }
        if flags & 0x40 != 0 { binary("password", isSecret: true) }
    }

    @_lifetime(self: copy self)
    private mutating func reason() {
        number("reason code", 1, isHexadecimal: true)
        properties("properties")
    }

    @_lifetime(self: copy self)
    private mutating func options() {
        guard isOpen else { return }
        let options = packet[position]
        var words = "maximum QoS \(options & 3)"
        if version == .v5 {
            words += ", no local \(options >> 2 & 1), retain as published \(options >> 3 & 1)"
            words += ", retain handling \(options >> 4 & 3)"
        }
        line(1, "options: " + words)
    }

    /// The property length and every property behind it.
    @_lifetime(self: copy self)
    private mutating func properties(_ name: String) {
        guard version == .v5, isOpen, let length = variable(name + " length") else { return }
        let end = min(position + length, packet.count)
        while isOpen, position < end {
            guard let identifier = PropertyIdentifier(rawValue: packet[position]) else { return }
            property(identifier)
        }
    }

    @_lifetime(self: copy self)
    private mutating func property(_ identifier: PropertyIdentifier) {
        let label = "  " + identifier.name
        position += 1
        switch identifier {
        case .payloadFormatIndicator, .requestProblemInformation, .requestResponseInformation,
            .maximumQoS, .retainAvailable, .wildcardSubscriptionAvailable,
            .subscriptionIdentifiersAvailable, .sharedSubscriptionAvailable:
            number(label, 1, from: 1)
        case .serverKeepAlive, .receiveMaximum, .topicAliasMaximum, .topicAlias:
            number(label, 2, from: 1)
        case .messageExpiryInterval, .sessionExpiryInterval, .willDelayInterval:
            number(label, 4, unit: " s", from: 1)
        case .maximumPacketSize: number(label, 4, from: 1)
        case .subscriptionIdentifier: variable(label, from: 1)
        case .correlationData: binary(label, from: 1)
        case .authenticationData: binary(label, isSecret: true, from: 1)
        case .userProperty:
            string(label + " name", from: 1)
            string(label + " value")
        default: string(label, from: 1)
        }
    }
}
