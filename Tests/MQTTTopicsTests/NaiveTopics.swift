import IoTTestSupport
import MQTTTopics

/// The rules of §4.7 over split strings, as slow and as plain as possible: the oracle.
enum NaiveTopics {
    static func levels(_ text: String) -> [String] {
        text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    static func matches(_ filter: String, _ topic: String, _ dialect: TopicDialect) -> Bool {
        let filter = levels(filter)
        let topic = levels(topic)
        if topic[0].hasPrefix("$"), ["+", "#"].contains(filter[0]) { return false }
        for (i, level) in filter.enumerated() {
            if level == "#" { return topic.count > i || (dialect == .oasis && topic.count == i) }
            guard i < topic.count, level == "+" || level == topic[i] else { return false }
        }
        return filter.count == topic.count
    }

    /// Whether a filter is valid, by regular reasoning over its levels.
    static func isValidFilter(_ text: String) -> Bool {
        let levels = levels(text)
        guard !text.isEmpty, !text.contains("\0") else { return false }
        for (i, level) in levels.enumerated() {
            if level.contains("#"), level != "#" || i != levels.count - 1 { return false }
            if level.contains("+"), level != "+" { return false }
        }
        return true
    }

    /// Every topic of one to `depth` levels over a small alphabet.
    static func allTopics(depth: Int) -> [String] {
        let alphabet = ["", "a", "b", "$a"]
        var all: [[String]] = [[]]
        var result: [String] = []
        for _ in 0..<depth {
            all = all.flatMap { head in alphabet.map { head + [$0] } }
            result += all.map { $0.joined(separator: "/") }
        }
        return result.filter { !$0.isEmpty }
    }

    /// Every valid filter of one to `depth` levels over a small alphabet.
    static func allFilters(depth: Int) -> [String] {
        let alphabet = ["", "a", "$a", "+"]
        var all: [[String]] = [[]]
        var result: [String] = ["#"]
        for level in 1...depth {
            all = all.flatMap { head in alphabet.map { head + [$0] } }
            result += all.map { $0.joined(separator: "/") }
            if level < depth { result += all.map { ($0 + ["#"]).joined(separator: "/") } }
        }
        return result.filter { !$0.isEmpty }
    }

    static func randomFilter(_ random: inout SplitMix64) -> String {
        var levels: [String] = []
        for _ in 0...random.below(6) {
            levels.append(random.pick(["a", "b", "", "+", "+", "long-level-name", "$x", "é"]))
        }
        if random.oneIn(4) { levels.append("#") }
        let text = levels.joined(separator: "/")
        return text.isEmpty ? "a" : text
    }

    static func randomTopic(_ random: inout SplitMix64) -> String {
        var levels: [String] = []
        for _ in 0...random.below(7) {
            levels.append(random.pick(["a", "b", "", "long-level-name", "$x", "é"]))
        }
        let text = levels.joined(separator: "/")
        return text.isEmpty ? "a" : text
    }
}
