import IoTTestSupport
import MQTTTopics
import Testing

@Suite("MQTT 5.0 §4.7 names and filters")
struct TopicFilterTests {
    private static func name(_ bytes: [UInt8]) throws -> TopicName {
        try TopicName(utf8: bytes.span)
    }

    @Test("[MQTT-4.7.3-1] an empty name or filter is refused")
    func refusesEmpty() {
        #expect(throws: TopicError(.empty, at: 0)) { try TopicName("") }
        #expect(throws: TopicError(.empty, at: 0)) { try TopicFilter("") }
    }

    @Test("[MQTT-4.7.3-2] U+0000 is refused where it stands")
    func refusesNull() {
        #expect(throws: TopicError(.nullCharacter, at: 2)) { try TopicName("a/\0") }
        #expect(throws: TopicError(.nullCharacter, at: 0)) { try TopicFilter("\0/#") }
    }

    @Test("[MQTT-4.7.3-3] 65,535 bytes pass, one more does not")
    func limitsBytes() throws {
        let most = String(repeating: "a", count: 65_535)
        #expect(try TopicName(most).rawValue == most)
        #expect(throws: TopicError(.tooManyBytes(limit: 65_535), at: 65_535)) {
            try TopicFilter(most + "a")
        }
    }

    @Test("limits of the AWS service: 256 bytes, 8 levels, basic ingest levels apart")
    func limitsOfAWS() throws {
        let bytes = String(repeating: "a", count: 256)
        _ = try TopicName(bytes, limits: .aws)
        #expect(throws: TopicError(.tooManyBytes(limit: 256), at: 256)) {
            try TopicName(bytes + "a", limits: .aws)
        }
        _ = try TopicFilter("1/2/3/4/5/6/7/8", limits: .aws)
        #expect(throws: TopicError(.tooManyLevels(limit: 8), at: 15)) {
            try TopicFilter("1/2/3/4/5/6/7/8/9", limits: .aws)
        }
        _ = try TopicName("$aws/rules/NAME/1/2/3/4/5/6/7/8", limits: .aws)
        #expect(throws: TopicError(.tooManyLevels(limit: 8), at: 31)) {
            try TopicName("$aws/rules/NAME/1/2/3/4/5/6/7/8/9", limits: .aws)
        }
    }

    @Test("[MQTT-4.7.0-1] [MQTT-3.3.2-2] [MQTT-3.3.2-14] a topic name has no wildcard")
    func refusesWildcardInName() throws {
        #expect(throws: TopicError(.wildcardInTopicName, at: 2)) { try TopicName("a/+") }
        #expect(throws: TopicError(.wildcardInTopicName, at: 1)) { try TopicName("a#") }
        #expect(try TopicFilter("a/+").isWildcard)
    }

    @Test("[MQTT-4.7.1-1] # stands alone and last")
    func placesHash() throws {
        #expect(throws: TopicError(.multiLevelWildcardNotAlone, at: 1)) { try TopicFilter("a#") }
        #expect(throws: TopicError(.multiLevelWildcardNotLast, at: 2)) { try TopicFilter("a/#/b") }
        #expect(try TopicFilter("a/#").matches(TopicName("a/b/c")))
    }

    @Test("[MQTT-4.7.1-2] + fills a whole level")
    func placesPlus() throws {
        #expect(throws: TopicError(.singleLevelWildcardNotAlone, at: 1)) { try TopicFilter("a+") }
        #expect(throws: TopicError(.singleLevelWildcardNotAlone, at: 2)) {
            try TopicFilter("a/+b")
        }
        #expect(try TopicFilter("+/+").matches(TopicName("/a")))
    }

    @Test("[MQTT-4.7.2-1] a filter that opens with a wildcard leaves $ topics alone")
    func hidesSystemTopics() throws {
        for filter in ["#", "+/a", "+/#"] {
            #expect(try !TopicFilter(filter).matches(TopicName("$SYS/a")))
        }
        #expect(try TopicFilter("$SYS/#").matches(TopicName("$SYS/a")))
        #expect(try TopicFilter("+/$SYS").matches(TopicName("a/$SYS")))
    }

    @Test("[MQTT-4.7.3-4] no normalisation: é in one and in two scalars are different")
    func comparesBytes() throws {
        let one = "\u{E9}"
        let two = "e\u{301}"
        #expect(one == two)
        #expect(try TopicFilter(one) != TopicFilter(two))
        #expect(try TopicName(one) != TopicName(two))
        #expect(try !TopicFilter(one).matches(TopicName(two)))
    }

    @Test("[MQTT-1.5.4-1] ill-formed UTF-8 is refused where it starts")
    func refusesIllFormed() {
        for bytes: [UInt8] in [[0x61, 0xC0, 0x80], [0x61, 0xED, 0xA0, 0x80], [0x61, 0xF4, 0x90]] {
            #expect(throws: TopicError(.illFormedUTF8, at: 1)) {
                try Self.name(bytes)
            }
        }
    }

    @Test("[MQTT-1.5.4-1] every scalar passes and every cut of it does not")
    func scalars() throws {
        for value in stride(from: UInt32(1), to: 0x11_0000, by: 311) {
            guard let scalar = Unicode.Scalar(value), value != 0x23, value != 0x2B else { continue }
            let bytes = Array(String(Character(scalar)).utf8)
            _ = try Self.name(bytes)
            for end in 1..<bytes.count {
                #expect(throws: TopicError(.illFormedUTF8, at: 0)) {
                    try Self.name(Array(bytes[..<end]))
                }
            }
        }
    }

    @Test("[MQTT-4.8.2-1] a shared subscription has a share name")
    func needsShareName() throws {
        #expect(throws: TopicError(.emptyShareName, at: 7)) { try SubscriptionFilter("$share//a") }
        let subscription = try SubscriptionFilter("$share/g/a/+")
        #expect(subscription.shareName?.rawValue == "g")
        #expect(try subscription.topicFilter == TopicFilter("a/+"))
        #expect(subscription.rawValue == "$share/g/a/+")
    }

    @Test("[MQTT-4.8.2-2] a share name has no wildcard, and / and a filter follow it")
    func checksShareName() {
        #expect(throws: TopicError(.separatorOrWildcardInShareName, at: 8)) {
            try SubscriptionFilter("$share/g+/a")
        }
        #expect(throws: TopicError(.missingSharedFilter, at: 8)) {
            try SubscriptionFilter("$share/g")
        }
        #expect(throws: TopicError(.missingSharedFilter, at: 9)) {
            try SubscriptionFilter("$share/g/")
        }
        #expect(throws: TopicError(.singleLevelWildcardNotAlone, at: 10)) {
            try SubscriptionFilter("$share/g/a+")
        }
        #expect(throws: TopicError(.emptyShareName, at: 0)) { try ShareName("") }
    }

    @Test("§4.7 every small filter against every small topic is as the oracle says")
    func agreesWithOracle() throws {
        let topics = NaiveTopics.allTopics(depth: 4)
        for text in NaiveTopics.allFilters(depth: 4) {
            let filter = try TopicFilter(text)
            for topic in topics {
                let name = try TopicName(topic)
                for dialect in TopicDialect.allCases {
                    let expected = NaiveTopics.matches(text, topic, dialect)
                    if filter.matches(name, dialect: dialect) != expected {
                        Issue.record("\(text) \(topic) \(dialect)")
                    }
                }
            }
        }
    }

    @Test(
        "§4.7 overlaps and covers are what all small topics say",
        arguments: TopicDialect.allCases
    )
    func relations(dialect: TopicDialect) throws {
        let topics = try NaiveTopics.allTopics(depth: 4).map { try TopicName($0) }
        let filters = try NaiveTopics.allFilters(depth: 3).map { try TopicFilter($0) }
        let sets = filters.map { filter in
            topics.map { filter.matches($0, dialect: dialect) }
        }
        var wrong: [String] = []
        for (i, a) in filters.enumerated() {
            for (j, b) in filters.enumerated() {
                let overlap = zip(sets[i], sets[j]).contains { $0 && $1 }
                let covered = !zip(sets[i], sets[j]).contains { !$0 && $1 }
                if a.overlaps(b, dialect: dialect) != overlap { wrong.append("\(a) overlaps \(b)") }
                if a.covers(b, dialect: dialect) != covered { wrong.append("\(a) covers \(b)") }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(10))")
    }
}
