internal import JSONDocument

/// One operation of a program; operands are numbers of earlier nodes.
///
/// Equal nodes are one node, so that a sub-expression that is written twice is computed once.
enum Node: Hashable {
    /// A constant of the table.
    case constant(Int32)
    /// A path from the payload's root.
    case field(path: Int32)
    /// `*`.
    case payload
    /// The element of the nested query at a depth.
    case element(depth: Int32)
    /// A SET variable.
    case variable(Int32)
    /// `base.key`.
    case member(Int32, key: Int32)
    /// `base[index]`.
    case index(Int32, Int32)
    case call(FunctionID, Operands, extra: Int32)
    case cast(Int32, Expression.CastType.Target)
    /// Subject, then pairs of test and result; `otherwise` is -1 without ELSE.
    case caseOf(Operands, otherwise: Int32)
    /// A nested query of the table.
    case select(Int32)
    case exists(Int32)
    case array(Operands)
    /// Pairs of a key's constant and a value.
    case object(Operands)
    case not(Int32)
    case signed(Expression.Sign, Int32)
    case logical(Expression.LogicalOperator, Operands)
    case comparison(Expression.ComparisonOperator, Int32, Int32)
    /// A comparison of a payload's path with a constant, without building a value.
    case fieldComparison(Expression.ComparisonOperator, path: Int32, constant: Int32)
    case arithmetic(Expression.ArithmeticOperator, Int32, Int32)
    /// Operands of a chain whose operators are all the same.
    case chain(Expression.ArithmeticOperator, Operands)
}

/// A run of the program's list of operands.
struct Operands: Hashable {
    var start: Int32
    var count: Int32

    var indices: Range<Int> { Int(start)..<Int(start + count) }
}

/// A value that is known when the program is compiled.
///
/// A class: handing one on costs one reference count, whatever it holds.
final class Constant: Sendable {
    /// What makes constants equal.
    enum Key: Hashable, Sendable {
        case undefined, null, bool(Bool), number(String, isInt: Bool), string(String)
        /// Arrays and objects are never merged.
        case unique(Int)
    }

    let key: Key
    let value: Value
    /// The JSON text; empty for Undefined.
    let json: [UInt8]
    /// A string's bytes.
    let utf8: [UInt8]
    /// The number behind the value, by To-decimal.
    let numeric: Numeric?
    /// The number, where it is whole and small enough for the short comparison.
    let int: Int64?

    init(_ value: Value, key: Key, _ version: SQLVersion) {
        self.value = value
        self.key = key
        var json: [UInt8] = []
        if let tree = value.json(version) { OutputText.append(tree, to: &json, version) }
        self.json = json
        if case .string(let text) = value { utf8 = Array(text.utf8) } else { utf8 = [] }
        numeric = value.toNumber(version)
        int = numeric.flatMap { Int64(exactly: $0.decimal) }
    }
}

/// What comparisons of a field need of a constant: trivial to read, where a ``Constant`` is counted.
struct ShortConstant: BitwiseCopyable, Sendable {
    /// ``Constant/int``, 0 where there is none.
    let int: Int64
    let hasInt: Bool
    /// Whether equality compares numbers.
    let isNumber: Bool
    let isString: Bool
    /// A string's bytes in ``Code/shortBytes``.
    let start: Int32
    let count: Int32

    init(_ constant: Constant, start: Int) {
        int = constant.int ?? 0
        hasInt = constant.int != nil
        switch constant.value {
        case .number, .text: (isNumber, isString) = (true, false)
        case .string: (isNumber, isString) = (false, true)
        default: (isNumber, isString) = (false, false)
        }
        self.start = Int32(truncatingIfNeeded: start)
        count = Int32(truncatingIfNeeded: constant.utf8.count)
    }

    var bytes: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// What SELECT makes, at the top or in a nested query.
final class SelectPlan: Sendable {
    /// What the hot path needs of an item: trivial to read.
    struct Column: Sendable {
        let node: Int32
        /// The name, as long as it is short.
        let shortKey: JSONShortKey?
        /// A comma, the name and its colon in ``SelectPlan/labels``.
        let label: Range<Int>
    }

    final class Item: Sendable {
        /// The value; for a spliced `*` the payload or element.
        let node: Int32
        /// `*` without AS: its members are copied.
        let isSpliced: Bool
        /// The names of the output, from the outside in.
        let path: [String]
        let key: JSONKey
        /// The first name as JSON text, with its colon.
        let label: [UInt8]

        init(node: Int32, isSpliced: Bool, path: [String], key: JSONKey, label: [UInt8]) {
            self.node = node
            self.isSpliced = isSpliced
            self.path = path
            self.key = key
            self.label = label
        }
    }

    let isValue: Bool
    let items: [Item]
    /// One for each item.
    let columns: [Column]
    let labels: [UInt8]
    /// `SELECT *` alone.
    let isStarAlone: Bool
    /// Items with one name each, all different, behind a leading `*` if there is one.
    let isFlat: Bool
    let hasLeadingStar: Bool

    init(isValue: Bool, items: [Item]) {
        self.isValue = isValue
        self.items = items
        var labels: [UInt8] = []
        columns = items.map { item in
            let start = labels.count
            labels.append(0x2C)
            labels += item.label
            return Column(node: item.node, shortKey: item.key.short, label: start..<labels.count)
        }
        self.labels = labels
        isStarAlone = items.count == 1 && items[0].isSpliced
        hasLeadingStar = items.first?.isSpliced ?? false
        var seen: Set<String> = []
        isFlat =
            !isValue
            && items.dropFirst(hasLeadingStar ? 1 : 0).allSatisfy {
                !$0.isSpliced && $0.path.count == 1 && seen.insert($0.path[0]).inserted
            }
    }
}

/// A nested query.
struct QueryPlan {
    let select: SelectPlan
    let source: Int32
    /// -1 without WHERE.
    let condition: Int32
    let depth: Int32
}
