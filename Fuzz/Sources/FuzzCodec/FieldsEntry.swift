import MQTTCodec

/// The raw layer's encoders over what its own views show: `encoded` must come out again, byte for byte.
func checkFields(_ encoded: [UInt8], _ version: ProtocolVersion, _ role: Role) {
    guard let view = try? ControlPacketView(encoded.span, as: version, from: role) else {
        preconditionFailure("a view refuses its own bytes")
    }
    do throws(EncodeError) {
        let again = try [UInt8](capacity: encoded.count) {
            (output: inout OutputSpan<UInt8>) throws(EncodeError) in
            switch view {
            case .publish(let publish): try write(publish, into: &output, version, role)
            case .connect(let connect): try write(connect, into: &output, role)
            case .subscribe(let subscribe):
                try write(subscribe, encoded, into: &output, version, role)
            case .puback(let view): try write(view, .puback, into: &output, version)
            case .pubrec(let view): try write(view, .pubrec, into: &output, version)
            case .pubrel(let view): try write(view, .pubrel, into: &output, version)
            case .pubcomp(let view): try write(view, .pubcomp, into: &output, version)
            default: for byte in encoded { output.append(byte) }
            }
        }
        precondition(again == encoded, "the fields encode to other bytes")
    } catch {
        preconditionFailure("fields of a packet are refused: \(error)")
    }
}

private func write(
    _ view: PublishView,
    into output: inout OutputSpan<UInt8>,
    _ version: ProtocolVersion,
    _ role: Role
) throws(EncodeError) {
    var fields = PublishFields(
        topicName: view.topicName,
        payload: view.payload,
        qos: view.qos,
        packetIdentifier: view.packetIdentifier,
        properties: view.properties
    )
    fields.retain = view.retain
    fields.isDuplicate = view.isDuplicate
    try fields.encode(into: &output, as: version, from: role)
}

private func write(
    _ view: ConnectView,
    into output: inout OutputSpan<UInt8>,
    _ role: Role
) throws(EncodeError) {
    var will: ConnectFields.WillFields?
    if let last = view.will {
        var fields = ConnectFields.WillFields(
            topicName: last.topicName,
            payload: last.payload,
            properties: last.properties
        )
        fields.qos = last.qos
        fields.retain = last.retain
        will = fields
    }
    var fields = ConnectFields(
        clientIdentifier: view.clientIdentifier,
        will: will,
        userName: view.userName,
        password: view.password,
        properties: view.properties
    )
    fields.cleanStart = view.cleanStart
    fields.keepAlive = view.keepAlive
    try fields.encode(into: &output, as: view.protocolVersion, from: role)
}

private func write(
    _ view: SubscribeView,
    _ bytes: [UInt8],
    into output: inout OutputSpan<UInt8>,
    _ version: ProtocolVersion,
    _ role: Role
) throws(EncodeError) {
    var entries: [SubscribeFields.Entry] = []
    var cursor = view.makeCursor()
    while let one = cursor.next() {
        // The offset of an entry is that of its two bytes of length.
        let start = one.offset + 2
        entries.append(.init(range: start..<start + one.topicFilter.count, options: one.options))
    }
    let fields = SubscribeFields(
        packetIdentifier: view.packetIdentifier,
        texts: bytes.span,
        entries: entries.span,
        properties: view.properties
    )
    try fields.encode(into: &output, as: version, from: role)
}

private func write(
    _ view: AcknowledgementView,
    _ kind: Acknowledgement.Kind,
    into output: inout OutputSpan<UInt8>,
    _ version: ProtocolVersion
) throws(EncodeError) {
    let fields = AcknowledgementFields(
        packetIdentifier: view.packetIdentifier,
        reasonCode: view.reasonCode,
        properties: view.properties
    )
    try fields.encode(kind, into: &output, as: version)
}
