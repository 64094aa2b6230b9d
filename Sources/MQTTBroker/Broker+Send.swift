internal import IoTTime
internal import MQTTCodec

// Packets of the broker's own on their way out.

extension Broker {
    /// Sends PUBACK, PUBREC, PUBREL or PUBCOMP; before MQTT 5.0 there is no code to send.
    mutating func acknowledge(
        _ type: PacketType,
        _ identifier: PacketIdentifier,
        _ code: ReasonCode,
        on key: SlotKey,
        at now: Now
    ) {
        guard let connection = connections[key] else { return }
        let isPlain = connection.version < .v5 || code == .success
        let flags: UInt8 = type == .pubrel ? 0b0010 : 0
        let number = identifier.rawValue
        let bytes: [5 of UInt8] = [
            type.rawValue << 4 | flags, isPlain ? 2 : 3, UInt8(truncatingIfNeeded: number >> 8),
            UInt8(truncatingIfNeeded: number), code.rawValue,
        ]
        sendControl(bytes.span.extracting(0..<(isPlain ? 4 : 5)), on: key, at: now)
    }

    /// Sends CONNACK, or nothing where the version has no answer for the code. [MQTT-3.2.2-6]
    mutating func sendConnack(
        _ code: ReasonCode,
        as version: ProtocolVersion,
        sessionPresent: Bool = false,
        _ properties: [Property] = [],
        on key: SlotKey,
        at now: Now
    ) {
        if version < .v5, code == .notAuthorized {
            let returnCode = denials(on: key).connectReturnCode
            let bytes: [4 of UInt8] = [0x20, 2, 0, returnCode]
            return sendControl(bytes.span, isStateless: true, on: key, at: now)
        }
        // What MQTT 3 can say about a limit that is reached.
        let code = version < .v5 && code == .quotaExceeded ? .serverUnavailable : code
        var properties = properties
        if version == .v5 { properties += Array(reference(for: code)) }
        let packet = Connack(
            sessionPresent: sessionPresent,
            reasonCode: code,
            properties: (try? Properties(properties)) ?? Properties()
        )
        guard let bytes = try? packet.encoded(as: version, from: .server) else { return }
        sendControl(bytes.span, isStateless: code.isError, on: key, at: now)
    }

    /// Sends SUBACK.
    ///
    /// MQTT 3.1 cannot refuse a filter: there the connection is closed instead.
    mutating func sendSuback(
        _ identifier: PacketIdentifier,
        _ codes: [ReasonCode],
        on key: SlotKey,
        at now: Now
    ) {
        guard let version = connections[key]?.version else { return }
        let packet = Suback(packetIdentifier: identifier, reasonCodes: codes)
        guard let bytes = try? packet.encoded(as: version, from: .server) else {
            return close(key, .server(codes.first { $0.isError } ?? .unspecifiedError), at: now)
        }
        sendControl(bytes.span, on: key, at: now)
    }

    /// Sends UNSUBACK.
    mutating func sendUnsuback(
        _ identifier: PacketIdentifier,
        _ codes: [ReasonCode],
        on key: SlotKey,
        at now: Now
    ) {
        guard let version = connections[key]?.version else { return }
        let packet = Unsuback(packetIdentifier: identifier, reasonCodes: codes)
        guard let bytes = try? packet.encoded(as: version, from: .server) else { return }
        sendControl(bytes.span, on: key, at: now)
    }

    /// Sends DISCONNECT, if the client takes packets of its size.
    mutating func sendDisconnect(_ code: ReasonCode, on key: SlotKey) {
        // A server must not say everything that a broker can mean.
        let code = code.isAllowed(in: .disconnect, from: .server) ? code : .unspecifiedError
        let packet = Disconnect(reasonCode: code, properties: reference(for: code))
        guard let bytes = try? packet.encoded(as: .v5, from: .server),
            bytes.count <= connections[key]?.maximumPacketSize ?? 0
        else { return }
        send(key) { $0.append(bytes.span) }
    }

    /// Where else to go, for the two codes that say so. §4.11
    private func reference(for code: ReasonCode) -> Properties {
        guard code == .useAnotherServer || code == .serverMoved,
            let reference = configuration.serverReference
        else { return Properties() }
        return (try? Properties([.serverReference(reference)])) ?? Properties()
    }

    /// Sends a packet that cannot be left out; a client that does not take it cannot go on.
    /// [MQTT-3.1.2-24]
    ///
    /// In durable mode it waits for what has changed so far, unless `isStateless` says that it rests
    /// on nothing.
    mutating func sendControl(
        _ bytes: Span<UInt8>,
        isStateless: Bool = false,
        on key: SlotKey,
        at now: Now
    ) {
        guard bytes.count <= connections[key]?.maximumPacketSize ?? 0 else {
            return close(key, .server(.packetTooLarge), at: now)
        }
        guard connections.contains(key) else { return }
        if isDurable, !isStateless { holdUntilStored(key) }
        let before = connections[key]?.output.byteCount ?? 0
        connections[key]?.output.append(bytes)
        noteSent(key, before)
    }

    /// Adds a PUBLISH to what a connection is sent next.
    mutating func sendPublish(
        _ packet: OutgoingPublish,
        _ identifier: PacketIdentifier?,
        isDuplicate: Bool,
        on key: SlotKey
    ) {
        guard connections.contains(key) else { return }
        if identifier != nil { holdUntilStored(key) }
        var packet = packet
        counters.sent += 1
        if connections[key]?.outgoingAliases.limit ?? 0 > 0 {
            let content = packet.content
            connections[key]?.outgoingAliases.sent(packet.alias, content.topicName)
        }
        send(key) { packet.write(identifier: identifier, isDuplicate: isDuplicate, to: &$0) }
    }

    /// Lets `write` add bytes to what the connection is sent next.
    private mutating func send(_ key: SlotKey, _ write: (inout OutboundBatch) -> Void) {
        guard var output = connections[key]?.output else { return }
        let before = output.byteCount
        connections[key]?.output = OutboundBatch()
        write(&output)
        connections[key]?.output = output
        noteSent(key, before)
    }

    /// Accounts for what was added, and stops reading from a peer that does not read.
    private mutating func noteSent(_ key: SlotKey, _ before: Int) {
        guard let after = connections[key]?.output.byteCount else { return }
        connections[key]?.unwritten += after - before
        counters.bytesSent &+= UInt64(max(0, after - before))
        if connections[key]?.isDirty == false, after > 0 {
            connections[key]?.isDirty = true
            dirty.append(key)
        }
        if connections[key]?.unwritten ?? 0 >= configuration.maximumOutboundBytes,
            connections[key]?.readingIsSuspended == false
        {
            connections[key]?.readingIsSuspended = true
            outputs.append(.suspendReading(ConnectionID(key: key)))
        }
    }
}
