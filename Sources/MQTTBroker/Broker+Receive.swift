internal import IoTTime
internal import MQTTCodec

// From bytes to packets.

extension Broker {
    /// Bytes arrived on a connection, in pieces of any size.
    ///
    /// - Parameters:
    ///   - bytes: what was read; complete packets in it are handled in place, only the beginning
    ///     of an unfinished one is copied.
    ///   - connection: where it was read.
    ///   - now: the time.
    public mutating func received(_ bytes: Span<UInt8>, on connection: ConnectionID, at now: Now) {
        let key = connection.key
        guard connections.contains(key), !bytes.isEmpty else { return }
        connections[key]?.lastHeard = now.monotonic
        counters.bytesReceived &+= UInt64(bytes.count)
        if isHeld(key) || connections[key]?.input.isEmpty == false {
            connections[key]?.input.append(copying: bytes)
            if isHeld(key) {
                checkHeldInput(key, at: now)
            } else {
                processHeldInput(key, at: now)
            }
        } else {
            let used = consume(bytes, on: key, at: now)
            if used < bytes.count, connections.contains(key) {
                connections[key]?.input = [UInt8](copying: bytes.extracting(used...))
            }
        }
        settle(at: now)
    }

    /// Handles what could not be handled when it came.
    mutating func processHeldInput(_ key: SlotKey, at now: Now) {
        guard !isHeld(key), let input = connections[key]?.input, !input.isEmpty else { return }
        connections[key]?.input = []
        let used = consume(input.span, on: key, at: now)
        guard connections.contains(key), used < input.count else { return }
        // Put back as it is while its packet is incomplete: a copy for each piece that arrives would
        // let a client that sends single bytes of a large packet take the machine's time.
        connections[key]?.input =
            used == 0 ? input : [UInt8](copying: input.span.extracting(used...))
    }

    /// True while packets of this connection have to wait: for an answer, or for the peer to read.
    private func isHeld(_ key: SlotKey) -> Bool {
        connections[key]?.awaited != nil || connections[key]?.readingIsSuspended == true
    }

    /// The transport was told to stop reading; what was on its way fits into this.
    private mutating func checkHeldInput(_ key: SlotKey, at now: Now) {
        let limit = configuration.maximumPacketSize + 1 << 20
        if connections[key]?.input.count ?? 0 > limit {
            close(key, .server(.quotaExceeded), at: now)
        }
    }

    /// Handles complete packets, one after the other.
    ///
    /// - Returns: how many bytes were used up.
    private mutating func consume(_ bytes: Span<UInt8>, on key: SlotKey, at now: Now) -> Int {
        var start = 0
        while start < bytes.count, connections.contains(key), !isHeld(key) {
            let rest = bytes.extracting(start...)
            do throws(PacketError) {
                guard let size = try frame(rest, on: key), size <= rest.count else { break }
                try handle(rest.extracting(0..<size), on: key, at: now)
                // A packet that waits for an answer is handled again from its start.
                if connections[key]?.isPacketWaiting == true { break }
                if connections[key]?.answers.isEmpty == false {
                    connections[key]?.answers.removeAll(keepingCapacity: true)
                }
                start += size
            } catch {
                refuse(error, rest, on: key, at: now)
            }
        }
        return start
    }

    /// The size of the packet at the start of `bytes`, as soon as it can be known.
    ///
    /// A first packet that is no CONNECT, and one that is too large, is refused by its header,
    /// before anything of it is stored.
    private func frame(_ bytes: Span<UInt8>, on key: SlotKey) throws(PacketError) -> Int? {
        let isFirst = connections[key]?.session == nil
        let isAuthenticating = isFirst && connections[key]?.authentication?.stage == .connecting
        if isFirst, let type = PacketType(rawValue: bytes[0] >> 4),
            isAuthenticating ? type != .auth && type != .disconnect : type != .connect
        {
            throw .protocolError(ProtocolError(.firstPacket(type), at: 0))
        }
        guard let header = try FixedHeader(reading: bytes) else { return nil }
        let limit =
            isFirst ? configuration.maximumConnectPacketSize : configuration.maximumPacketSize
        guard header.packetSize <= limit else {
            throw .protocolError(
                ProtocolError(
                    .packetTooLarge(
                        size: UInt32(clamping: header.packetSize),
                        limit: UInt32(clamping: limit)
                    ),
                    at: 0
                )
            )
        }
        return header.packetSize
    }

    private mutating func handle(
        _ bytes: Span<UInt8>,
        on key: SlotKey,
        at now: Now
    ) throws(PacketError) {
        guard let version = connections[key]?.version else { return }
        switch try ControlPacketView(bytes, as: version, from: .client) {
        case .connect(let packet): try connect(packet, bytes, on: key, at: now)
        case .publish(let packet): publish(packet, bytes, on: key, at: now)
        case .puback(let packet): puback(packet, on: key, at: now)
        case .pubrec(let packet): pubrec(packet, on: key, at: now)
        case .pubrel(let packet): pubrel(packet, on: key, at: now)
        case .pubcomp(let packet): pubcomp(packet, on: key, at: now)
        case .subscribe(let packet): subscribe(packet, on: key, at: now)
        case .unsubscribe(let packet): unsubscribe(packet, on: key, at: now)
        case .pingreq:
            let pingresp: [2 of UInt8] = [0xD0, 0x00]
            sendControl(pingresp.span, isStateless: true, on: key, at: now)
        case .disconnect(let packet): disconnect(packet, on: key, at: now)
        case .auth(let packet): authenticate(packet, on: key, at: now)
        case .connack, .suback, .unsuback, .pingresp:
            // The codec refuses what only a server sends.
            violate(.protocolError, "§2.1.2", on: key, at: now)
        }
    }

    /// Ends a connection whose peer sent something that is no packet, or not allowed; `bytes` begin
    /// with it.
    private mutating func refuse(
        _ error: PacketError,
        _ bytes: Span<UInt8>,
        on key: SlotKey,
        at now: Now
    ) {
        guard let connection = connections[key] else { return }
        var version = connection.version
        if connection.session == nil { version = refuseConnect(error, bytes, on: key, at: now) }
        close(
            key,
            .violation(error.reasonCode, offset: error.offset, rule: error.clause(in: version)),
            at: now
        )
    }

    /// Answers a CONNECT that cannot be accepted, if the version it names has an answer for it.
    /// [MQTT-3.1.2-2] [MQTT-3.2.2-6]
    private mutating func refuseConnect(
        _ error: PacketError,
        _ bytes: Span<UInt8>,
        on key: SlotKey,
        at now: Now
    ) -> ProtocolVersion {
        if connections[key]?.authentication != nil {
            sendConnack(error.reasonCode, as: .v5, on: key, at: now)
            return .v5
        }
        if let named = ProtocolVersion(namedBy: bytes) {
            if named == .v5 { sendConnack(error.reasonCode, as: named, on: key, at: now) }
            return named
        }
        if case .protocolError(let error) = error,
            case .protocolVersion(let level) = error.violation
        {
            let version: ProtocolVersion = level > 5 ? .v5 : .v311
            sendConnack(.unsupportedProtocolVersion, as: version, on: key, at: now)
            return version
        }
        return .v311
    }

    /// Ends a connection whose peer broke a rule that only shows in the session.
    mutating func violate(
        _ code: ReasonCode,
        _ rule: String,
        offset: Int = 0,
        on key: SlotKey,
        at now: Now
    ) {
        close(key, .violation(code, offset: offset, rule: rule), at: now)
    }
}
