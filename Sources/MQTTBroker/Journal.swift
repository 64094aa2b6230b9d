/// What a durable broker has changed and its owner has not yet reported as stored.
struct Journal: Sendable {
    /// The changes since the last group was put out.
    private(set) var commands: [Broker.StoreCommand] = []
    /// The number of the group that ``commands`` will become.
    private(set) var current: UInt64 = 1
    /// The last group that is stored.
    private(set) var stored: UInt64 = 0

    var nextMessage: UInt64 = 1
    var nextSequence: UInt64 = 1
    /// How many deliveries and retained topics need each stored message.
    var references: [UInt64: Int] = [:]

    /// The group that must be stored before anybody may learn of what has happened so far.
    var needed: UInt64 { commands.isEmpty ? current - 1 : current }

    mutating func append(_ command: Broker.StoreCommand) { commands.append(command) }

    /// Takes the changes as one group.
    mutating func takeGroup() -> (Broker.StoreID, [Broker.StoreCommand])? {
        guard !commands.isEmpty else { return nil }
        defer {
            commands = []
            current += 1
        }
        return (Broker.StoreID(rawValue: current), commands)
    }

    /// Notes that a group and all before it are stored.
    ///
    /// - Returns: false for one that was never put out, or was reported before.
    mutating func note(_ group: Broker.StoreID) -> Bool {
        guard group.rawValue < current, group.rawValue > stored else { return false }
        stored = group.rawValue
        return true
    }
}

/// Bytes for one connection that rest on a group of changes.
struct HeldBatch: Sendable {
    let group: UInt64
    let batch: OutboundBatch
}
