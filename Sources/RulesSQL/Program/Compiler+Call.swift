internal import JSONDocument

extension FunctionID {
    /// Whether two calls with the same arguments may differ, or must both be made.
    var isUnstable: Bool {
        switch self {
        case .rand, .newuuid, .awsLambda, .getDynamodb, .getThingShadow, .getSecret,
            .getRegistryData, .machinelearningPredict:
            true
        default: false
        }
    }

    /// Whether the result follows from the arguments alone, without a provider.
    var isFoldable: Bool {
        switch self {
        case .md5, .sha1, .sha224, .sha256, .sha384, .sha512, .parseTime, .timeToEpoch, .accountid,
            .clientid, .getMQTTProperty, .getUserProperties, .principal, .sourceip, .timestamp,
            .topic, .traceid, .getOrDefault, .regexpMatches, .regexpReplace, .regexpSubstr:
            false
        default: !isUnstable
        }
    }
}

extension Compiler {
    mutating func call(
        _ name: String,
        _ arguments: [Expression],
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        guard let function = FunctionSignature.named(name.asciiLowercased) else {
            throw SQLSyntaxError(.unknownFunction(name, suggestion: nil), at: range)
        }
        var numbers: [Int32] = []
        for argument in arguments { numbers.append(try node(argument)) }
        guard function.accepts(arguments.count) else { return constant(.undefined, at: range) }
        let id = function.id
        if id == .sqlVersion { return constant(.string(version.rawValue), at: range) }
        if let folded = fold(id, numbers) { return constant(folded, at: range) }
        var isUnstable = id.isUnstable
        if function.source == .host { requiresHost = true }
        if id == .decode, numbers.count == 6 {
            requiresHost = true
            isUnstable = true
        }
        if id == .transform, constantValue(numbers[0]) == nil {
            // The mode must be written out.
            return constant(.undefined, at: range)
        }
        let extra = try prepare(id, numbers, arguments)
        if extra == -2 { return constant(.undefined, at: range) }
        let isStable = !isUnstable && numbers.allSatisfy { stable($0) }
        return add(
            .call(id, list(numbers), extra: extra),
            at: range,
            isStable: isStable,
            isShared: !isUnstable
        )
    }

    private func fold(_ id: FunctionID, _ numbers: [Int32]) -> Value? {
        guard id.isFoldable else { return nil }
        var values: [Value] = []
        for number in numbers {
            guard let value = constantValue(number) else { return nil }
            values.append(value)
        }
        var scratch = FunctionScratch(limits: .default)
        let value = Functions.apply(id, values, version, &scratch)
        // A long string is better computed when it is needed.
        return scratch.failure == nil && !Operations.isLong(value) ? value : nil
    }

    /// Compiles a literal pattern.
    ///
    /// - Returns: its number, -1 for an argument that is no literal, -2 for one that is invalid.
    private mutating func prepare(
        _ id: FunctionID,
        _ numbers: [Int32],
        _ arguments: [Expression]
    ) throws(SQLSyntaxError) -> Int32 {
        switch id {
        case .regexpMatches, .regexpSubstr: return try pattern(numbers[1], arguments[1].range)
        case .regexpReplace:
            let number = try pattern(numbers[1], arguments[1].range)
            guard number >= 0, let replacement = constantValue(numbers[2])?.toText(version) else {
                return number
            }
            let compiled = Replacement(replacement, for: patterns[Int(number)])
            replacements[Int(number)] = compiled
            return compiled == nil ? -2 : number
        case .parseTime:
            guard let text = constantValue(numbers[0])?.toText(version) else { return -1 }
            guard let format = TimeFormat(text) else { return -2 }
            formats.append(format)
            return Int32(truncatingIfNeeded: formats.count - 1)
        case .timeToEpoch:
            guard let text = constantValue(numbers[1])?.toText(version) else { return -1 }
            guard let pattern = TimePattern(text) else { return -2 }
            timePatterns.append(pattern)
            return Int32(truncatingIfNeeded: timePatterns.count - 1)
        default: return -1
        }
    }

    private mutating func pattern(
        _ number: Int32,
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        guard let text = constantValue(number)?.toText(version) else { return -1 }
        do throws(PatternError) {
            patterns.append(try Pattern(text))
            replacements.append(nil)
            return Int32(truncatingIfNeeded: patterns.count - 1)
        } catch {
            switch error {
            case .invalid: return -2
            case .unsupported(let what):
                throw SQLSyntaxError(.unsupportedPattern(what), at: range)
            }
        }
    }
}

extension FunctionSignature {
    /// Whether the function takes so many arguments.
    func accepts(_ count: Int) -> Bool {
        switch id {
        case .decode: count == 2 || count == 6
        case .getDynamodb: count == 4 || count == 6
        default: arity.contains(count)
        }
    }
}
