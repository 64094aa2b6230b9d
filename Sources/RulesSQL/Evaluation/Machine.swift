internal import JSONDocument

/// What rules are given from outside: digests, time zones, random numbers.
public struct RuleEnvironment {
    /// The digests.
    public var digests: any DigestProvider
    /// The time zones.
    public var zones: any TimeZoneProvider
    /// 64 random bits; `newuuid()` and `rand()` draw from it.
    public var random: () -> UInt64

    /// An environment.
    public init(
        digests: any DigestProvider = NoDigests(),
        zones: any TimeZoneProvider = FixedTimeZones(),
        random: @escaping () -> UInt64
    ) {
        self.digests = digests
        self.zones = zones
        self.random = random
    }
}

/// What the host has answered so far in one evaluation, and the random numbers that were drawn.
///
/// An evaluation that needs the host stops, and starts over with one more answer; the same numbers
/// are drawn again, so that it takes the same way.
public struct HostAnswers: Sendable {
    /// The answers, in the order of the calls.
    public var answers: [HostAnswer] = []
    var draws: [UInt64] = []

    /// No answers.
    public init() {}
}

/// The memory of an evaluation, reused from message to message.
struct Machine {
    let environment: RuleEnvironment
    var scratch: FunctionScratch
    /// Kept values; valid where the stamp is the run's number.
    var memo: [Value] = []
    var memoStamp: [UInt64] = []
    var variables: [Value] = []
    var variableStamp: [UInt64] = []
    /// Values that several rules of a set share; valid where the stamp is the message's number.
    var shared = SharedValues()
    var run: UInt64 = 0
    /// Elements of the nested queries around.
    var elements: [JSONValue] = []
    /// Items that are written before the members they replace are known.
    var itemBuffer: [UInt8] = []
    var replaced: [Int] = []
    /// The rules of a set that the topic matches.
    var candidates: [Int32] = []
    var answers = HostAnswers()
    var callCount = 0
    var drawCount = 0
    var dynamodbCalls = 0
    var pendingCall: HostCall?
    /// Whether draws are kept, to be repeated.
    var recordsDraws = false

    init(limits: EvaluationLimits, environment: RuleEnvironment) {
        self.environment = environment
        scratch = FunctionScratch(limits: limits)
    }

    var isHalted: Bool { scratch.failure != nil || pendingCall != nil }

    /// Prepares for one run of a program.
    mutating func begin(_ code: Code) {
        run &+= 1
        scratch.steps = scratch.limits.steps
        scratch.failure = nil
        pendingCall = nil
        callCount = 0
        drawCount = 0
        dynamodbCalls = 0
        recordsDraws = code.requiresHost
        if memo.count < code.memoCount {
            memo = [Value](repeating: .undefined, count: code.memoCount)
            memoStamp = [UInt64](repeating: 0, count: code.memoCount)
        }
        if variables.count < code.variables.count {
            variables = [Value](repeating: .undefined, count: code.variables.count)
            variableStamp = [UInt64](repeating: 0, count: code.variables.count)
        }
        if !elements.isEmpty { elements.removeAll(keepingCapacity: true) }
    }

    /// 64 random bits, the same ones when an evaluation starts over.
    mutating func draw() -> UInt64 {
        guard recordsDraws else { return environment.random() }
        defer { drawCount += 1 }
        if drawCount < answers.draws.count { return answers.draws[drawCount] }
        let bits = environment.random()
        answers.draws.append(bits)
        return bits
    }

    /// Runs a program on a message whose topic matches.
    mutating func run(
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        into output: inout [UInt8]
    ) -> Outcome {
        begin(code)
        for index in code.variables.indices { _ = variable(Int32(index), code, frame, context) }
        let start = output.count
        if code.condition >= 0 {
            let fires = isTrue(code.condition, code, frame, context)
            if !isHalted, !fires { return .notFired }
        }
        if !isHalted, let select = code.select {
            produce(select, code, frame, context, into: &output)
            if output.count - start > scratch.limits.outputBytes {
                scratch.fail(.limit(.outputBytes))
            }
        }
        if let failure = scratch.failure {
            output.removeSubrange(start...)
            return .failed(failure)
        }
        if let pendingCall {
            output.removeSubrange(start...)
            return .needsHost(pendingCall)
        }
        return .produced(start..<output.count)
    }

    // MARK: Conditions

    /// Whether a condition is true; operands behind the first that is not are not computed.
    mutating func isTrue(
        _ id: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Bool {
        if case .logical(.and, let operands) = code.nodes[Int(id)] {
            for index in operands.indices {
                guard isTrue(code.operands[index], code, frame, context) else { return false }
            }
            return true
        }
        return truth(id, code, frame, context) == .isTrue
    }

    mutating func truth(
        _ id: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Truth {
        switch code.nodes[Int(id)] {
        case .fieldComparison(let symbol, let path, let constant):
            scratch.steps -= 1
            let slot = shared.slot(of: id)
            if slot >= 0, let known = shared.truth(slot) { return known }
            let result: Truth =
                if let view = frame.lookup(path, code) {
                    FieldComparison.compare(symbol, view, constant, code)
                } else {
                    .undefined
                }
            if slot >= 0 { shared.keep(result, slot) }
            return result
        case .logical(let symbol, let operands):
            var result = symbol == .and
            for index in operands.indices {
                switch truth(code.operands[index], code, frame, context) {
                case .undefined: return .undefined
                case .isTrue: if symbol == .or { result = true }
                case .isFalse: if symbol == .and { result = false }
                }
            }
            return Truth(result)
        case .not(let operand): return truth(operand, code, frame, context).negated
        case .comparison(let symbol, let left, let right):
            let a = value(left, code, frame, context)
            let b = value(right, code, frame, context)
            return Operations.compare(symbol, a, b, code.version)
        default: return Truth(value(id, code, frame, context).toBool)
        }
    }
}
