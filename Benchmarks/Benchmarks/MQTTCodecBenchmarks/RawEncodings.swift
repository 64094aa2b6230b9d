import MQTTCodec

/// The raw layer's encoders, from the borrowed fields of a decoded packet of the corpus.
enum RawEncodings {
    /// Writes again and again; the sum is that of all sizes and some bytes.
    @inline(__always)
    private static func repeated(
        _ count: Int,
        _ body: (inout OutputSpan<UInt8>) throws(EncodeError) -> Void
    ) -> UInt64 {
        var sum: UInt64 = 0
        let out = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)
        defer { out.deallocate() }
        for _ in 0..<count {
            var output = OutputSpan(buffer: out, initializedCount: 0)
            try? body(&output)
            sum &+= MQTTCodecBenchmarks.check(out, output.finalize(for: out))
        }
        return sum
    }

    @inline(never)
    static func publish(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        guard case .publish(let view)? = try? ControlPacketView(bytes.span, as: .v5, from: .client)
        else { return 0 }
        let fields = PublishFields(
            topicName: view.topicName,
            payload: view.payload,
            qos: view.qos,
            packetIdentifier: view.packetIdentifier,
            properties: view.properties
        )
        return repeated(count) { (output) throws(EncodeError) in
            try fields.encode(into: &output, as: .v5, from: .client)
        }
    }

    @inline(never)
    static func connect(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        guard case .connect(let view)? = try? ControlPacketView(bytes.span, as: .v5, from: .client),
            let will = view.will
        else { return 0 }
        var lastWords = ConnectFields.WillFields(
            topicName: will.topicName,
            payload: will.payload,
            properties: will.properties
        )
        lastWords.qos = will.qos
        lastWords.retain = will.retain
        var fields = ConnectFields(
            clientIdentifier: view.clientIdentifier,
            will: lastWords,
            userName: view.userName,
            password: view.password,
            properties: view.properties
        )
        fields.cleanStart = view.cleanStart
        fields.keepAlive = view.keepAlive
        return repeated(count) { (output) throws(EncodeError) in
            try fields.encode(into: &output, as: .v5, from: .client)
        }
    }

    @inline(never)
    static func subscribe(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        guard
            case .subscribe(let view)? = try? ControlPacketView(bytes.span, as: .v5, from: .client)
        else { return 0 }
        var entries: [SubscribeFields.Entry] = []
        var cursor = view.makeCursor()
        while let next = cursor.next() {
            let start = next.offset + 2
            entries.append(
                SubscribeFields.Entry(
                    range: start..<(start + next.topicFilter.count),
                    options: next.options
                )
            )
        }
        let span = bytes.span
        let list = entries.span
        let fields = SubscribeFields(
            packetIdentifier: view.packetIdentifier,
            texts: span,
            entries: list,
            properties: view.properties
        )
        return repeated(count) { (output) throws(EncodeError) in
            try fields.encode(into: &output, as: .v5, from: .client)
        }
    }

    @inline(never)
    static func puback(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        guard case .puback(let view)? = try? ControlPacketView(bytes.span, as: .v5, from: .client)
        else { return 0 }
        let fields = AcknowledgementFields(
            packetIdentifier: view.packetIdentifier,
            reasonCode: view.reasonCode,
            properties: view.properties
        )
        return repeated(count) { (output) throws(EncodeError) in
            try fields.encode(.puback, into: &output, as: .v5)
        }
    }
}
