import AccessPolicy
import IoTTestSupport
import IoTTime
import Testing

/// Random statements over a small world, so that they often meet.
private struct RandomPolicies {
    var random: SplitMix64

    mutating func statement() -> String {
        let effect = random.oneIn(3) ? "Deny" : "Allow"
        let action = random.pick(["iot:Publish", "iot:*", "iot:Subscribe", "*", "iot:pub*"])
        let resource = random.pick([
            "*", "arn:aws:iot:r:1:topic/a", "arn:aws:iot:r:1:topic/*",
            "arn:aws:iot:r:1:topic/${iot:ClientId}", "arn:aws:iot:r:1:topic/?",
            "arn:aws:iot:r:1:topic/${iot:CertificateId}",
        ])
        let actionName = random.oneIn(5) ? "NotAction" : "Action"
        let resourceName = random.oneIn(5) ? "NotResource" : "Resource"
        let condition = random.pick([
            "", "",
            #","Condition":{"StringEquals":{"iot:ClientId":"a"}}"#,
            #","Condition":{"StringNotLike":{"iot:ClientId":"a*"}}"#,
            #","Condition":{"ForAnyValue:StringEquals":{"iot:ConnectAttributes":["LastWill"]}}"#,
            #","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        ])
        return
            #"{"Effect":"\#(effect)","\#(actionName)":"\#(action)","\#(resourceName)":"\#(resource)"\#(condition)}"#
    }

    mutating func context() -> AuthorizationContext {
        var context = AuthorizationContext(now: .epoch)
        if !random.oneIn(4) { context.set(.clientID, to: random.pick(["a", "b", "*", "ab"])) }
        if random.oneIn(2) { context.set(.sourceIP, to: random.pick(["10.1.1.1", "8.8.8.8"])) }
        if random.oneIn(2) {
            context.set(.connectAttributes, to: ["PersistentConnect", "LastWill"])
        }
        return context
    }
}

@Suite("AWS IoT policies: evaluation")
struct PolicySetTests {
    func set(_ statements: [String]) throws -> PolicySet {
        let json = #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
        return PolicySet([("p", try PolicyDocument(json))])
    }

    @Test("§6 adding a Deny never allows more; the order of statements is irrelevant")
    func properties() throws {
        var worlds = RandomPolicies(random: SplitMix64(seed: 11))
        var decisions: Set<Bool> = []
        for _ in 0..<1_000 {
            let count = 1 + worlds.random.below(5)
            var statements = (0..<count).map { _ in worlds.statement() }
            let context = worlds.context()
            let resource = worlds.random.pick([
                "arn:aws:iot:r:1:topic/a", "arn:aws:iot:r:1:topic/b", "arn:aws:iot:r:1:topic/*",
            ])
            let before = try set(statements).decide(.publish, on: resource, in: context)
            decisions.insert(before.isAllowed)
            statements.shuffle(using: &worlds.random)
            let shuffled = try set(statements).decide(.publish, on: resource, in: context)
            #expect(shuffled.isAllowed == before.isAllowed)
            let deny = worlds.statement().replacing("\"Allow\"", with: "\"Deny\"")
            let after = try set(statements + [deny]).decide(.publish, on: resource, in: context)
            #expect(before.isAllowed || !after.isAllowed)
        }
        #expect(decisions == [true, false])
    }

    @Test("§6 decide and explain agree, and explain names who decided")
    func explains() throws {
        var worlds = RandomPolicies(random: SplitMix64(seed: 12))
        for _ in 0..<400 {
            let set = try set((0..<4).map { _ in worlds.statement() })
            let context = worlds.context()
            let resource = "arn:aws:iot:r:1:topic/a"
            let explanation = set.explain(.publish, on: resource, in: context)
            #expect(explanation.decision == set.decide(.publish, on: resource, in: context))
            switch explanation.decision {
            case .allowed:
                #expect(explanation.denying == [] && explanation.allowing == ["p"])
            case .explicitDeny: #expect(explanation.denying == ["p"])
            case .implicitDeny:
                #expect(explanation.denying == [] && explanation.allowing == [])
            }
        }
    }

    @Test("TestAuthorization: missing context values are named once")
    func missing() throws {
        let statement =
            #"{"Sid":"own","Effect":"Allow","Action":"iot:Publish","Resource":["arn:aws:iot:r:1:topic/${iot:Connection.Thing.ThingName}","arn:aws:iot:r:1:x/${iot:Connection.Thing.ThingName}"]}"#
        let explanation = try set([statement])
            .explain(.publish, on: "arn:aws:iot:r:1:topic/t", in: AuthorizationContext(now: .epoch))
        #expect(explanation.decision == .implicitDeny)
        #expect(explanation.missingContextValues == ["iot:connection.thing.thingname"])
        #expect(explanation.description.contains("p#0 (own) Allow: other resource"))
    }

    @Test("a boundary must allow too, and an empty one allows nothing")
    func boundary() throws {
        let all = try PolicyDocument(
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
        )
        let some = try PolicyDocument(
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}}"#
        )
        let context = AuthorizationContext(now: .epoch)
        let bounded = PolicySet([("all", all)], boundary: [("some", some)])
        #expect(bounded.decide(.connect, on: "*", in: context).isAllowed)
        #expect(bounded.decide(.publish, on: "*", in: context) == .implicitDeny)
        let closed = PolicySet([("all", all)], boundary: [])
        #expect(closed.decide(.connect, on: "*", in: context) == .implicitDeny)
    }

    @Test("§5 dates, numbers and the clock of the request")
    func clock() throws {
        let statement =
            #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2024-01-01"},"NumericGreaterThan":{"aws:EpochTime":1600000000}}}"#
        let set = try set([statement])
        let early = AuthorizationContext(now: WallClock(milliseconds: 1_700_000_000_000))
        let late = AuthorizationContext(now: WallClock(milliseconds: 1_710_000_000_000))
        #expect(set.decide(.connect, on: "*", in: early).isAllowed)
        #expect(!set.decide(.connect, on: "*", in: late).isAllowed)
    }

    @Test("§4 a comma in a certificate's name needs a backslash in the policy")
    func distinguishedNames() throws {
        let statement =
            #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"iot:Certificate.Subject.Organization":"Example\\, Inc"}}}"#
        var context = AuthorizationContext(now: .epoch)
        context.set(ContextKey("iot:Certificate.Subject.Organization"), to: ["Example, Inc"])
        #expect(try set([statement]).decide(.connect, on: "*", in: context).isAllowed)
    }
}

@Suite("Client identifiers and reserved topics")
struct EdgeRuleTests {
    @Test("a client identifier with + # * ? $ / is refused unless allowed by name")
    func clientIdentifiers() {
        let rule = ClientIdentifierRule(allowing: ["factory/1"])
        for bad in ["a+", "#", "a*b", "?", "$aws", "a/b"] {
            #expect(rule.firstRefused(in: bad) != nil)
        }
        for good in ["device-1", "a:b_c", "factory/1", "é"] {
            #expect(rule.firstRefused(in: good) == nil)
        }
    }

    @Test(
        "§10 no client publishes where only the endpoint speaks",
        arguments: [
            ("$aws/events/presence/connected/c", true), ("$aws/events", true),
            ("$aws/things/t/shadow/update/accepted", true),
            ("$aws/things/t/shadow/name/n/get/rejected", true),
            ("$aws/things/t/shadow/update/delta", true),
            ("$aws/things/t/shadow/update/documents", true),
            ("$aws/things/t/jobs/notify-next", true),
            ("$aws/things/t/streams/s/data/cbor", true),
            ("$aws/things/t/streams/s/get/cbor", false),
            ("$aws/things/t/shadow/update", false),
            ("$aws/things/accepted/shadow/get", false),
            ("$aws/rules/r/accepted", false),
            ("my/accepted", false), ("accepted", false),
        ]
    )
    func reserved(topic: String, isReserved: Bool) {
        let bytes = Array(topic.utf8)
        #expect(ReservedTopic.isForEndpointOnly(bytes.span) == isReserved)
    }
}
