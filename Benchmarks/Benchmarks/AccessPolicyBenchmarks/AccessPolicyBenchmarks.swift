import AccessPolicy
import BenchmarkSupport
import IoTTime

/// A device's policy as the service's guide writes them: ten statements, two of them with
/// variables.
@main
enum AccessPolicyBenchmarks {
    static func main() throws {
        let account = "arn:aws:iot:us-east-1:123456789012:"
        func statement(_ action: String, _ resource: String, _ effect: String = "Allow") -> String {
            #"{"Effect":"\#(effect)","Action":"\#(action)","Resource":"\#(account)\#(resource)"}"#
        }
        let statements = [
            statement("iot:Connect", "client/${iot:ClientId}"),
            statement("iot:Publish", "topic/alarms/*/${iot:Connection.Thing.ThingName}", "Deny"),
            statement("iot:Publish", "topic/site/+/config", "Deny"),
            statement("iot:Publish", "topic/fleet/broadcast"),
            statement("iot:Publish", "topic/firmware/*/ack"),
            statement("iot:Publish", "topic/logs/*"),
            statement("iot:Publish", "topic/jobs/*"),
            statement("iot:Publish", "topic/dt/lights/*"),
            statement("iot:Publish", "topic/cmd/*/res"),
            statement(
                "iot:Publish",
                "topic/device/${iot:ClientId}/${iot:Connection.Thing.ThingName}/*"
            ),
        ]
        let text = #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
        let policy = try PolicyDocument(text)
        let policies = PolicySet([("device", policy)])
        var context = AuthorizationContext(now: WallClock(milliseconds: 1_700_000_000_000))
        context.set(.clientID, to: "lamp-4711")
        context.set(.thingName, to: "lamp-4711")
        context.set(.sourceIP, to: "203.0.113.9")
        let topics = ["device/lamp-4711/lamp-4711/state", "device/lamp-4712/lamp-4712/state"]
        let resources = topics.map { Array("\(account)topic/\($0)".utf8) }
        let document = Array(text.utf8)

        let program = BenchmarkProgram("AccessPolicy")

        // Half of the requests are allowed, half denied; every statement for PUBLISH is looked at.
        program.compare(
            "policy/decide 10 statements, 2 variables",
            count: 200_000,
            expect: 100_000,
            bar: 1_000
        ) {
            count in
            var allowed: UInt64 = 0
            for index in 0..<count {
                let resource = resources[index & 1]
                if policies.decide(.publish, on: resource.span, in: context).isAllowed {
                    allowed += 1
                }
            }
            return allowed
        }

        // 20,000 documents a second are 50,000 ns each.
        program.compare(
            "policy/parse and compile 10 statements",
            count: 2_000,
            expect: 20_000,
            bar: 50_000
        ) {
            count in
            var statements: UInt64 = 0
            for _ in 0..<count {
                guard let policy = try? PolicyDocument(document.span) else { continue }
                blackHole(PolicySet([("device", policy)]))
                statements += UInt64(policy.statementCount)
            }
            return statements
        }

        let long = Array("\(account)topic/\(String(repeating: "a", count: 20_000))".utf8)
        let hard = try PolicyDocument(
            #"{"Version":"2012-10-17","Statement":\#(statement("iot:Publish", "topic/*" + String(repeating: "a", count: 1_000) + "b*"))}"#
        )
        let hardSet = PolicySet([("hard", hard)])
        program.compare("policy/pattern *a…ab* of 1,000 on 20,000", count: 50, expect: 0) { count in
            var allowed: UInt64 = 0
            for _ in 0..<count where hardSet.decide(.publish, on: long.span, in: context).isAllowed
            {
                allowed += 1
            }
            return allowed
        }
        program.finish()
    }
}
