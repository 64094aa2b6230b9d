/// Values that several rules compute from the same message, kept until the next one.
struct SharedValues {
    /// For the nodes of all programs of a set: the set's slot, or -1; empty outside of a set.
    private var slots: [Int32] = []
    /// Where those of the program that runs begin.
    private var base = 0
    private var truths: [Truth] = []
    private var truthStamp: [UInt64] = []
    private var values: [Value] = []
    private var valueStamp: [UInt64] = []
    private var message: UInt64 = 0

    /// Ends what was known of a set.
    mutating func end() {
        if !slots.isEmpty { slots = [] }
        base = 0
    }

    /// Starts the program whose nodes' slots begin at `start`.
    @inline(__always)
    mutating func beginProgram(at start: Int) { base = start }

    /// Starts a message; `count` is the number of slots in the set.
    mutating func begin(_ count: Int, _ slots: [Int32]) {
        message &+= 1
        self.slots = slots
        if truths.count < count {
            truths = [Truth](repeating: .undefined, count: count)
            truthStamp = [UInt64](repeating: 0, count: count)
            values = [Value](repeating: .undefined, count: count)
            valueStamp = [UInt64](repeating: 0, count: count)
        }
    }

    @inline(__always)
    func slot(of node: Int32) -> Int { slots.isEmpty ? -1 : Int(slots[base &+ Int(node)]) }

    @inline(__always)
    func truth(_ slot: Int) -> Truth? { truthStamp[slot] == message ? truths[slot] : nil }

    @inline(__always)
    mutating func keep(_ truth: Truth, _ slot: Int) {
        truths[slot] = truth
        truthStamp[slot] = message
    }

    func value(_ slot: Int) -> Value? { valueStamp[slot] == message ? values[slot] : nil }

    mutating func keep(_ value: Value, _ slot: Int) {
        values[slot] = value
        valueStamp[slot] = message
    }
}
