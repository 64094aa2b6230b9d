internal import JSONDocument

/// What functions need besides their arguments: memory for patterns, and how far they may go.
struct FunctionScratch {
    let limits: EvaluationLimits
    var steps: Int
    var failure: RuleError?
    var machine = PatternMachine()
    /// The last pattern that came from a payload.
    var dynamicPattern: (text: String, pattern: Pattern?)?
    /// Why a value is Undefined where its arguments do not tell.
    var notes: [String] = []

    init(limits: EvaluationLimits) {
        self.limits = limits
        steps = limits.steps
    }

    mutating func fail(_ violation: RuleError.Violation) {
        if failure == nil { failure = RuleError(violation) }
    }

    /// Counts the work of making so many bytes.
    mutating func charge(bytes: Int) {
        steps -= 1 + bytes >> 6
        if steps < 0 { fail(.limit(.steps)) }
    }

    /// A string result, if it is not too long.
    mutating func string(_ text: String) -> Value {
        guard text.utf8.count <= limits.stringBytes else {
            fail(.limit(.stringBytes))
            return .undefined
        }
        charge(bytes: text.utf8.count)
        return .string(text)
    }
}

/// The functions whose result follows from their arguments.
enum Functions {
    private static let signatures: [FunctionID: FunctionSignature] = Dictionary(
        FunctionSignature.all.map { ($0.id, $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// Applies a function to as many arguments as it takes.
    static func apply(
        _ id: FunctionID,
        _ arguments: [Value],
        _ version: SQLVersion,
        _ scratch: inout FunctionScratch
    ) -> Value {
        guard let converted = convert(id, arguments, version) else { return .undefined }
        if let value = number(id, converted) { return value }
        if let value = text(id, converted, &scratch) { return value }
        return general(id, converted, version, &scratch)
    }

    /// Converts arguments as the table says; `nil` where one does not convert.
    static func convert(
        _ id: FunctionID,
        _ arguments: [Value],
        _ version: SQLVersion
    ) -> [Value]? {
        guard let signature = signatures[id] else { return nil }
        var converted = arguments
        for index in converted.indices {
            switch signature.parameter(index) {
            case .any, .keyword: continue
            case .string:
                guard let text = converted[index].toText(version) else { return nil }
                converted[index] = .string(text)
            case let parameter:
                guard let number = converted[index].toNumber(version),
                    let value = rounded(number, parameter)
                else { return nil }
                converted[index] = .number(value)
            }
        }
        return converted
    }

    private static func rounded(
        _ number: Numeric,
        _ parameter: FunctionSignature.Parameter
    ) -> Numeric? {
        switch parameter {
        case .floored: number.decimal.rounded(toPlaces: 0, .down).map { Numeric(whole: $0) }
        case .truncated: number.decimal.rounded(toPlaces: 0, .towardZero).map { Numeric(whole: $0) }
        default: number
        }
    }

    // MARK: Values of any type

    private static func general(
        _ id: FunctionID,
        _ arguments: [Value],
        _ version: SQLVersion,
        _ scratch: inout FunctionScratch
    ) -> Value {
        switch id {
        case .isnull: if case .null = arguments[0] { .bool(true) } else { .bool(false) }
        case .isundefined: .bool(arguments[0].isUndefined)
        case .nanvl:
            switch arguments[0] {
            case .undefined, .null: arguments[1]
            default: arguments[0]
            }
        case .get: Operations.element(of: arguments[0], at: arguments[1], version)
        case .concat: concat(arguments, version, &scratch)
        case .encode: encode(arguments, version, &scratch)
        case .decode: decode(arguments, version, &scratch)
        case .transform: transform(arguments, version, &scratch)
        default: .undefined
        }
    }

    /// One argument as it is; with an Array one Array, flattened by one level; with a String one
    /// String.
    private static func concat(
        _ arguments: [Value],
        _ version: SQLVersion,
        _ scratch: inout FunctionScratch
    ) -> Value {
        if arguments.count < 2 { return arguments.first ?? .undefined }
        var hasArray = false
        var hasString = false
        for argument in arguments {
            if case .array = argument { hasArray = true }
            if case .string = argument { hasString = true }
        }
        if hasArray {
            var elements: [JSONValue] = []
            for argument in arguments {
                if case .array(let inner) = argument {
                    elements += inner
                } else if let element = argument.json(version) {
                    elements.append(element)
                }
            }
            scratch.charge(bytes: elements.count * 16)
            return .array(elements)
        }
        guard hasString else { return .undefined }
        var text = ""
        for argument in arguments {
            guard let part = argument.toText(version) else { return .undefined }
            text += part
            guard text.utf8.count <= scratch.limits.stringBytes else { break }
        }
        return scratch.string(text)
    }

    private static func isBase64(_ scheme: Value) -> Bool {
        if case .string("base64") = scheme { true } else { false }
    }

    private static func encode(
        _ arguments: [Value],
        _ version: SQLVersion,
        _ scratch: inout FunctionScratch
    ) -> Value {
        guard isBase64(arguments[1]), let text = arguments[0].toText(version) else {
            return .undefined
        }
        return scratch.string(Base64.encode(Array(text.utf8).span))
    }

    /// JSON text becomes its value, other text a String, what is no base 64 or no text Null.
    private static func decode(
        _ arguments: [Value],
        _ version: SQLVersion,
        _ scratch: inout FunctionScratch
    ) -> Value {
        guard isBase64(arguments[1]), let encoded = arguments[0].toText(version) else {
            return .undefined
        }
        guard let bytes = Base64.decode(encoded),
            let text = String(validating: bytes, as: UTF8.self)
        else { return .null }
        scratch.charge(bytes: bytes.count)
        let options = JSONReader.Options(
            maximumDepth: scratch.limits.jsonDepth,
            maximumLength: scratch.limits.stringBytes,
            duplicateKeys: .last
        )
        if let json = try? JSONValue(parsing: text, options: options) { return Value(json) }
        return scratch.string(text)
    }

    /// Adds the object's members to every element (`enrichArray`); at most 128 KiB.
    private static func transform(
        _ arguments: [Value],
        _ version: SQLVersion,
        _ scratch: inout FunctionScratch
    ) -> Value {
        guard case .string("enrichArray") = arguments[0], case .object(let added) = arguments[1],
            case .array(let elements) = arguments[2]
        else { return .undefined }
        var enriched: [JSONValue] = []
        var text: [UInt8] = []
        for element in elements {
            guard case .object(var object) = element else { return .undefined }
            for member in added.members { object.updateValue(member.value, for: member.name) }
            OutputText.append(.object(object), to: &text, version)
            scratch.charge(bytes: text.count)
            enriched.append(.object(object))
            // Brackets and commas count as well.
            guard text.count + enriched.count + 1 <= 131_072 else {
                scratch.fail(.transformTooLarge)
                return .undefined
            }
            if scratch.failure != nil { return .undefined }
        }
        return .array(enriched)
    }
}
