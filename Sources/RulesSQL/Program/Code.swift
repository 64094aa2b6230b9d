internal import JSONDocument
internal import MQTTTopics

/// A compiled statement or template: flat tables of trivial values, immutable.
///
/// Read by many threads at once; nothing in it changes after the compiler has filled it.
final class Code: Sendable {
    let version: SQLVersion
    let nodes: [Node]
    /// Where each node was written, for traces.
    let ranges: [Range<Int>]
    let operands: [Int32]
    let paths: [[JSONKey]]
    /// For each path of one short name that name: trivial to read, where `paths` counts references.
    let shortPaths: [JSONShortKey?]
    let keys: [JSONKey]
    let constants: [Constant]
    /// One for each constant.
    let shortConstants: [ShortConstant]
    /// The bytes of all constant strings.
    let shortBytes: [UInt8]
    let queries: [QueryPlan]
    let patterns: [Pattern]
    let replacements: [Replacement?]
    let formats: [TimeFormat]
    let timePatterns: [TimePattern]
    /// The value of each SET variable, in order.
    let variables: [Int32]
    let variableNames: [String]
    let source: TopicFilter?
    /// -1 without WHERE.
    let condition: Int32
    let select: SelectPlan?
    /// For each node the slot that keeps its value during one evaluation, or -1.
    let memo: [Int32]
    let memoCount: Int
    /// Whether the node can be kept for one message: not random, not inside a nested query.
    let isStable: [Bool]
    let requiresHost: Bool
    /// The text that ``ranges`` points into.
    let text: [UInt8]

    init(_ compiler: borrowing Compiler) {
        version = compiler.version
        nodes = compiler.nodes
        ranges = compiler.ranges
        operands = compiler.operands
        paths = compiler.paths
        shortPaths = compiler.paths.map { $0.count == 1 ? $0[0].short : nil }
        keys = compiler.keys
        constants = compiler.constants
        var bytes: [UInt8] = []
        shortConstants = compiler.constants.map { constant in
            let start = bytes.count
            bytes += constant.utf8
            return ShortConstant(constant, start: start)
        }
        shortBytes = bytes
        queries = compiler.queries
        patterns = compiler.patterns
        replacements = compiler.replacements
        formats = compiler.formats
        timePatterns = compiler.timePatterns
        variables = compiler.variables
        variableNames = compiler.variableNames
        source = compiler.source
        condition = compiler.condition
        select = compiler.select
        (memo, memoCount) = compiler.memoSlots()
        isStable = compiler.isStable
        requiresHost = compiler.requiresHost
        text = compiler.text
    }

    /// The text a node was read from.
    func text(of node: Int32) -> String {
        let range = ranges[Int(node)].clamped(to: 0..<text.count)
        return String(decoding: text[range], as: UTF8.self)
    }
}
