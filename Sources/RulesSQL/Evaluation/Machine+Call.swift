internal import IoTTime
internal import JSONDocument

extension Machine {
    mutating func call(
        _ function: FunctionID,
        _ list: Operands,
        _ extra: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        let indices = list.indices
        switch function {
        case .getOrDefault: return getOrDefault(indices, code, frame, context)
        case .encode:
            // The whole payload is encoded as it was published.
            if case .payload = code.nodes[Int(code.operands[indices.lowerBound])] {
                return encodePayload(code.operands[indices.lowerBound + 1], code, frame, context)
            }
        case .newuuid: return .string(uuid(context))
        case .rand: return .number(random(context))
        case .timestamp: return .number(Numeric(context.now.milliseconds))
        default: break
        }
        var arguments: [Value] = []
        arguments.reserveCapacity(indices.count)
        for index in indices {
            arguments.append(value(code.operands[index], code, frame, context))
        }
        guard !isHalted else { return .undefined }
        if let host = hostFunction(function, arguments.count) { return ask(host, arguments, code) }
        if let value = message(function, arguments, code.version, frame, context) { return value }
        if let value = provided(function, arguments, extra, code) { return value }
        return Functions.apply(function, arguments, code.version, &scratch)
    }

    /// The first argument, or the second where the first is Null, Undefined or a call that failed.
    private mutating func getOrDefault(
        _ indices: Range<Int>,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        let result = value(code.operands[indices.lowerBound], code, frame, context)
        if case .hostCallFailed? = scratch.failure?.violation { scratch.failure = nil }
        guard !isHalted else { return .undefined }
        switch result {
        case .undefined, .null:
            return indices.count > 1
                ? value(code.operands[indices.lowerBound + 1], code, frame, context) : .undefined
        default: return result
        }
    }

    private mutating func encodePayload(
        _ scheme: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        guard case .string("base64") = value(scheme, code, frame, context) else {
            return .undefined
        }
        return scratch.string(Base64.encode(frame.payload))
    }

    // MARK: Random

    /// A UUID of version 4 (RFC 9562 §5.4) as a JSON string, with its quotes.
    mutating func uuidBytes() -> [38 of UInt8] {
        let high = draw() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = draw() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        var text = [38 of UInt8](repeating: 0x2D)
        text[0] = 0x22
        Self.write(Self.hexDigits(high >> 32), 8, at: 1, &text)
        let middle = Self.hexDigits(high & 0xFFFF_FFFF)
        Self.write(middle, 4, at: 10, &text)
        Self.write(middle >> 32, 4, at: 15, &text)
        let end = Self.hexDigits(low >> 32)
        Self.write(end, 4, at: 20, &text)
        Self.write(end >> 32, 4, at: 25, &text)
        Self.write(Self.hexDigits(low & 0xFFFF_FFFF), 8, at: 29, &text)
        text[37] = 0x22
        return text
    }

    /// The eight hexadecimal digits of 32 bits, the first in the lowest byte: all at once.
    @inline(__always)
    private static func hexDigits(_ bits: UInt64) -> UInt64 {
        // Nibbles apart, one to a byte, the first one in the lowest byte.
        var x = bits.byteSwapped >> 32
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFF
        x = (x | x << 8) & 0x00FF_00FF_00FF_00FF
        x = (x >> 4 | x << 8) & 0x0F0F_0F0F_0F0F_0F0F
        // 10 and above take 39 more, the distance from behind `9` to `a`.
        let letters = (x &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return x &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    @inline(__always)
    private static func write(
        _ digits: UInt64,
        _ count: Int,
        at position: Int,
        _ text: inout [38 of UInt8]
    ) {
        for place in 0..<count {
            text[position + place] = UInt8(truncatingIfNeeded: digits >> UInt64(place * 8))
        }
    }

    mutating func uuid(_ context: borrowing MessageContext) -> String {
        if let fixed = context.fixedUUID { return fixed }
        let text = uuidBytes()
        return Self.string(text.span, 1..<37)
    }

    private mutating func random(_ context: borrowing MessageContext) -> Numeric {
        if let fixed = context.fixedRandom { return Numeric(fixed, isInt: false) }
        let double = Double(draw() >> 11) * 0x1p-53
        return Numeric(Decimal34(double) ?? .zero, isInt: false)
    }

    // MARK: The message

    /// Functions of topic, client and properties; `nil` for the others.
    private func message(
        _ function: FunctionID,
        _ arguments: [Value],
        _ version: SQLVersion,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value? {
        func text(_ value: String?) -> Value { value.map { .string($0) } ?? .undefined }
        switch function {
        case .accountid: return .string(context.accountID)
        case .clientid: return .string(context.clientID ?? "n/a")
        case .principal: return text(context.principal)
        case .traceid: return text(context.traceID)
        case .sourceip: return text(context.sourceIP)
        case .topic:
            guard let argument = arguments.first else {
                return .string(Self.string(frame.topic, 0..<frame.topic.count))
            }
            guard
                let number = argument.toNumber(version)?.decimal.rounded(toPlaces: 0, .towardZero),
                let level = Int64(exactly: number), level >= 1,
                let range = frame.level(Int(min(level, 1 << 32)))
            else { return .undefined }
            return .string(Self.string(frame.topic, range))
        case .getMQTTProperty:
            switch arguments[0].toText(version) {
            case "content_type": return text(context.contentType)
            case "format_indicator": return text(context.formatIndicator)
            case "response_topic": return text(context.responseTopic)
            case "correlation_data": return text(context.correlationData)
            default: return .undefined
            }
        case .getUserProperties:
            return userProperties(arguments.first, version, context.userProperties)
        default: return nil
        }
    }

    private func userProperties(
        _ key: Value?,
        _ version: SQLVersion,
        _ properties: [(name: String, value: String)]
    ) -> Value {
        guard let key else {
            guard !properties.isEmpty else { return .undefined }
            return .array(
                properties.map { .object(JSONObject([($0.name, .string($0.value))])) }
            )
        }
        guard let name = key.toText(version) else { return .undefined }
        let values = properties.filter { $0.name.utf8.elementsEqual(name.utf8) }
        return values.isEmpty ? .undefined : .array(values.map { .string($0.value) })
    }

    static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        unsafe bytes.extracting(range).withUnsafeBufferPointer {
            unsafe String(decoding: $0, as: UTF8.self)
        }
    }

    // MARK: Providers and compiled patterns

    private mutating func provided(
        _ function: FunctionID,
        _ arguments: [Value],
        _ extra: Int32,
        _ code: Code
    ) -> Value? {
        let version = code.version
        if let algorithm = DigestAlgorithm(rawValue: function.rawValue) {
            guard let text = arguments[0].toText(version) else { return .undefined }
            scratch.charge(bytes: text.utf8.count)
            let digest = environment.digests.digest(algorithm, of: Array(text.utf8))
            return digest.map { .string(Functions.hex($0)) } ?? .undefined
        }
        switch function {
        case .parseTime: return parseTime(arguments, extra, code)
        case .timeToEpoch: return timeToEpoch(arguments, extra, code)
        case .regexpMatches, .regexpSubstr, .regexpReplace:
            guard extra >= 0, function != .regexpReplace || code.replacements[Int(extra)] != nil
            else { return nil }
            guard let text = arguments[0].toText(version) else { return .undefined }
            return Functions.regexp(
                function,
                text,
                code.patterns[Int(extra)],
                code.replacements[Int(extra)],
                &scratch
            )
        default: return nil
        }
    }

    private mutating func parseTime(_ arguments: [Value], _ extra: Int32, _ code: Code) -> Value {
        guard let converted = Functions.convert(.parseTime, arguments, code.version),
            case .string(let pattern) = converted[0], case .number(let moment) = converted[1],
            let milliseconds = Int64(exactly: moment.decimal)
        else { return .undefined }
        var zone = "UTC"
        if converted.count > 2, case .string(let name) = converted[2] { zone = name }
        guard let format = extra >= 0 ? code.formats[Int(extra)] : TimeFormat(pattern),
            let text = format.format(milliseconds, zone: zone, environment.zones)
        else { return .undefined }
        return scratch.string(text)
    }

    private mutating func timeToEpoch(_ arguments: [Value], _ extra: Int32, _ code: Code) -> Value {
        guard let text = arguments[0].toText(code.version),
            let source = arguments[1].toText(code.version),
            text.utf8.count <= TimePattern.lengthLimit,
            let pattern = extra >= 0 ? code.timePatterns[Int(extra)] : TimePattern(source)
        else { return .undefined }
        scratch.charge(bytes: text.utf8.count * 64)
        return pattern.milliseconds(of: text, environment.zones).map { .number(Numeric($0)) }
            ?? .undefined
    }

    // MARK: The host

    private func hostFunction(_ function: FunctionID, _ count: Int) -> HostFunction? {
        if function == .decode { return count == 6 ? .decodeProtobuf : nil }
        return HostFunction(rawValue: function.rawValue)
    }

    /// Takes the next answer, or stops the evaluation with a question.
    private mutating func ask(
        _ function: HostFunction,
        _ values: [Value],
        _ code: Code
    ) -> Value {
        var arguments: [JSONValue] = []
        for (index, value) in values.enumerated() {
            guard var json = value.json(code.version) else { return .undefined }
            if function == .machinelearningPredict, index == 2 {
                json = Self.flattened(json, code.version)
            }
            arguments.append(json)
        }
        if function == .getDynamodb {
            dynamodbCalls += 1
            guard dynamodbCalls == 1 else {
                scratch.fail(.secondDynamodbCall)
                return .undefined
            }
        }
        let number = callCount
        callCount += 1
        guard callCount <= scratch.limits.hostCalls else {
            scratch.fail(.limit(.hostCalls))
            return .undefined
        }
        guard number < answers.answers.count else {
            pendingCall = HostCall(function, arguments)
            return .undefined
        }
        switch answers.answers[number] {
        case .value(let json): return json.map { Value($0) } ?? .undefined
        case .failure(let message):
            scratch.fail(.hostCallFailed(function: function.rawValue, message: message))
            return .undefined
        }
    }

    /// A record whose arrays and objects are JSON text, as the prediction service wants it.
    private static func flattened(_ record: JSONValue, _ version: SQLVersion) -> JSONValue {
        guard case .object(let object) = record else { return record }
        return .object(
            JSONObject(
                object.members.map { member in
                    switch member.value {
                    case .array, .object:
                        (member.name, .string(Value(member.value).toText(version) ?? ""))
                    default: (member.name, member.value)
                    }
                }
            )
        )
    }
}
