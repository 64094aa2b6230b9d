internal import MQTTCodec
internal import MQTTTopics

// From an accepted message to those who subscribed to it.

extension Broker {
    /// Takes ownership of a message: stores it if it is to be retained, and queues it for
    /// every matching session. [MQTT-4.5.0-1]
    ///
    /// - Returns: how many sessions it was meant for; 1 for one that ends at the tap.
    @discardableResult
    mutating func accept(_ message: Message, _ source: Source, at now: Now) -> Int {
        if configuration.publishedTap != .none { tap(message, source) }
        if !configuration.unroutedTopicPrefixes.isEmpty, isUnrouted(message) { return 1 }
        if message.retain {
            if message.isEmpty {
                let content = message.content
                forgetRetained(content)
                retained.remove(content.topicName)
            } else {
                keepRetained(message, at: now)
                retained.insert(message)
            }
        }
        return route(message, at: now)
    }

    /// True when the retained store has room for the message, or need not grow.
    func canRetain(_ message: Message) -> Bool {
        guard message.retain, !message.isEmpty, !isUnrouted(message) else { return true }
        let content = message.content
        if let old = retained[content.topicName] {
            return retained.byteCount - old.byteCount + message.byteCount
                <= configuration.maximumRetainedBytes
        }
        return retained.count < configuration.maximumRetainedMessages
            && retained.byteCount + message.byteCount <= configuration.maximumRetainedBytes
    }

    /// Matches once, merges what overlapping subscriptions of one session ask for into a
    /// single copy ([MQTT-3.3.4-2], [MQTT-3.3.4-4]), and delivers.
    private mutating func route(_ message: Message, at now: Now) -> Int {
        var matches = self.matches
        self.matches = []
        let content = message.content
        collectMatches(content.topicName, from: message.publisher, into: &matches)
        defer {
            matches.removeAll(keepingCapacity: matches.capacity <= 4_096)
            self.matches = matches
        }
        if matches.count == 1 {
            deliver(message, to: matches[0].session, merged(matches[0], message), at: now)
            return 1
        }
        matchEpoch &+= 1
        var merges = self.merges
        self.merges = []
        for match in matches {
            let session = match.session
            guard let mark = sessions[session]?.mark else { continue }
            if mark.epoch == matchEpoch {
                merges[mark.position].merge.add(merged(match, message))
            } else {
                sessions[session]?.mark = (matchEpoch, merges.count)
                merges.append((session, merged(match, message)))
            }
        }
        for (session, merge) in merges { deliver(message, to: session, merge, at: now) }
        let count = merges.count
        merges.removeAll(keepingCapacity: merges.capacity <= 4_096)
        self.merges = merges
        return count
    }

    /// Everybody who gets the message: of each share group one member.
    mutating func collectMatches(
        _ topic: Span<UInt8>,
        from publisher: SlotKey?,
        into matches: inout [Match]
    ) {
        var members: [Match] = []
        index.forEachMatch(TopicView(unchecked: topic)) { match in
            let excluded = match.options.parentLevels
            if excluded != 0, Int(excluded) == topic.levelCount {
                // The AWS dialect: what stands before `/#` does not match.
            } else if let group = match.group {
                members.append(Match(match.subscriber, match.options, group))
            } else if !(match.options.noLocal && match.subscriber == publisher) {
                matches.append(Match(match.subscriber, match.options, nil))
            }
        }
        var start = 0
        while start < members.count {
            var end = start + 1
            while end < members.count, members[end].group == members[start].group { end += 1 }
            matches.append(members[chooseMember(members[start..<end]) + start])
            start = end
        }
    }

    /// Which member of a share group is next: in turn, those that are connected first.
    ///
    /// - Returns: the position among `group`, which is not empty.
    mutating func chooseMember(_ group: ArraySlice<Match>) -> Int {
        sharedTurn &+= 1
        let offset = Int(truncatingIfNeeded: sharedTurn % UInt64(group.count))
        for step in 0..<group.count {
            let candidate = (offset + step) % group.count
            if sessions[group[group.startIndex + candidate].session]?.connection != nil {
                return candidate
            }
        }
        return offset
    }

    /// A subscription that matched.
    struct Match {
        let session: SlotKey
        let choices: SubscriptionChoices
        let group: ShareGroupIdentifier?

        init(
            _ session: SlotKey,
            _ choices: SubscriptionChoices,
            _ group: ShareGroupIdentifier?
        ) {
            self.session = session
            self.choices = choices
            self.group = group
        }
    }

    /// What the matching subscriptions of one session add up to.
    struct Merge {
        var qos: QoS
        var retain: Bool
        var identifiers: [UInt32]
        var group: ShareGroupIdentifier?

        mutating func add(_ other: Merge) {
            qos = max(qos, other.qos)
            retain = retain || other.retain
            identifiers += other.identifiers
            group = group ?? other.group
        }
    }

    /// One subscription's share. [MQTT-3.8.4-8] [MQTT-3.3.1-12] [MQTT-3.3.1-13]
    func merged(_ match: Match, _ message: Message) -> Merge {
        let choices = match.choices
        return Merge(
            qos: min(choices.qos, message.qos),
            retain: choices.retainAsPublished && message.retain,
            identifiers: choices.identifier == 0 ? [] : [choices.identifier],
            group: match.group
        )
    }
}
