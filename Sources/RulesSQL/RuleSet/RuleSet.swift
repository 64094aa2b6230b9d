public import MQTTTopics

/// Many rules, found by topic: immutable, free to pass between threads.
///
/// Rules that ask the same of a message share the answer: a sub-expression that several rules of
/// the set have is computed once for each message. Adding and removing give a new set; evaluations
/// that run on the old one are not disturbed.
public struct RuleSet: Sendable {
    /// A rule and its name.
    public struct Rule: Sendable {
        /// The name, unique in a set; Basic Ingest finds the rule by it.
        public let name: String
        /// The rule.
        public let program: Program
        /// Whether the rule runs at all.
        public let isEnabled: Bool

        /// A rule.
        public init(name: String, program: Program, isEnabled: Bool = true) {
            self.name = name
            self.program = program
            self.isEnabled = isEnabled
        }
    }

    /// How many rules a set holds at most: 100,000.
    public static let limit = 100_000

    /// Why a set was not made.
    @nonexhaustive
    public enum Violation: Error, Hashable, Sendable {
        /// Two rules have the same name.
        case duplicateName(String)
        /// More rules than ``RuleSet/limit``.
        case tooManyRules
        /// The topic index refused the rule's filter.
        case index(SubscriptionLimitError)
    }

    let storage: RuleSetStorage
    private let seed: UInt64

    /// A set of rules.
    ///
    /// - Parameters:
    ///   - rules: the rules, in the order in which they run on a message.
    ///   - seed: a random number that peers cannot know; it keys the topic index.
    /// - Throws: ``Violation``.
    /// - Complexity: O(*n*) in the operations of all rules.
    public init(_ rules: [Rule] = [], seed: UInt64) throws(Violation) {
        storage = try RuleSetStorage(rules, seed: seed)
        self.seed = seed
    }

    /// The rules in the order in which they run.
    public var rules: [Rule] { storage.rules }

    /// How many rules the set has.
    public var count: Int { storage.rules.count }

    /// How many sub-expressions are computed once for several rules.
    public var sharedExpressions: Int { storage.slotCount }

    /// The rule of a name.
    public subscript(name: String) -> Rule? {
        storage.positions[name].map { storage.rules[Int($0)] }
    }

    /// Whether an enabled rule's FROM matches the topic, or Basic Ingest names an enabled rule.
    ///
    /// What a broker asks before it keeps a message for evaluation elsewhere.
    /// - Parameter topic: a valid topic name.
    /// - Returns: false where an evaluation would call nothing.
    /// - Complexity: one look into the index; stops at the first match, allocates nothing unless
    ///   the topic is one of Basic Ingest.
    public func concerns(_ topic: Span<UInt8>) -> Bool {
        if let ingest = BasicIngest.parse(topic) {
            let position = storage.positions[Machine.string(topic, ingest.name)]
            return position.map { storage.rules[Int($0)].isEnabled } ?? false
        }
        struct Found: Error {}
        do throws(Found) {
            try storage.index.forEachMatch(TopicView(unchecked: topic)) { _ throws(Found) in
                throw Found()
            }
            return false
        } catch {
            return true
        }
    }

    /// The set with these rules too; a rule of the same name is replaced.
    ///
    /// - Complexity: O(*n*) in the operations of all rules: add many at once.
    public func adding(_ added: [Rule]) throws(Violation) -> RuleSet {
        var rules = storage.rules
        var positions = storage.positions
        for rule in added {
            if let position = positions[rule.name] {
                rules[Int(position)] = rule
            } else {
                positions[rule.name] = Int32(truncatingIfNeeded: rules.count)
                rules.append(rule)
            }
        }
        return try RuleSet(rules, seed: seed)
    }

    /// The set without the rules of these names.
    ///
    /// - Complexity: O(*n*) in the operations of all rules.
    public func removing(_ names: Set<String>) throws(Violation) -> RuleSet {
        try RuleSet(storage.rules.filter { !names.contains($0.name) }, seed: seed)
    }
}

/// The tables of a set; nothing changes after they were filled.
@safe
final class RuleSetStorage: @unchecked Sendable {
    let rules: [RuleSet.Rule]
    /// The same rules, to be lent without a reference counted: what is read out of an array in a
    /// class is retained, three times for a rule, and that costs as much as a comparison.
    private let lent: UnsafeMutablePointer<RuleSet.Rule>
    private let codes: [Unmanaged<Code>]
    let index: SubscriptionSnapshot<Int32, UInt8>
    let positions: [String: Int32]
    /// For each rule and node the slot of a shared value, or -1; one rule behind the other.
    let slots: [Int32]
    /// Where the slots of each rule begin.
    let slotStarts: [Int]
    let slotCount: Int

    init(_ rules: [RuleSet.Rule], seed: UInt64) throws(RuleSet.Violation) {
        guard rules.count <= RuleSet.limit else { throw .tooManyRules }
        var positions: [String: Int32] = [:]
        var index = SubscriptionIndex<Int32, UInt8>(dialect: .aws, seed: seed)
        for (position, rule) in rules.enumerated() {
            let number = Int32(truncatingIfNeeded: position)
            guard positions.updateValue(number, forKey: rule.name) == nil else {
                throw .duplicateName(rule.name)
            }
            guard rule.isEnabled, let source = rule.program.source else { continue }
            do throws(SubscriptionLimitError) {
                try index.insert(source, number, 0)
            } catch {
                throw .index(error)
            }
        }
        self.rules = rules
        unsafe lent = .allocate(capacity: rules.count)
        for (position, rule) in rules.enumerated() {
            unsafe (lent + position).initialize(to: rule)
        }
        let codes = rules.map(\.program.code)
        // The rules keep them alive.
        unsafe self.codes = codes.map { unsafe Unmanaged.passUnretained($0) }
        self.positions = positions
        self.index = index.snapshot()
        var sharing = Sharing()
        let lists = sharing.slots(of: codes)
        slots = lists.flatMap { $0 }
        var start = 0
        slotStarts = lists.map { list in
            defer { start += list.count }
            return start
        }
        slotCount = sharing.slotCount
    }

    deinit {
        unsafe lent.deinitialize(count: rules.count)
        unsafe lent.deallocate()
    }

    /// Lends a rule.
    @inline(__always)
    func withRule<E: Error>(
        _ position: Int,
        _ body: (borrowing RuleSet.Rule) throws(E) -> Void
    ) throws(E) {
        precondition(rules.indices.contains(position))
        unsafe try body(lent[position])
    }

    /// Lends a rule's program.
    @inline(__always)
    func withCode(_ position: Int, _ body: (Code) -> Outcome) -> Outcome {
        unsafe codes[position]._withUnsafeGuaranteedRef { body($0) }
    }
}
