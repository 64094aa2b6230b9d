internal import MQTTCodec

/// The retained message of each topic, kept by levels so that a filter visits only what can match.
struct RetainedStore: Sendable {
    private struct Node: Sendable {
        var parent: Int
        var level: [UInt8]
        var children: [[UInt8]: Int] = [:]
        var message: Message?
    }

    private static let separator = UInt8(ascii: "/")

    private var nodes = [Node(parent: 0, level: [])]
    private var free: [Int] = []

    /// How many messages are kept.
    private(set) var count = 0
    private var messageBytes = 0

    /// The size of all kept messages and of the nodes that lead to them, in bytes.
    var byteCount: Int { messageBytes + (nodes.count - free.count) * 160 }

    /// Keeps `message` as the only one of its topic ([MQTT-3.3.1-5]); O(bytes of the topic).
    mutating func insert(_ message: Message) {
        var node = 0
        let content = message.content
        for level in Self.levels(of: content.topicName) { node = child(of: node, level) }
        if let old = nodes[node].message {
            messageBytes -= old.byteCount
        } else {
            count += 1
        }
        nodes[node].message = message
        messageBytes += message.byteCount
    }

    /// Forgets the message of `topic` ([MQTT-3.3.1-6]) and every level that only it needed.
    mutating func remove(_ topic: Span<UInt8>) {
        guard let found = find(topic), let old = nodes[found].message else { return }
        nodes[found].message = nil
        count -= 1
        messageBytes -= old.byteCount
        prune(found)
    }

    /// The message of exactly this topic.
    subscript(topic: Span<UInt8>) -> Message? { find(topic).flatMap { nodes[$0].message } }

    /// Calls `body` for each message whose topic matches `filter`, a checked filter without a
    /// share name, in no promised order but always the same one for the same history of calls.
    ///
    /// `parentMatches` says whether `sport/#` matches `sport`; it does not in the AWS dialect.
    /// - Complexity: O(nodes that match a prefix of the filter).
    func forEachMatch(
        _ filter: Span<UInt8>,
        parentMatches: Bool,
        _ body: (Message) -> Void
    ) {
        let levels = Self.levels(of: filter)
        var stack = [(node: 0, depth: 0)]
        while let (node, depth) = stack.popLast() {
            if depth == levels.count {
                if let message = nodes[node].message { body(message) }
            } else if levels[depth] == [UInt8(ascii: "#")] {
                let own = depth > 0 && parentMatches
                visitAll(below: node, hidesDollar: depth == 0, including: own, body)
            } else if levels[depth] == [UInt8(ascii: "+")] {
                for child in sortedChildren(of: node, hidesDollar: depth == 0) {
                    stack.append((child, depth + 1))
                }
            } else if let child = nodes[node].children[levels[depth]] {
                stack.append((child, depth + 1))
            }
        }
    }

    private func visitAll(
        below top: Int,
        hidesDollar: Bool,
        including own: Bool,
        _ body: (Message) -> Void
    ) {
        if own, let message = nodes[top].message { body(message) }
        var stack = sortedChildren(of: top, hidesDollar: hidesDollar)
        while let node = stack.popLast() {
            if let message = nodes[node].message { body(message) }
            stack += sortedChildren(of: node, hidesDollar: false)
        }
    }

    /// Sorted by slot, because a dictionary's own order differs from process to process; without
    /// the levels that start with `$` where a wildcard may not match them ([MQTT-4.7.2-1]).
    private func sortedChildren(of node: Int, hidesDollar: Bool) -> [Int] {
        nodes[node].children
            .filter { !(hidesDollar && $0.key.first == UInt8(ascii: "$")) }
            .map(\.value)
            .sorted(by: >)
    }

    /// The levels of a topic or filter, empty ones too.
    private static func levels(of topic: Span<UInt8>) -> [[UInt8]] {
        var levels: [[UInt8]] = []
        var start = 0
        for index in topic.indices where topic[index] == separator {
            levels.append([UInt8](copying: topic.extracting(start..<index)))
            start = index + 1
        }
        levels.append([UInt8](copying: topic.extracting(start...)))
        return levels
    }

    private func find(_ topic: Span<UInt8>) -> Int? {
        var node = 0
        for level in Self.levels(of: topic) {
            guard let child = nodes[node].children[level] else { return nil }
            node = child
        }
        return node
    }

    private mutating func child(of node: Int, _ level: [UInt8]) -> Int {
        if let child = nodes[node].children[level] { return child }
        let new: Int
        if let index = free.popLast() {
            nodes[index] = Node(parent: node, level: level)
            new = index
        } else {
            new = nodes.count
            nodes.append(Node(parent: node, level: level))
        }
        nodes[node].children[level] = new
        return new
    }

    private mutating func prune(_ start: Int) {
        var node = start
        while node != 0, nodes[node].message == nil, nodes[node].children.isEmpty {
            let parent = nodes[node].parent
            nodes[parent].children[nodes[node].level] = nil
            nodes[node] = Node(parent: 0, level: [])
            free.append(node)
            node = parent
        }
    }
}
