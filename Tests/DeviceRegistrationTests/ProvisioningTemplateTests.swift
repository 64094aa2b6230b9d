import DeviceRegistration
import IoTTestSupport
import IoTTime
import JSONDocument
import Testing
import X509Verification
import X509VerificationOpenSSL

/// A template of one thing, made of a value for its name.
private func nameTemplate(_ value: String, _ more: String = "") -> String {
    """
    {"Parameters":{"A":{"Type":"String"},"B":{"Type":"String","Default":"b"}},\(more)
     "Resources":{"t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":\(value)}}}}
    """
}

private func policyTemplate(_ document: String) -> String {
    """
    {"Parameters":{"A":{"Type":"String"}},
     "Resources":{"p":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":\(document)}}}}
    """
}

private func evaluate(
    _ text: String,
    _ parameters: [String: String] = ["A": "a"]
) throws(TemplateError) -> ProvisioningPlan {
    try ProvisioningTemplate(text, kind: .bulk).evaluate(parameters, crypto: OpenSSLCrypto())
}

private func violation(
    _ text: String,
    _ parameters: [String: String] = ["A": "a"],
    kind: ProvisioningTemplate.Kind = .bulk
) -> TemplateError.Violation? {
    do throws(TemplateError) {
        _ = try ProvisioningTemplate(text, kind: kind)
            .evaluate(parameters, crypto: OpenSSLCrypto())
        return nil
    } catch {
        return error.violation
    }
}

@Suite("Provisioning templates: functions")
struct TemplateFunctionTests {
    @Test(
        "Ref, Fn::Join, Fn::Select, Fn::FindInMap, Fn::Split, Fn::Sub",
        arguments: [
            (#""x""#, "x"), (#"{"Ref":"A"}"#, "a"), (#"{"Ref":"B"}"#, "b"),
            (#"{"Fn::Join":["-",["x",{"Ref":"A"},"y"]]}"#, "x-a-y"),
            (#"{"Fn::Join":["",["x"]]}"#, "x"),
            (#"{"Fn::Join":["_",{"Fn::Split":[":","1:2:3"]}]}"#, "1_2_3"),
            (#"{"Fn::Select":[1,["x","y"]]}"#, "y"), (#"{"Fn::Select":["0",["x","y"]]}"#, "x"),
            (#"{"Fn::Select":[1,{"Fn::Split":["-","p-q-r"]}]}"#, "q"),
            (#"{"Fn::Select":[{"Fn::FindInMap":["M","k","n"]},["x","y"]]}"#, "y"),
            (#"{"Fn::FindInMap":["M",{"Ref":"A"},"n"]}"#, "mapped"),
            (#"{"Fn::Sub":"x-${A}-${B}"}"#, "x-a-b"),
            (#"{"Fn::Sub":["${v}${A}",{"v":{"Fn::Join":["",["1",{"Ref":"B"}]]}}]}"#, "1ba"),
            (#"{"Fn::Sub":["${A}",{"A":"own"}]}"#, "own"), (#"{"Fn::Sub":"plain"}"#, "plain"),
        ]
    )
    func functions(_ value: String, _ expected: String) throws {
        let mappings = #""Mappings":{"M":{"k":{"n":"1"},"a":{"n":"mapped"}}},"#
        #expect(try evaluate(nameTemplate(value, mappings)).thing?.name == expected)
    }

    @Test("Fn::Sub: ${!x} is the text ${x}, a lone $ is itself")
    func substitutionEscapes() throws {
        let text = policyTemplate(
            #"{"Resource":{"Fn::Sub":"cost $5 ${!iot:ClientId}/${A}$"},"Effect":"Allow"}"#
        )
        let plan = try evaluate(text)
        guard case .document(let document) = plan.policies[0].source else {
            Issue.record("no document")
            return
        }
        #expect(document["Resource"]?.string == "cost $5 ${iot:ClientId}/a$")
    }

    @Test(
        "What the grammar does not have is refused when the template is read, with its place",
        arguments: [
            (#"{"Ref":"C"}"#, TemplateError.Violation.unknownParameter("C")),
            (#"{"Fn::Sub":"${C}"}"#, .unknownParameter("C")),
            (#"{"Fn::Sub":"${A"}"#, .unterminatedVariable),
            (#"{"Fn::Nothing":[]}"#, .unknownFunction("Fn::Nothing")),
            (#"{"Fn::Join":["-"]}"#, .wrongArguments(function: "Fn::Join")),
            (#"{"Fn::Join":["-",["x"],"z"]}"#, .wrongArguments(function: "Fn::Join")),
            (#"{"Fn::FindInMap":["M","k","x"]}"#, .unknownMapping),
            (#"{"Fn::Split":["-","a-b"]}"#, .wrongKind(expected: "string")),
            (#"{"Ref":"A","Fn::Sub":"x"}"#, .wrongKind(expected: "one function")),
            (#"7"#, .wrongKind(expected: "string or function")),
            (#"{"Ref":1}"#, .wrongKind(expected: "string")),
            (#"{"Fn::Join":["-","x"]}"#, .wrongKind(expected: "array")),
        ]
    )
    func refusedEarly(_ value: String, _ expected: TemplateError.Violation) {
        let text = nameTemplate(value)
        #expect(throws: TemplateError.self) { try ProvisioningTemplate(text, kind: .bulk) }
        #expect(violation(text) == expected)
    }

    @Test("An error names the line, the column and the byte")
    func positions() {
        let text = "{\"Resources\":\n  {\"t\": {\"Type\":\"AWS::IoT::Thing\", \"é\": 1}}}"
        do throws(TemplateError) {
            _ = try ProvisioningTemplate(text, kind: .bulk)
            Issue.record("accepted")
        } catch {
            #expect(error.violation == .unknownMember("é"))
            #expect(error.line == 2)
            #expect(error.column == 36)
            #expect(Array(text.utf8)[error.offset...].starts(with: Array("\"é\"".utf8)))
        }
    }

    @Test(
        "What depends on parameters is refused when they are put in",
        arguments: [
            (#"{"Fn::Select":[2,["x","y"]]}"#, TemplateError.Violation.selectOutOfRange),
            (#"{"Fn::Select":["-1",["x"]]}"#, .selectOutOfRange),
            (#"{"Fn::Select":[0.5,["x"]]}"#, .selectOutOfRange),
            (#"{"Fn::Select":["99999999999999999999",["x"]]}"#, .selectOutOfRange),
            (#"{"Fn::Select":[{"Ref":"A"},["x"]]}"#, .selectOutOfRange),
            (#"{"Fn::Select":[0,[]]}"#, .selectOutOfRange),
            (#"{"Fn::Select":[0,{"Fn::Split":["",{"Ref":"A"}]}]}"#, .emptyDelimiter),
            (#"{"Fn::FindInMap":["M",{"Ref":"A"},"n"]}"#, .unknownMapping),
            (#""a b""#, .invalidName("ThingName")), (#""""#, .invalidName("ThingName")),
        ]
    )
    func refusedLate(_ value: String, _ expected: TemplateError.Violation) throws {
        _ = try ProvisioningTemplate(nameTemplate(value), kind: .bulk)
        #expect(violation(nameTemplate(value)) == expected)
    }

    @Test("16 nested functions, and no 17th")
    func depth() throws {
        func nested(_ count: Int) -> String {
            var value = #"{"Ref":"A"}"#
            for _ in 1..<count { value = #"{"Fn::Join":["",["# + value + "]]}" }
            return nameTemplate(value)
        }
        var limits = TemplateLimits.default
        limits.nesting = 128
        let template = try ProvisioningTemplate(nested(16), kind: .bulk, limits: limits)
        #expect(try template.evaluate(["A": "x"], crypto: OpenSSLCrypto()).thing?.name == "x")
        #expect(throws: TemplateError.self) {
            try ProvisioningTemplate(nested(17), kind: .bulk, limits: limits)
        }
    }

    @Test("10,240 characters, and no 10,241st")
    func length() throws {
        let base = nameTemplate(#""é""#)
        let rest = 10_240 - base.unicodeScalars.count
        #expect(violation(base + String(repeating: " ", count: rest)) == .invalidName("ThingName"))
        #expect(
            violation(base + String(repeating: " ", count: rest + 1)) == .tooLong(limit: 10_240)
        )
    }

    @Test("What is put together is bounded, however the functions multiply it")
    func budget() {
        var variables = #"{"Ref":"A"}"#
        for _ in 0..<14 {
            variables = #"{"Fn::Sub":["${v}${v}${v}${v}",{"v":"# + variables + "}]}"
        }
        var limits = TemplateLimits.default
        limits.nesting = 256
        #expect(throws: TemplateError.self) {
            try ProvisioningTemplate(nameTemplate(variables), kind: .bulk, limits: limits)
                .evaluate(["A": "aaaaaaaaaa"], crypto: OpenSSLCrypto())
        }
    }

    @Test("Parameters: declared ones need a value or a default, others are ignored")
    func parameters() throws {
        #expect(violation(nameTemplate(#""x""#), [:]) == .parameterMissing("A"))
        #expect(
            try evaluate(nameTemplate(#"{"Ref":"B"}"#), ["A": "", "B": "q", "C": "r"]).thing?.name
                == "q"
        )
        let name = "AWS::IoT::Certificate::Id"
        #expect(
            violation(nameTemplate(#""x""#), ["A": "a", name: "b"]) == .reservedParameter(name)
        )
        let long = String(repeating: "x", count: 65_536)
        #expect(violation(nameTemplate(#""x""#), ["A": long]) == nil)
        #expect(
            violation(nameTemplate(#""x""#), ["A": long + "x"])
                == .valueTooLong(parameter: "A", limit: 65_536)
        )
    }

    @Test(
        "Random templates end in a value or an error with a place inside the text",
        arguments: 0..<8
    )
    func random(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"Ref\"", "\"A\"", "\"Fn::Sub\"", "\"${A}\"", "1",
            "\"Fn::Join\"", "\"\"", "\"Resources\"", "\"Type\"", "\"Properties\"",
        ]
        for _ in 0..<500 {
            var value = ""
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                value += pieces.randomElement(using: &generator) ?? ""
            }
            let text = nameTemplate(value)
            do throws(TemplateError) {
                _ = try ProvisioningTemplate(text, kind: .bulk)
                    .evaluate(["A": "a"], crypto: OpenSSLCrypto())
            } catch {
                #expect((0...text.utf8.count).contains(error.offset))
            }
        }
    }
}

@Suite("Provisioning templates: values never widen what they are put into")
struct TemplateValueTests {
    private static let hazards = [
        "*", "?", "$", "{", "}", "\n", "\u{0}", "\u{7F}", "\u{85}", "+", "#",
    ]

    @Test("Action, Resource, conditions and names refuse * ? $ { } + # and control characters")
    func hazards() {
        let places = [
            policyTemplate(
                #"{"Statement":[{"Effect":"Allow","Action":["iot:Publish"],"Resource":[{"Fn::Join":["",["arn:x:topic/",{"Ref":"A"}]]}]}]}"#
            ),
            policyTemplate(
                #"{"Statement":{"Effect":"Allow","Action":{"Ref":"A"},"Resource":"*"}}"#
            ),
            policyTemplate(
                #"{"Statement":{"Condition":{"StringLike":{"iot:ClientId":{"Fn::Sub":"x${A}"}}}}}"#
            ),
            policyTemplate(#"{"Fn::Sub":"{\"Statement\":{\"Resource\":\"topic/${A}\"}}"}"#),
            nameTemplate(#"{"Ref":"A"}"#),
        ]
        for place in places {
            #expect(violation(place, ["A": "sensor-1"]) == nil, "\(place)")
            for hazard in Self.hazards {
                guard case .forbiddenCharacter = violation(place, ["A": "s" + hazard]) else {
                    Issue.record("\(hazard.debugDescription) passed in \(place)")
                    continue
                }
            }
        }
    }

    @Test("A text form is parsed before values stand in it: quotes and braces stay data")
    func injection() throws {
        let template = policyTemplate(
            #"{"Fn::Join":["",["{\"Statement\":[{\"Effect\":\"Allow\",\"Resource\":\"topic/",{"Ref":"A"},"\"}]}"]]}"#
        )
        let value = #"x","Action":"iot:all","y":"\"# + "\u{100000}"
        let plan = try evaluate(template, ["A": value])
        guard case .document(let document) = plan.policies[0].source else {
            Issue.record("no document")
            return
        }
        let statement = document["Statement"]?.array?.first
        #expect(statement?.object?.names == ["Effect", "Resource"])
        #expect(statement?["Resource"]?.string == "topic/" + value)
        // Written and read again it is the same tree.
        let again = try JSONValue(parsing: document.description)
        #expect(again == document)
    }

    @Test("A value outside of strings, as a member's name, or as Effect and Version is refused")
    func places() {
        #expect(
            violation(policyTemplate(#"{"Fn::Sub":"{\"Statement\":${A}}"}"#), ["A": "[]"])
                == .policyDocument(.unexpectedByte(0xF4))
        )
        #expect(
            violation(policyTemplate(#"{"Fn::Sub":"{\"${A}\":1}"}"#))
                == .valueNotAllowed(in: "member name")
        )
        for text in [
            #"{"Statement":{"Effect":{"Ref":"A"}}}"#,
            #"{"Fn::Sub":"{\"Statement\":{\"Effect\":\"${A}\"}}"}"#,
        ] {
            #expect(
                violation(policyTemplate(text), ["A": "Allow"]) == .valueNotAllowed(in: "Effect")
            )
        }
    }

    @Test("Characters that stand for values cannot be written by the template itself")
    func markers() {
        let raw = policyTemplate("{\"Fn::Sub\":\"{\\\"a\\\":\\\"\u{100000}\\\"}\"}")
        #expect(violation(raw) == .reservedCharacter)
        let escaped = policyTemplate(#"{"Fn::Sub":"{\"a\":\"\\udbc0\\udc05${A}\"}"}"#)
        #expect(violation(escaped) == .reservedCharacter)
    }

    @Test("Text of the template's own is not a value: mappings may hold wildcards")
    func ownText() throws {
        let text = """
            {"Parameters":{"A":{"Type":"String"}},"Mappings":{"M":{"eu":{"r":"arn:x:topic/eu/*"}}},
             "Resources":{"p":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":
             {"Statement":{"Resource":{"Fn::FindInMap":["M",{"Ref":"A"},"r"]}}}}}}}
            """
        let plan = try evaluate(text, ["A": "eu"])
        guard case .document(let document) = plan.policies[0].source else {
            Issue.record("no document")
            return
        }
        #expect(document["Statement"]?["Resource"]?.string == "arn:x:topic/eu/*")
    }

    @Test("Fn::Split does not wash values: its pieces are checked as the value is")
    func splitKeepsValues() {
        let text = policyTemplate(
            #"{"Statement":{"Resource":{"Fn::Select":[1,{"Fn::Split":["-",{"Fn::Sub":"x-${A}"}]}]}}}"#
        )
        #expect(violation(text, ["A": "a"]) == nil)
        #expect(violation(text, ["A": "*"]) == .forbiddenCharacter(in: "Resource"))
    }

    @Test("A policy document that is wrong without any parameter is refused when it is read")
    func literalDocument() {
        let text = policyTemplate(#""{\"a\":}""#)
        #expect(throws: TemplateError.self) { try ProvisioningTemplate(text, kind: .bulk) }
        #expect(violation(policyTemplate(#""[]""#)) == .wrongKind(expected: "object"))
    }
}
