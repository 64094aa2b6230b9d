import MQTTCodec

/// Properties of MQTTCodec over any bytes.
///
/// The first byte chooses version (two bits) and sender (one bit); the rest is the input.
enum MQTTCodecEntry {
    private static func choose(_ first: UInt8) -> (ProtocolVersion, Role) {
        let versions: [ProtocolVersion] = [.v5, .v311, .v31, .v5]
        return (versions[Int(first & 3)], first & 4 == 0 ? .client : .server)
    }

    /// The bytes behind the first one, or `nil` for an empty input.
    private static func split(
        _ input: UnsafeRawBufferPointer
    ) -> (version: ProtocolVersion, role: Role, bytes: [UInt8])? {
        guard let first = input.first else { return nil }
        let (version, role) = choose(first)
        return (version, role, [UInt8](input.dropFirst()))
    }

    /// A stream gives the same packets and the same error in pieces of any size, each packet that is
    /// taken can be read whole, and its parts lie inside.
    static func decode(_ input: UnsafeRawBufferPointer) {
        guard let (version, role, bytes) = split(input) else { return }
        // One packet without a stream around it.
        inspect(bytes.span, version, role)
        // The rest of the first byte chooses the size of the pieces.
        let size = 1 + Int(input[0] >> 3)
        let whole = run(bytes, pieces: max(1, bytes.count), version, role)
        let pieces = run(bytes, pieces: size, version, role)
        precondition(whole.0 == pieces.0 && whole.1 == pieces.1, "chunking changes the result")
        precondition(whole.2 == pieces.2, "chunking changes what is stored")
    }

    private static func run(
        _ bytes: [UInt8],
        pieces: Int,
        _ version: ProtocolVersion,
        _ role: Role
    ) -> (UInt64, PacketError?, Int) {
        var framer = PacketFramer(
            from: role,
            limits: .init(maximumPacketSize: 2_000, maximumConnectSize: 500)
        )
        framer.version = version
        var buffer = PacketBuffer(framer)
        var mark: UInt64 = 0xCBF2_9CE4_8422_2325
        var start = 0
        do throws(PacketError) {
            while start < bytes.count {
                let end = min(bytes.count, start + pieces)
                try buffer.receive(bytes.span.extracting(start..<end)) {
                    (packet: Span<UInt8>, _) throws(PacketError) in
                    mark = (mark ^ UInt64(packet.count)) &* 0x100_0000_01B3
                    for index in packet.indices {
                        mark = (mark ^ UInt64(packet[index])) &* 0x100_0000_01B3
                    }
                    _ = try ControlPacketView(packet, as: version, from: role)
                }
                start = end
            }
        } catch {
            return (mark, error, 0)
        }
        precondition(buffer.storedCount <= 2_000, "more is stored than the limit")
        return (mark, nil, buffer.storedCount)
    }

    /// Parses one packet and reads everything in it.
    private static func inspect(_ bytes: Span<UInt8>, _ version: ProtocolVersion, _ role: Role) {
        do throws(PacketError) {
            let view = try ControlPacketView(bytes, as: version, from: role)
            switch view {
            case .publish(let publish):
                precondition(publish.payloadOffset + publish.payload.count == bytes.count)
                try? publish.checkPayloadFormat()
                walk(publish.properties, bytes.count)
            case .connect(let connect):
                walk(connect.properties, bytes.count)
                if let will = connect.will { walk(will.properties, bytes.count) }
            case .subscribe(let subscribe):
                var cursor = subscribe.makeCursor()
                var count = 0
                while let next = cursor.next() {
                    precondition(!next.topicFilter.isEmpty)
                    count += 1
                }
                precondition(count == subscribe.count)
            case .unsubscribe(let unsubscribe):
                var cursor = unsubscribe.makeCursor()
                var count = 0
                while cursor.next() != nil { count += 1 }
                precondition(count == unsubscribe.count)
            default: break
            }
        } catch {
            precondition((0...max(5, bytes.count)).contains(error.offset), "an offset outside")
            precondition(error.reasonCode.isError)
        }
    }

    private static func walk(_ properties: PropertiesView, _ limit: Int) {
        var cursor = properties.makeCursor()
        var last = -1
        while let next = cursor.next() {
            precondition(next.offset > last && next.offset < limit)
            precondition(properties.contains(next.identifier))
            last = next.offset
        }
        precondition(cursor.offset <= limit)
    }

    /// What is taken encodes again, decodes to the same packet, and is a fixed point from then on.
    static func roundTrip(_ input: UnsafeRawBufferPointer) {
        guard let (named, role, bytes) = split(input) else { return }
        guard let packet = try? ControlPacket(bytes.span, as: named, from: role) else { return }
        var version = named
        if case .connect(let connect) = packet { version = connect.protocolVersion }
        do throws(EncodeError) {
            let encoded = try packet.encoded(as: version, from: role)
            precondition(encoded.count <= bytes.count, "encoding is longer than what was received")
            do throws(PacketError) {
                let again = try ControlPacket(encoded.span, as: version, from: role)
                precondition(again == packet, "decode(encode(x)) is not x")
            } catch {
                preconditionFailure("refuses its own bytes: \(error)")
            }
            checkFields(encoded, version, role)
            if case .publish(let publish) = packet, !publish.topicName.isEmpty {
                try share(publish, encoded, version)
            }
        } catch {
            // Texts and properties were checked; nothing else can be wrong.
            preconditionFailure("cannot encode what was decoded: \(error)")
        }
    }

    /// Head and tail of a shared message decode to the message.
    private static func share(
        _ publish: Publish,
        _ encoded: [UInt8],
        _ version: ProtocolVersion
    ) throws(EncodeError) {
        let message = try SharedPublish(publish)
        let delivery = SharedPublish.Delivery(
            qos: publish.qos,
            packetIdentifier: publish.packetIdentifier,
            isDuplicate: publish.isDuplicate,
            retain: publish.retain,
            messageExpiryInterval: publish.properties.messageExpiryInterval,
            topicAlias: publish.properties.topicAlias
        )
        let identifiers = publish.properties.subscriptionIdentifiers
        let packet = try [UInt8](capacity: encoded.count) {
            (output: inout OutputSpan<UInt8>) throws(EncodeError) in
            try message.encodeHead(
                for: delivery,
                subscriptionIdentifiers: identifiers.span,
                into: &output,
                as: version
            )
            let tail = message.tail(as: version)
            for index in tail.indices { output.append(tail[index]) }
        }
        precondition(packet.count == encoded.count, "a shared message has another size")
        guard
            case .publish(let again)? = try? ControlPacket(packet.span, as: version, from: .server)
        else { preconditionFailure("a shared message is refused") }
        precondition(again.topicName == publish.topicName && again.payload == publish.payload)
        precondition(again.properties.byteCount == publish.properties.byteCount)
        precondition(
            again.properties.userProperties.count == publish.properties.userProperties.count
        )
    }

    /// Property lists: the pass that checks, the lazy cursor, the copies and the encoder agree.
    static func properties(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first, input.count <= 16_000 else { return }
        let bytes = [UInt8](input.dropFirst())
        let packet = holder(first, bytes)
        let role: Role = first & 8 == 0 ? .client : .server
        guard let view = try? ControlPacketView(packet.span, as: .v5, from: role) else { return }
        let list: Properties
        switch view {
        case .connect(let connect):
            guard first & 7 == 1, let will = connect.will else {
                list = connect.properties.owned()
                break
            }
            list = will.properties.owned()
        case .connack(let connack): list = connack.properties.owned()
        case .publish(let publish): list = publish.properties.owned()
        case .puback(let puback): list = puback.properties.owned()
        case .subscribe(let subscribe): list = subscribe.properties.owned()
        case .disconnect(let disconnect): list = disconnect.properties.owned()
        case .auth(let auth): list = auth.properties.owned()
        default: return
        }
        precondition(list.byteCount == bytes.count, "properties got lost")
        do throws(EncodeError) {
            let copies = Array(list)
            let again = try Properties(copies)
            precondition(again == list, "properties do not come back from their copies")
            for property in copies {
                precondition(list.contains(property.identifier), "a property is not announced")
            }
            var changed = list
            if let one = copies.first {
                try changed.set(one)
                precondition(changed.contains(one.identifier))
                changed.remove(one.identifier)
                precondition(!changed.contains(one.identifier))
            }
        } catch {
            preconditionFailure("a checked property is refused: \(error)")
        }
    }

    /// A packet whose property list is `bytes`.
    private static func holder(_ kind: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let (type, head, tail): (UInt8, StaticString, StaticString) =
            switch kind & 7 {
            case 0: (0x10, "\0\u{4}MQTT\u{5}\u{2}\0<", "\0\0")
            case 1: (0x10, "\0\u{4}MQTT\u{5}\u{6}\0<\0\0\0", "\0\u{1}w\0\0")
            case 2: (0x20, "\0\0", "")
            case 3: (0x30, "\0\u{1}t", "")
            case 4: (0x40, "\0\u{1}\0", "")
            case 5: (0x82, "\0\u{1}", "\0\u{1}f\0")
            case 6: (0xE0, "\0", "")
            default: (0xF0, "\u{18}", "")
            }
        let size = bytes.count < 0x80 ? 1 : 2
        var packet: [UInt8] = []
        packet.reserveCapacity(bytes.count + 40)
        packet.append(type)
        append(head.utf8CodeUnitCount + size + bytes.count + tail.utf8CodeUnitCount, to: &packet)
        head.withUTF8Buffer { packet.append(contentsOf: $0) }
        append(bytes.count, to: &packet)
        packet.append(contentsOf: bytes)
        tail.withUTF8Buffer { packet.append(contentsOf: $0) }
        return packet
    }

    private static func append(_ length: Int, to bytes: inout [UInt8]) {
        var rest = length
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
