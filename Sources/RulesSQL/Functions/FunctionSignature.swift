/// One row of the function table: what the parser, the compiler, the evaluator and the
/// documentation know about a function.
public struct FunctionSignature: Sendable {
    /// How an argument is converted before the function sees it.
    ///
    /// A conversion that fails makes the whole call Undefined.
    public enum Parameter: String, Sendable {
        /// Any value, Undefined too.
        case any = "any"
        /// To-string: numbers, Booleans, arrays and objects become text.
        case string = "String"
        /// Int or Decimal, or a String that spells one.
        case number = "number"
        /// As number, rounded down to an Int.
        case floored = "number, rounded down"
        /// As number, without its fraction.
        case truncated = "number, truncated"
        /// As number, rounded to binary64.
        case double = "number, as binary64"
        /// A constant that selects what the function does.
        case keyword = "String literal"
    }

    /// Where a function's result comes from.
    public enum Source: String, Sendable {
        /// From its arguments alone.
        case arguments = "arguments"
        /// From the message: topic, client, properties, clock.
        case message = "message"
        /// From the random source: differs between calls.
        case random = "random source"
        /// From the outside world, through ``RuleHost``.
        case host = "host"
    }

    let id: FunctionID
    /// The name in lower case; any case of letters is accepted.
    public let name: String
    /// The first version of the language that has it.
    public let since: SQLVersion
    /// How many arguments it takes; with another number its value is Undefined.
    public let arity: ClosedRange<Int>
    /// The conversion of each argument; the last one repeats.
    public let parameters: [Parameter]
    /// Where the result comes from.
    public let source: Source
    /// What it returns.
    public let result: String
    /// The argument that may be `*`, the payload as it was published.
    public let starArgument: Int?
    /// The arguments, counted from the end if negative, that may not be SET variables.
    let fixedArguments: [Int]

    private init(
        _ id: FunctionID,
        _ since: SQLVersion,
        _ arity: ClosedRange<Int>,
        _ parameters: [Parameter],
        _ result: String,
        _ source: Source = .arguments,
        star: Int? = nil,
        fixed: [Int] = []
    ) {
        self.id = id
        name = id.rawValue
        self.since = since
        self.arity = arity
        self.parameters = parameters
        self.source = source
        self.result = result
        starArgument = star
        fixedArguments = fixed
    }

    /// The conversion of argument `index`.
    func parameter(_ index: Int) -> Parameter {
        guard let last = parameters.last else { return .any }
        return index < parameters.count ? parameters[index] : last
    }

    /// The row of a name in lower case.
    static func named(_ name: String) -> FunctionSignature? { byName[name] }

    private static let byName: [String: FunctionSignature] = Dictionary(
        all.map { ($0.name, $0) },
        uniquingKeysWith: { first, _ in first }
    )

    /// The function whose name is at most two edits away.
    static func nearest(to name: String) -> String? {
        guard name.utf8.count <= 32 else { return nil }
        var best: (name: String, distance: Int)?
        for function in all {
            let distance = editDistance(Array(name.utf8), Array(function.name.utf8))
            if distance <= 2, distance < best?.distance ?? 3 { best = (function.name, distance) }
        }
        return best?.name
    }

    private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
                diagonal = above
            }
        }
        return row[b.count]
    }

    /// Refuses variables where the service wants the value itself.
    func checkFixedArguments(_ arguments: [Expression]) throws(SQLSyntaxError) {
        guard arity.contains(arguments.count) else { return }
        for position in fixedArguments {
            let index = position < 0 ? arguments.count + position : position
            guard arguments.indices.contains(index) else { continue }
            let argument = arguments[index]
            if argument.usesVariableAsValue {
                throw SQLSyntaxError(.variableNotAllowed(function: name), at: argument.range)
            }
        }
    }

    /// The whole table, in the order of the names.
    public static let all: [FunctionSignature] = numeric + strings + values + context + external
}

extension Expression {
    /// Whether the value is a variable, or a part of one.
    fileprivate var usesVariableAsValue: Bool {
        switch kind {
        case .variable: true
        case .path(let root, _): root.usesVariableAsValue
        default: false
        }
    }
}

extension FunctionSignature {
    private static func double(_ id: FunctionID) -> FunctionSignature {
        FunctionSignature(id, .v2015, 1...1, [.double], "Decimal")
    }

    private static func integer(_ id: FunctionID) -> FunctionSignature {
        FunctionSignature(id, .v2015, 1...1, [.number], "Int")
    }

    private static let numeric: [FunctionSignature] = [
        FunctionSignature(.abs, .v2015, 1...1, [.number], "Int or Decimal, as the argument"),
        double(.acos), double(.asin), double(.atan),
        FunctionSignature(.atan2, .v2015, 2...2, [.double], "Decimal; arguments are y, x"),
        FunctionSignature(.bitand, .v2015, 2...2, [.floored], "Int"),
        FunctionSignature(.bitnot, .v2015, 1...1, [.floored], "Int"),
        FunctionSignature(.bitor, .v2015, 2...2, [.floored], "Int"),
        FunctionSignature(.bitxor, .v2015, 2...2, [.floored], "Int"),
        integer(.ceil), double(.cos), double(.cosh), double(.exp), integer(.floor),
        double(.ln), double(.log),
        FunctionSignature(.mod, .v2015, 2...2, [.number], "as %"),
        FunctionSignature(.power, .v2015, 2...2, [.double], "Decimal"),
        FunctionSignature(.rand, .v2015, 0...0, [], "Decimal in [0, 1)", .random),
        FunctionSignature(.remainder, .v2015, 2...2, [.number], "as %"),
        FunctionSignature(.round, .v2015, 1...1, [.number], "Int, halves away from zero"),
        integer(.sign), double(.sin), double(.sinh), double(.sqrt), double(.tan), double(.tanh),
        FunctionSignature(
            .trunc,
            .v2015,
            2...2,
            [.number, .floored],
            "number with at most 0...34 decimals"
        ),
    ]

    private static func digest(_ id: FunctionID) -> FunctionSignature {
        FunctionSignature(id, .v2015, 1...1, [.string], "String, lower-case hex")
    }

    private static func text(_ id: FunctionID) -> FunctionSignature {
        FunctionSignature(id, .v2015, 1...1, [.string], "String")
    }

    private static let strings: [FunctionSignature] = [
        FunctionSignature(.chr, .v2015, 1...1, [.floored], "String of one ASCII character"),
        FunctionSignature(.endswith, .v2015, 2...2, [.string], "Boolean"),
        FunctionSignature(.indexof, .v2016, 2...2, [.string], "Int, from 0; -1 without a match"),
        FunctionSignature(.length, .v2016, 1...1, [.string], "Int, characters"),
        text(.lower),
        FunctionSignature(.lpad, .v2015, 2...2, [.string, .floored], "String; 0...1000 spaces"),
        text(.ltrim), digest(.md2), digest(.md5),
        FunctionSignature(.numbytes, .v2016, 1...1, [.string], "Int, bytes of UTF-8"),
        FunctionSignature(.regexpMatches, .v2015, 2...2, [.string], "Boolean"),
        FunctionSignature(.regexpReplace, .v2015, 3...3, [.string], "String"),
        FunctionSignature(.regexpSubstr, .v2015, 2...2, [.string], "String, the first match"),
        FunctionSignature(.replace, .v2015, 3...3, [.string], "String"),
        FunctionSignature(.rpad, .v2015, 2...2, [.string, .floored], "String; 0...1000 spaces"),
        text(.rtrim), digest(.sha1), digest(.sha224), digest(.sha256), digest(.sha384),
        digest(.sha512),
        FunctionSignature(.startswith, .v2015, 2...2, [.string], "Boolean"),
        FunctionSignature(.substring, .v2015, 2...3, [.string, .truncated], "String [from, to)"),
        text(.trim), text(.upper),
    ]

    private static let values: [FunctionSignature] = [
        FunctionSignature(.concat, .v2015, 0...1_024, [.any], "Array or String"),
        FunctionSignature(
            .decode,
            .v2016,
            2...6,
            [.any, .string],
            "any; with 'base64' from its arguments, with 'proto' through the host"
        ),
        FunctionSignature(.encode, .v2016, 2...2, [.any, .string], "String", star: 0),
        FunctionSignature(.get, .v2015, 2...2, [.any], "any; Arrays and Strings from 0"),
        FunctionSignature(
            .getOrDefault,
            .v2016,
            1...2,
            [.any],
            "the first argument, else the second"
        ),
        FunctionSignature(.isnull, .v2015, 1...1, [.any], "Boolean"),
        FunctionSignature(.isundefined, .v2016, 1...1, [.any], "Boolean"),
        FunctionSignature(.nanvl, .v2015, 2...2, [.any], "the first argument, else the second"),
        FunctionSignature(
            .parseTime,
            .v2016,
            2...3,
            [.string, .truncated, .string],
            "String; pattern, milliseconds, time zone"
        ),
        FunctionSignature(
            .timeToEpoch,
            .v2016,
            2...2,
            [.string],
            "Int, milliseconds; text, pattern"
        ),
        FunctionSignature(
            .transform,
            .v2016,
            3...3,
            [.keyword, .any, .any],
            "Array",
            fixed: [0]
        ),
    ]

    private static func message(
        _ id: FunctionID,
        _ since: SQLVersion = .v2015,
        _ result: String = "String"
    ) -> FunctionSignature {
        FunctionSignature(id, since, 0...0, [], result, .message)
    }

    private static let context: [FunctionSignature] = [
        message(.accountid), message(.clientid),
        FunctionSignature(.getMQTTProperty, .v2016, 1...1, [.string], "String", .message),
        FunctionSignature(
            .getUserProperties,
            .v2016,
            0...1,
            [.string],
            "Array of the key's values; without a key, of objects",
            .message
        ),
        FunctionSignature(.newuuid, .v2015, 0...0, [], "String", .random),
        message(.principal), message(.sourceip, .v2016),
        message(.sqlVersion), message(.timestamp, .v2015, "Int, milliseconds"),
        FunctionSignature(
            .topic,
            .v2015,
            0...1,
            [.truncated],
            "String; a level from 1",
            .message
        ),
        message(.traceid),
    ]

    private static let external: [FunctionSignature] = [
        FunctionSignature(.awsLambda, .v2015, 2...2, [.any], "any", .host, star: 1),
        FunctionSignature(.getDynamodb, .v2016, 4...6, [.any], "Object", .host, fixed: [-1]),
        FunctionSignature(.getRegistryData, .v2016, 3...3, [.any], "Object", .host, fixed: [-1]),
        FunctionSignature(.getSecret, .v2015, 3...4, [.any], "any", .host, fixed: [-1]),
        FunctionSignature(.getThingShadow, .v2016, 2...3, [.any], "Object", .host, fixed: [-1]),
        FunctionSignature(
            .machinelearningPredict,
            .v2015,
            3...3,
            [.any],
            "Object",
            .host,
            star: 2,
            fixed: [1]
        ),
    ]

    /// The table as Markdown, for the documentation.
    public static var markdown: String {
        var text = "| function | since | arguments | converted to | result | from |\n"
        text += "|---|---|---|---|---|---|\n"
        for row in all.sorted(by: { $0.name < $1.name }) {
            let count =
                row.arity.lowerBound == row.arity.upperBound
                ? "\(row.arity.lowerBound)" : "\(row.arity.lowerBound)–\(row.arity.upperBound)"
            let conversions = row.parameters.map(\.rawValue).joined(separator: "; ")
            text += "| `\(row.name)` | \(row.since.rawValue) | \(count) | \(conversions) "
            text += "| \(row.result) | \(row.source.rawValue) |\n"
        }
        return text
    }
}
