import MQTTTopics

/// Any bytes as a filter, a separator byte 0xFF, and a topic: what is accepted is what the rules
/// say, and a match is what a plain walk over the levels says.
func fuzzTopicsMatch(_ input: UnsafeRawBufferPointer) {
    let bytes = [UInt8](input)
    let cut = bytes.firstIndex(of: 0xFF) ?? bytes.count
    let filterBytes = Array(bytes[..<cut])
    let topicBytes = cut < bytes.count ? Array(bytes[(cut + 1)...]) : []
    let filter = try? TopicFilter(utf8: filterBytes.span)
    let topic = try? TopicName(utf8: topicBytes.span)
    precondition((filter != nil) == TopicOracle.isFilter(filterBytes))
    precondition((topic != nil) == TopicOracle.isTopic(topicBytes))
    checkShared(filterBytes)
    guard let filter else { return }
    precondition(filter.covers(filter) && filter.overlaps(filter))
    precondition(Array(filter.rawValue.utf8) == filterBytes)
    guard let topic, let exact = try? TopicFilter(utf8: topicBytes.span) else { return }
    for dialect in TopicDialect.allCases {
        let expected = TopicOracle.matches(filterBytes, topicBytes, dialect)
        precondition(filter.matches(topic, dialect: dialect) == expected)
        // A topic is a filter that only itself matches.
        precondition(exact.matches(topic, dialect: dialect))
        precondition(filter.overlaps(exact, dialect: dialect) == expected)
        precondition(exact.overlaps(filter, dialect: dialect) == expected)
        precondition(filter.covers(exact, dialect: dialect) == expected)
    }
}

private func checkShared(_ bytes: [UInt8]) {
    guard let subscription = try? SubscriptionFilter(utf8: bytes.span) else { return }
    precondition(Array(subscription.rawValue.utf8) == bytes)
    let again = try? SubscriptionFilter(subscription.rawValue)
    precondition(again == subscription)
}

/// Bytes as a program over an index: changes, snapshots and matches, beside a plain list.
func fuzzTopicsIndex(_ input: UnsafeRawBufferPointer) {
    guard input.count > 2, input.count <= 4096 else { return }
    let dialect: TopicDialect = input[0] & 1 == 0 ? .oasis : .aws
    var index = SubscriptionIndex<UInt8, Int>(
        dialect: dialect,
        limits: SubscriptionLimits(maximumSubscriptions: 300, maximumFilterLevels: 100),
        seed: UInt64(input[1])
    )
    var list: [IndexOracleEntry] = []
    var kept: (SubscriptionSnapshot<UInt8, Int>, [IndexOracleEntry])?
    var at = 2
    var step = 0
    while at < input.count {
        step += 1
        let operation = input[at]
        let subscriber = operation >> 4
        var end = at + 1
        while end < input.count, input[end] != 0xFF { end += 1 }
        let text = Array(input[(at + 1)..<end])
        at = end + 1
        switch operation & 15 {
        case 0...7: insert(&index, &list, text, subscriber, step)
        case 8, 9:
            guard let filter = try? SubscriptionFilter(utf8: text.span) else { continue }
            let position = list.firstIndex { $0.filter == filter && $0.subscriber == subscriber }
            let old = position.map { list.remove(at: $0).options }
            precondition(index.remove(filter, subscriber) == old)
        case 10:
            let before = list.count
            list.removeAll { $0.subscriber == subscriber }
            precondition(index.removeAll(of: subscriber) == before - list.count)
        case 11:
            kept = (index.snapshot(), list)
        default:
            compare(index.snapshot(), list, text, dialect)
            if let kept { compare(kept.0, kept.1, text, dialect) }
        }
        precondition(index.statistics.subscriptions == list.count)
    }
    for subscriber in 0..<UInt8(16) { index.removeAll(of: subscriber) }
    precondition(index.statistics.filters == 0 && index.statistics.shareGroups == 0)
}

private struct IndexOracleEntry {
    var filter: SubscriptionFilter
    var subscriber: UInt8
    var options: Int
}

private func insert(
    _ index: inout SubscriptionIndex<UInt8, Int>,
    _ list: inout [IndexOracleEntry],
    _ text: [UInt8],
    _ subscriber: UInt8,
    _ options: Int
) {
    guard let filter = try? SubscriptionFilter(utf8: text.span) else { return }
    let position = list.firstIndex { $0.filter == filter && $0.subscriber == subscriber }
    do throws(SubscriptionLimitError) {
        let old = try index.insert(filter, subscriber, options)
        precondition(old == position.map { list[$0].options })
        let entry = IndexOracleEntry(filter: filter, subscriber: subscriber, options: options)
        if let position { list[position] = entry } else { list.append(entry) }
    } catch {
        precondition(position == nil)
        precondition(list.count == 300 || filter.topicFilter.levelCount > 100)
    }
}

private func compare(
    _ snapshot: SubscriptionSnapshot<UInt8, Int>,
    _ list: [IndexOracleEntry],
    _ text: [UInt8],
    _ dialect: TopicDialect
) {
    guard let topic = try? TopicName(utf8: text.span) else { return }
    var sum = 0
    var count = 0
    snapshot.forEachMatch(topic.view) { match in
        count += 1
        sum &+= match.options &* 31 &+ Int(match.subscriber) &+ (match.group == nil ? 0 : 1 << 40)
    }
    for entry in list
    where TopicOracle.matches(Array(entry.filter.topicFilter.rawValue.utf8), text, dialect) {
        count -= 1
        sum &-=
            entry.options &* 31 &+ Int(entry.subscriber)
            &+ (entry.filter.shareName == nil ? 0 : 1 << 40)
    }
    precondition(count == 0 && sum == 0)
}

/// The rules of §4.7 as plainly as possible.
private enum TopicOracle {
    static func levels(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && bytes.count <= 65_535 && !bytes.contains(0)
            && String(validating: bytes, as: UTF8.self) != nil
    }

    static func isTopic(_ bytes: [UInt8]) -> Bool {
        isText(bytes) && !bytes.contains(UInt8(ascii: "+")) && !bytes.contains(UInt8(ascii: "#"))
    }

    static func isFilter(_ bytes: [UInt8]) -> Bool {
        guard isText(bytes) else { return false }
        let levels = levels(bytes)
        for (i, level) in levels.enumerated() {
            if level.contains(UInt8(ascii: "#")), level.count > 1 || i < levels.count - 1 {
                return false
            }
            if level.contains(UInt8(ascii: "+")), level.count > 1 { return false }
        }
        return true
    }

    static func matches(_ filter: [UInt8], _ topic: [UInt8], _ dialect: TopicDialect) -> Bool {
        let plus = [UInt8(ascii: "+")][...]
        let hash = [UInt8(ascii: "#")][...]
        let filter = levels(filter)
        let topic = levels(topic)
        if topic[0].first == UInt8(ascii: "$"), filter[0] == plus || filter[0] == hash {
            return false
        }
        for (i, level) in filter.enumerated() {
            if level == hash {
                return topic.count > i || (dialect == .oasis && topic.count == i)
            }
            guard i < topic.count, level == plus || level == topic[i] else { return false }
        }
        return filter.count == topic.count
    }
}
