internal import JSONDocument

/// Why WHERE was not true.
public struct Trace: Hashable, Sendable {
    /// One operand that kept WHERE from being true.
    public struct Cause: Hashable, Sendable {
        /// The operand, as it stands in the statement.
        public let expression: String
        /// Where it stands, as offsets in the statement's UTF-8.
        public let range: Range<Int>
        /// What its value was, in words.
        public let reason: String
    }

    /// The operands, in the order of the statement; none where WHERE was true.
    public internal(set) var causes: [Cause] = []
    /// Why values were Undefined that could have been computed by another engine.
    public internal(set) var notes: [String] = []
}

extension Trace: CustomStringConvertible {
    /// One line for each cause.
    public var description: String {
        (causes.map { "\($0.expression): \($0.reason)" } + notes).joined(separator: "\n")
    }
}

extension Machine {
    /// Finds the operands that keep a condition from being true.
    mutating func trace(
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Trace {
        begin(code)
        scratch.notes = []
        var trace = Trace()
        if code.condition >= 0 {
            explain(code.condition, wanted: true, code, frame, context, &trace)
        }
        trace.notes = scratch.notes
        if let failure = scratch.failure { trace.notes.append("ended by \(failure.violation)") }
        if pendingCall != nil { trace.notes.append("needs an answer of the host") }
        return trace
    }

    private mutating func explain(
        _ id: Int32,
        wanted: Bool,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        _ trace: inout Trace
    ) {
        let result = truth(id, code, frame, context)
        guard result != Truth(wanted) else { return }
        switch code.nodes[Int(id)] {
        case .logical(let symbol, let operands):
            // AND fails by one operand; OR by an Undefined one, or by all.
            for index in operands.indices {
                let operand = code.operands[index]
                let value = truth(operand, code, frame, context)
                let isGuilty =
                    result == .undefined ? value == .undefined : value != Truth(wanted)
                if isGuilty { explain(operand, wanted: wanted, code, frame, context, &trace) }
            }
            if symbol == .or || !trace.causes.isEmpty { return }
        case .not(let operand):
            explain(operand, wanted: !wanted, code, frame, context, &trace)
        default:
            let range = code.ranges[Int(id)]
            trace.causes.append(
                Trace.Cause(
                    expression: code.text(of: id),
                    range: range,
                    reason: reason(id, result, code, frame, context)
                )
            )
        }
    }

    private mutating func reason(
        _ id: Int32,
        _ result: Truth,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> String {
        let verdict =
            switch result {
            case .isTrue: "true"
            case .isFalse: "false"
            case .undefined: "Undefined"
            }
        switch code.nodes[Int(id)] {
        case .fieldComparison(_, let path, let constant):
            let name = code.paths[Int(path)].map(\.name).joined(separator: ".")
            var value = Value.undefined
            if let view = frame.lookup(path, code) { value = Value(view) }
            let known = code.constants[Int(constant)].value
            return "\(verdict), because \(name) is \(describe(value, code))"
                + (result == .undefined && !value.isUndefined
                    ? " and is compared with \(describe(known, code))" : "")
        case .comparison(_, let left, let right):
            let a = describe(value(left, code, frame, context), code)
            let b = describe(value(right, code, frame, context), code)
            return "\(verdict), because \(code.text(of: left)) is \(a) and "
                + "\(code.text(of: right)) is \(b)"
        default:
            let value = value(id, code, frame, context)
            return result == .undefined ? "\(describe(value, code)) is no Boolean" : verdict
        }
    }

    /// Type and, where it is short, value.
    private func describe(_ value: Value, _ code: Code) -> String {
        let type = value.typeName(code.version)
        switch value {
        case .undefined, .null, .raw, .array, .object: return type
        default:
            guard let json = value.json(code.version) else { return type }
            var text: [UInt8] = []
            OutputText.append(json, to: &text, code.version)
            return text.count <= 64 ? "\(type) \(String(decoding: text, as: UTF8.self))" : type
        }
    }
}
