#if Endpoint
import CloudEndpoint
import Foundation
import Logging
import Synchronization
import Testing

/// Rules of a running endpoint: messages come in by REST, and go where the actions say.
@Suite("Rules of the endpoint")
struct RulesTests {
    private func withRules(
        _ rules: String,
        token: String? = nil,
        shadowFile: Bool = false,
        _ configure: (inout RulesConfiguration) -> Void = { _ in },
        _ body: (HTTPClient, RulesEngine) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        var rulesConfiguration = RulesConfiguration()
        rulesConfiguration.dataFolder = folder.path
        configure(&rulesConfiguration)
        let engine = RulesEngine(
            rulesConfiguration,
            logger: Logger(label: "rules") { _ in SwiftLogNoOpLogHandler() }
        )
        try folder.write("rules.json", Array("{\"rules\": \(rules)}".utf8))
        try engine.load(folder.path + "/rules.json")
        try await withEndpoints { configuration in
            var http = CloudEndpoint.HTTPConfiguration(listeners: [.init(port: 0)])
            http.adminToken = token
            http.filesFolder = folder.path
            configuration.http = http
            configuration.rules = engine
            if shadowFile {
                configuration.shadowDatabase = try ShadowDatabase(path: folder.path + "/shadows")
            }
        } _: { addresses in
            let port = addresses.first { $0.scheme == "http" }?.port ?? 0
            try await body(HTTPClient(port: port), engine)
        }
    }

    private func publish(_ http: HTTPClient, _ topic: String, _ payload: String) async throws {
        let path = "/topics/" + topic.split(separator: "/").joined(separator: "%2F") + "?qos=1"
        let answer = try await http.send("POST", path, body: Array(payload.utf8))
        #expect(answer.status == 200, "\(answer.text)")
    }

    /// Waits, far longer than it takes even under load.
    private func until(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while try await !condition() {
            try #require(ContinuousClock.now < deadline, "it never happened")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The payload retained for a topic, once there is one.
    private func retained(_ http: HTTPClient, _ topic: String) async throws -> String {
        let path = "/retainedMessage/" + topic.split(separator: "/").joined(separator: "%2F")
        try await until { try await http.get(path).status == 200 }
        let body = Data(try await http.get(path).body)
        let json = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        let text = try #require(json["payload"] as? String)
        return String(decoding: Data(base64Encoded: text) ?? Data(), as: UTF8.self)
    }

    @Test("republish: the output, a topic from a template, WHERE decides")
    func republish() async throws {
        try await withRules(
            """
            {"hot": {"sql": "SELECT temperature AS t, topic(2) AS d FROM 'in/+' WHERE temperature > 50",
              "awsIotSqlVersion": "2016-03-23",
              "actions": [{"republish": {"topic": "out/${topic(2)}", "qos": 1, "retain": true}}]}}
            """
        ) { http, engine in
            try await publish(http, "in/cold", #"{"temperature": 10}"#)
            try await publish(http, "other/x", #"{"temperature": 90}"#)
            try await publish(http, "in/a", #"{"temperature": 60}"#)
            #expect(try await retained(http, "out/a") == #"{"t":60,"d":"a"}"#)
            try await until { engine.metrics(of: "hot")?.succeededActions == 1 }
            #expect(engine.metrics(of: "hot")?.matched == 2)
            #expect(engine.metrics(of: "hot")?.fired == 1)
            #expect(engine.metrics(of: "hot")?.failed == 0)
        }
    }

    @Test("MQTT 5 properties: get_mqtt_property and get_user_properties see what was published")
    func properties() async throws {
        try await withRules(
            """
            {"all": {"sql": "SELECT get_mqtt_property('content_type') AS c, get_mqtt_property('correlation_data') AS d, get_mqtt_property('format_indicator') AS f, get_mqtt_property('response_topic') AS r, get_user_properties('k') AS k, get_user_properties() AS a FROM 'in/+'",
              "awsIotSqlVersion": "2016-03-23",
              "actions": [{"republish": {"topic": "out/${topic(2)}", "retain": true}}]}}
            """
        ) { http, _ in
            let user = Data(#"[{"k": "1"}, {"other": "x"}, {"k": "2"}]"#.utf8)
            let answer = try await http.send(
                "POST",
                "/topics/in%2Fa?contentType=text%2Fplain&responseTopic=answers",
                [
                    "x-amz-mqtt5-payload-format-indicator": "UTF8_DATA",
                    "x-amz-mqtt5-correlation-data": "AP8=",
                    "x-amz-mqtt5-user-properties": user.base64EncodedString(),
                ],
                body: Array("{}".utf8)
            )
            #expect(answer.status == 200)
            #expect(
                try await retained(http, "out/a")
                    == #"{"c":"text/plain","d":"AP8=","f":"UTF8_DATA","r":"answers","#
                    + "\"k\":[\"1\",\"2\"],"
                    + #""a":[{"k":"1"},{"other":"x"},{"k":"2"}]}"#
            )
            // Without properties nothing of them is defined.
            try await publish(http, "in/b", "{}")
            #expect(try await retained(http, "out/b") == "{}")
        }
    }

    @Test("file, table, closure and HTTP: each gets what the statement selected")
    func actions() async throws {
        let outputs = Mutex<[RuleOutput]>([])
        try await withRules(
            """
            {"all": {"sql": "SELECT *, topic(2) AS device FROM 'in/+'", "actions": [
              {"file": {"name": "${topic(2)}.jsonl"}}, {"log": {"level": "debug"}},
              {"sqlite": {"table": "readings", "columns": ["device", "temperature"]}},
              {"closure": {"name": "seen"}}]}}
            """,
            { $0.closures["seen"] = { output in outputs.withLock { $0.append(output) } } }
        ) { http, engine in
            // The rule's HTTP request goes to this endpoint itself, which did not know its port.
            let post = """
                {"sql": "SELECT temperature FROM 'in/+'", "actions": [{"http": {
                "url": "http://127.0.0.1:\(http.port)/topics/posted/${topic(2)}?retain=true",
                "headers": [{"key": "X-Device", "value": "${topic(2)}"}]}}]}
                """
            let put = try await http.send("PUT", "/rules/post", body: Array(post.utf8))
            #expect(put.status == 200, "\(put.text)")
            for temperature in 1...3 {
                try await publish(http, "in/a", "{\"temperature\": \(temperature)}")
            }
            try await until {
                engine.metrics(of: "all")?.succeededActions == 12
                    && engine.metrics(of: "post")?.succeededActions == 3
            }
            let lines = try await http.get("/files/a.jsonl").text
            #expect(
                lines == (1...3).map { "{\"temperature\": \($0),\"device\":\"a\"}\n" }.joined()
                    || lines
                        == (1...3).map { "{\"temperature\":\($0),\"device\":\"a\"}\n" }.joined(),
                "\(lines)"
            )
            #expect(outputs.withLock { $0.map(\.topic) } == ["in/a", "in/a", "in/a"])
            #expect(outputs.withLock { $0.first?.ruleName } == "all")
            _ = try await retained(http, "posted/a")
        }
    }

    @Test("Basic Ingest: the rule runs, subscribers and the retained store see nothing")
    func basicIngest() async throws {
        try await withRules(
            """
            {"direct": {"sql": "SELECT topic() AS t FROM 'never/matches'", "actions": [
              {"republish": {"topic": "direct", "retain": true}}]},
             "everything": {"sql": "SELECT topic() AS t FROM '#'", "actions": []}}
            """
        ) { http, engine in
            let answer = try await http.send(
                "POST",
                "/topics/%24aws%2Frules%2Fdirect%2Fa%2Fb?retain=true",
                body: []
            )
            #expect(answer.status == 200)
            #expect(try await retained(http, "direct") == #"{"t":"a/b"}"#)
            let kept = try await http.get("/retainedMessage/%24aws%2Frules%2Fdirect%2Fa%2Fb")
            #expect(kept.status == 404)
            #expect(engine.metrics(of: "direct")?.matched == 1)
            try await publish(http, "$aws/rules/missing/x", "{}")
            #expect(engine.unknownRuleMessages == 1)
        }
    }

    @Test("a rule that feeds itself ends at the depth limit, and its error action runs once")
    func loop() async throws {
        try await withRules(
            """
            {"loop": {"sql": "SELECT * FROM 'loop'", "actions": [{"republish": {"topic": "loop"}}],
              "errorAction": {"republish": {"topic": "failed/${topic()}", "retain": true}}}}
            """,
            { $0.maximumDepth = 3 }
        ) { http, engine in
            try await publish(http, "loop", #"{"n": 1}"#)
            try await until { engine.metrics(of: "loop")?.failed == 1 }
            // The first message and three generations.
            #expect(engine.metrics(of: "loop")?.matched == 4)
            #expect(engine.metrics(of: "loop")?.succeededActions == 3)
            #expect(try await retained(http, "failed/loop").contains("too many rules"))
        }
    }

    @Test(
        "shadows take requests from rules and from HTTP; a loop through one ends at the depth limit",
        arguments: [false, true]
    )
    func shadows(isKept: Bool) async throws {
        try await withRules(
            """
            {"report": {"sql": "SELECT celsius AS state.reported.celsius FROM 'device/+/telemetry'",
              "actions": [{"republish": {"topic": "$$aws/things/${topic(2)}/shadow/update"}}]},
             "loop": {"sql": "SELECT state FROM '$aws/things/loop/shadow/update/accepted'",
              "actions": [{"republish": {"topic": "$$aws/things/loop/shadow/update"}}]}}
            """,
            shadowFile: isKept,
            { $0.maximumDepth = 3 }
        ) { http, engine in
            try await publish(http, "device/d1/telemetry", #"{"celsius": 21}"#)
            try await until { try await http.get("/things/d1/shadow").status == 200 }
            let shadow = try await http.get("/things/d1/shadow").text
            #expect(shadow.contains(#""reported":{"celsius":21}"#), "\(shadow)")

            let update = #"{"state":{"reported":{"a":1}}}"#
            try await publish(http, "$aws/things/d2/shadow/update", update)
            try await until { try await http.get("/things/d2/shadow").status == 200 }

            try await publish(http, "$aws/things/loop/shadow/update", update)
            try await until { engine.metrics(of: "loop")?.failedActions == 1 }
            #expect(engine.metrics(of: "loop")?.matched == 4)
            #expect(engine.metrics(of: "loop")?.succeededActions == 3)
        }
    }

    @Test("the error action gets rule, topic, payload and each failure")
    func errorAction() async throws {
        try await withRules(
            """
            {"bad": {"sql": "SELECT * FROM 'in'", "actions": [
              {"file": {"name": "../${topic()}"}}, {"republish": {"topic": "a/#"}},
              {"http": {"url": "http://127.0.0.1:1/x"}}],
              "errorAction": {"republish": {"topic": "failed/${topic()}", "retain": true}}}}
            """
        ) { http, engine in
            try await publish(http, "in", #"{"n": 1}"#)
            let text = try await retained(http, "failed/in")
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            )
            #expect(json["ruleName"] as? String == "bad")
            #expect(json["topic"] as? String == "in")
            #expect(
                json["base64OriginalPayload"] as? String
                    == Data(#"{"n": 1}"#.utf8).base64EncodedString()
            )
            let failures = try #require(json["failures"] as? [[String: String]])
            #expect(
                Set(failures.compactMap { $0["failedAction"] }) == ["file", "republish", "http"]
            )
            #expect(engine.metrics(of: "bad")?.failed == 1)
            #expect(engine.metrics(of: "bad")?.failedActions == 3)
        }
    }

    @Test("functions that ask the outside world are Undefined without a host")
    func undefinedHost() async throws {
        try await withRules(
            """
            {"ask": {"sql": "SELECT get_thing_shadow('t', 'arn') AS s, 1 AS one FROM 'in'",
              "awsIotSqlVersion": "2016-03-23",
              "actions": [{"republish": {"topic": "out", "retain": true}}]}}
            """
        ) { http, _ in
            try await publish(http, "in", "{}")
            #expect(try await retained(http, "out") == #"{"one":1}"#)
        }
    }

    @Test("the admin API makes, shows, changes, switches and removes rules")
    func admin() async throws {
        try await withRules("{}") { http, engine in
            let rule = #"{"sql": "SELECT * FROM 'a'", "actions": []}"#
            let call = { (method: String, path: String, body: String) in
                try await http.send(method, path, body: Array(body.utf8))
            }
            #expect(try await call("POST", "/rules/r", rule).status == 200)
            let again = try await call("POST", "/rules/r", rule)
            #expect(again.status == 409)
            #expect(again.headers["x-amzn-errortype"] == "ResourceAlreadyExistsException")
            #expect(try await http.get("/rules").text.contains("\"topicPattern\":\"a\""))
            #expect(try await call("PATCH", "/rules/r", #"{"ruleDisabled": true}"#).status == 200)
            #expect(engine.isEnabled("r") == false)
            #expect(try await call("POST", "/rules/r/enable", "").status == 200)
            #expect(engine.isEnabled("r") == true)
            let wrong = try await call("PUT", "/rules/r", #"{"sql": "SELECT FROM", "actions": []}"#)
            #expect(wrong.status == 400)
            #expect(wrong.headers["x-amzn-errortype"] == "SqlParseException")
            #expect(
                try await call("PUT", "/rules/r", #"{"sql": "SELECT 1 AS a FROM 'b'"}"#).status
                    == 200
            )
            #expect(engine.topicFilter(of: "r") == "b")
            #expect(try await call("PUT", "/rules/r", #"{"sq": 1}"#).status == 400)
            #expect(try await call("PUT", "/rules/b-d", rule).status == 400)
            // Changes are in the file the rules came from.
            let file = try await http.get("/files/rules.json").text
            #expect(file.contains("SELECT 1 AS a FROM 'b'"), "\(file)")
            #expect(try await call("DELETE", "/rules/r", "").status == 200)
            #expect(try await call("DELETE", "/rules/r", "").status == 404)
            #expect(try await http.get("/rules").text == #"{"rules":[]}"#)
        }
    }

    @Test("administration is for this machine or a token, never for a web page or a proxy")
    func adminGuard() async throws {
        let token = "0123456789abcdef"
        try await withRules("{}", token: token) { http, _ in
            #expect(try await http.get("/rules").status == 200)
            for headers in [
                ["Origin": "http://localhost"], ["X-Forwarded-For": "1.2.3.4"],
                ["Host": "attacker.example"], ["Sec-Fetch-Site": "same-origin"],
            ] {
                #expect(try await http.get("/rules", headers).status == 403, "\(headers)")
            }
            let forwarded = ["X-Forwarded-For": "1.2.3.4", "Authorization": "Bearer \(token)"]
            #expect(try await http.get("/rules", forwarded).status == 200)
            for wrong in ["0123456789abcdeX", token + "0", "0123456789abcde"] {
                let headers = ["Authorization": "Bearer \(wrong)"]
                #expect(try await http.get("/rules", headers).status == 401, "\(wrong)")
            }
            let metrics = try await http.get("/metrics")
            #expect(metrics.status == 200)
            #expect(metrics.text.contains("# TYPE iot_broker_connections gauge\n"))
            #expect(metrics.text.contains("\niot_rules_dropped_messages_total 0\n"))
        }
    }

    @Test("serve reads rules again when their file changes; a broken file changes nothing")
    func reload() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/rules.json"
        let rule = { (name: String) in
            "{\"rules\": {\"\(name)\": {\"sql\": \"SELECT * FROM 'x'\", \"actions\": []}}}"
        }
        try folder.write("rules.json", Array(rule("first").utf8))
        let child = try ChildProcess(
            Program.iotCloud,
            ["serve", "--port", "0", "--http-port", "0", "--rules", file]
        )
        try #require(await child.waitForOutput("listening on http://127.0.0.1:"))
        let text = String(decoding: child.output, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.contains("http://") })
        let http = HTTPClient(port: try #require(Int(line.split(separator: ":").last ?? "")))
        #expect(try await http.get("/rules/first").status == 200)
        try folder.write("rules.json", Array("{ broken".utf8))
        try await until { String(decoding: child.errors, as: UTF8.self).contains("cannot be read") }
        #expect(try await http.get("/rules/first").status == 200)
        try folder.write("rules.json", Array(rule("second").utf8))
        try await until { try await http.get("/rules/second").status == 200 }
        #expect(try await http.get("/rules/first").status == 404)
        child.signal(SIGTERM)
        #expect(await child.wait().status == 0)
    }
}
#endif
