/// The topic aliases that one client was told. MQTT 5.0 §3.3.2.3.4
///
/// A topic gets an alias when it is first sent. When all are given, one that was not used for
/// ``idleSends`` messages goes to the next topic; until then further topics are sent in full, so that
/// a client of many topics costs nothing more.
struct OutgoingAliases: Sendable {
    /// What a PUBLISH says about its topic.
    enum Choice: Sendable {
        /// The name.
        case name
        /// The name and an alias for later.
        case new(UInt16)
        /// The alias alone.
        case known(UInt16)
    }

    private struct Entry: Sendable {
        var topic: [UInt8]
        var hash: UInt64
        var lastUse: UInt64
    }

    static let idleSends: UInt64 = 256
    /// A shorter name is not worth three bytes of property.
    static let shortestTopic = 4

    /// How many aliases the client takes, and the broker gives.
    var limit = 0
    private var entries: [Entry] = []
    private var sends: UInt64 = 0

    /// What to say about `topic`; changes nothing, because the packet may yet turn out too large.
    func choose(_ topic: Span<UInt8>) -> Choice {
        guard limit > 0, topic.count >= Self.shortestTopic else { return .name }
        let hash = topic.shortHash
        var oldest = 0
        for index in entries.indices {
            if entries[index].hash == hash, isSame(index, topic) {
                return .known(UInt16(truncatingIfNeeded: index + 1))
            }
            if entries[index].lastUse < entries[oldest].lastUse { oldest = index }
        }
        if entries.count < limit { return .new(UInt16(truncatingIfNeeded: entries.count + 1)) }
        guard sends - entries[oldest].lastUse >= Self.idleSends else { return .name }
        return .new(UInt16(truncatingIfNeeded: oldest + 1))
    }

    /// Notes that the choice was sent.
    mutating func sent(_ choice: Choice, _ topic: Span<UInt8>) {
        guard limit > 0 else { return }
        sends += 1
        switch choice {
        case .name: return
        case .known(let alias): entries[Int(alias) - 1].lastUse = sends
        case .new(let alias):
            let entry = Entry(
                topic: [UInt8](copying: topic),
                hash: topic.shortHash,
                lastUse: sends
            )
            if Int(alias) > entries.count {
                entries.append(entry)
            } else {
                entries[Int(alias) - 1] = entry
            }
        }
    }

    private func isSame(_ index: Int, _ topic: Span<UInt8>) -> Bool {
        let known = entries[index].topic
        return known.span.isSame(as: topic)
    }
}
