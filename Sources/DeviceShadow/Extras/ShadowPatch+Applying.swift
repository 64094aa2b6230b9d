public import JSONDocument

/// A patch that is none, or that does not fit the document.
public struct ShadowPatchError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// No JSON array of objects with a known `op` and the members it needs. RFC 6902 §3, §4
        case malformed
        /// A place that the step needs is not there. §4
        case missing
        /// An array has no such index. §4.1
        case outOfRange
        /// A value is moved into itself. §4.4
        case intoItself
        /// A tested value is another one. §4.6
        case testFailed
    }

    /// The rule that was broken.
    public let violation: Violation
    /// The step, from 0.
    public let step: Int

    /// A violation and in which step it is.
    public init(_ violation: Violation, step: Int) {
        self.violation = violation
        self.step = step
    }
}

extension ShadowPatch {
    /// Reads a patch (§3); unknown members of a step are ignored (§4).
    ///
    /// - Throws: ``ShadowPatchError`` with ``ShadowPatchError/Violation/malformed``.
    public init(_ value: JSONValue) throws(ShadowPatchError) {
        guard case .array(let steps) = value else { throw ShadowPatchError(.malformed, step: 0) }
        var operations: [Operation] = []
        for (index, step) in steps.enumerated() {
            guard let operation = Self.operation(step) else {
                throw ShadowPatchError(.malformed, step: index)
            }
            operations.append(operation)
        }
        self.init(operations)
    }

    private static func operation(_ step: JSONValue) -> Operation? {
        guard let path = pointer(step["path"]) else { return nil }
        switch step["op"]?.string {
        case "add": return step["value"].map { .add(path, $0) }
        case "remove": return .remove(path)
        case "replace": return step["value"].map { .replace(path, $0) }
        case "move": return pointer(step["from"]).map { .move(from: $0, to: path) }
        case "copy": return pointer(step["from"]).map { .copy(from: $0, to: path) }
        case "test": return step["value"].map { .test(path, $0) }
        default: return nil
        }
    }

    private static func pointer(_ value: JSONValue?) -> JSONPointer? {
        value?.string.flatMap { try? JSONPointer($0) }
    }

    /// What the steps make of a document.
    ///
    /// - Throws: ``ShadowPatchError`` at the first step that does not fit; nothing is applied then (§5).
    public func applied(to document: JSONValue) throws(ShadowPatchError) -> JSONValue {
        var result = document
        for (index, operation) in operations.enumerated() {
            do throws(Violation) {
                try Self.apply(operation, to: &result)
            } catch {
                throw ShadowPatchError(error.violation, step: index)
            }
        }
        return result
    }

    private struct Violation: Error {
        var violation: ShadowPatchError.Violation
    }

    private static func apply(_ step: Operation, to value: inout JSONValue) throws(Violation) {
        switch step {
        case .add(let path, let new): try add(new, path.tokens[...], &value)
        case .remove(let path): _ = try remove(path.tokens[...], &value)
        case .replace(let path, let new):
            guard value[path] != nil else { throw Violation(violation: .missing) }
            if path.tokens.isEmpty {
                value = new
            } else {
                try replace(new, path.tokens[...], &value)
            }
        case .move(let from, let path):
            guard !path.tokens.starts(with: from.tokens) || path == from else {
                throw Violation(violation: .intoItself)
            }
            let moved = try remove(from.tokens[...], &value)
            try add(moved, path.tokens[...], &value)
        case .copy(let from, let path):
            guard let copied = value[from] else { throw Violation(violation: .missing) }
            try add(copied, path.tokens[...], &value)
        case .test(let path, let expected):
            guard value[path] == expected else { throw Violation(violation: .testFailed) }
        }
    }

    /// Runs `body` on the container that holds the place of the last token.
    private static func descend<T>(
        _ path: ArraySlice<JSONPointer.Token>,
        _ value: inout JSONValue,
        _ body: (JSONPointer.Token, inout JSONValue) throws(Violation) -> T
    ) throws(Violation) -> T {
        guard let token = path.first else { throw Violation(violation: .missing) }
        if path.count == 1 { return try body(token, &value) }
        switch value {
        case .object(var object):
            guard var inner = object[token.key.name] else { throw Violation(violation: .missing) }
            let result = try descend(path.dropFirst(), &inner, body)
            object[token.key.name] = inner
            value = .object(object)
            return result
        case .array(var elements):
            guard let index = token.index, index < elements.count else {
                throw Violation(violation: .missing)
            }
            let result = try descend(path.dropFirst(), &elements[index], body)
            value = .array(elements)
            return result
        default: throw Violation(violation: .missing)
        }
    }

    private static func add(
        _ new: JSONValue,
        _ path: ArraySlice<JSONPointer.Token>,
        _ value: inout JSONValue
    ) throws(Violation) {
        guard !path.isEmpty else {
            value = new
            return
        }
        try descend(path, &value) { (token, container) throws(Violation) in
            switch container {
            case .object(var object):
                object[token.key.name] = new
                container = .object(object)
            case .array(var elements):
                let end = token.key.utf8 == [0x2D] ? elements.count : nil
                guard let index = token.index ?? end, index <= elements.count else {
                    throw Violation(violation: .outOfRange)
                }
                elements.insert(new, at: index)
                container = .array(elements)
            default: throw Violation(violation: .missing)
            }
        }
    }

    private static func replace(
        _ new: JSONValue,
        _ path: ArraySlice<JSONPointer.Token>,
        _ value: inout JSONValue
    ) throws(Violation) {
        try descend(path, &value) { (token, container) throws(Violation) in
            switch container {
            case .object(var object):
                object[token.key.name] = new
                container = .object(object)
            case .array(var elements):
                guard let index = token.index, index < elements.count else {
                    throw Violation(violation: .outOfRange)
                }
                elements[index] = new
                container = .array(elements)
            default: throw Violation(violation: .missing)
            }
        }
    }

    private static func remove(
        _ path: ArraySlice<JSONPointer.Token>,
        _ value: inout JSONValue
    ) throws(Violation) -> JSONValue {
        guard !path.isEmpty else {
            let old = value
            value = .null
            return old
        }
        return try descend(path, &value) { (token, container) throws(Violation) -> JSONValue in
            switch container {
            case .object(var object):
                guard let old = object.removeValue(for: token.key.name) else {
                    throw Violation(violation: .missing)
                }
                container = .object(object)
                return old
            case .array(var elements):
                guard let index = token.index, index < elements.count else {
                    throw Violation(violation: .missing)
                }
                let old = elements.remove(at: index)
                container = .array(elements)
                return old
            default: throw Violation(violation: .missing)
            }
        }
    }
}
