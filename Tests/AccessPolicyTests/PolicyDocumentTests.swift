import AccessPolicy
import IoTTime
import Testing

@Suite("AWS IoT policies: document grammar")
struct PolicyDocumentTests {
    func document(_ statement: String, version: String = "2012-10-17") -> String {
        #"{"Version":"\#(version)","Statement":[\#(statement)]}"#
    }

    func violation(_ json: String) -> MalformedPolicy.Violation? {
        do {
            _ = try PolicyDocument(json)
            return nil
        } catch {
            return error.violation
        }
    }

    @Test("§1 each rule is named, at the offset of what breaks it")
    func offsets() {
        let json = document(#"{"Effect":"allow","Action":"iot:Publish","Resource":"*"}"#)
        #expect(throws: MalformedPolicy(.unknownEffect, at: 47)) { try PolicyDocument(json) }
        #expect(throws: MalformedPolicy(.notJSON, at: 1)) { try PolicyDocument("{") }
    }

    @Test(
        "§1 documents that are refused, and why",
        arguments: [
            (
                #"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
                MalformedPolicy.Violation.emptyList(element: "Action")
            ),
            (#"{"Effect":"Allow","Action":"iot:","Resource":"*"}"#, .notAnAction),
            (#"{"Effect":"Allow","Action":"iot:a:b","Resource":"*"}"#, .notAnAction),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a"}"#,
                .notAResourceName
            ),
            (#"{"Effect":"Allow","Action":7,"Resource":"*"}"#, .wrongType(element: "Action")),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Principal":"*"}"#,
                .unknownElement("Principal")
            ),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"StringEqual":{"a":"b"}}}"#,
                .unknownOperator("StringEqual")
            ),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"NullIfExists":{"a":"true"}}}"#,
                .unknownOperator("NullIfExists")
            ),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"NumericEquals":{"a":"x"}}}"#,
                .badConditionValue(operator: "NumericEquals")
            ),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}}"#,
                .badConditionValue(operator: "IpAddress")
            ),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Bool":{"a":"yes"}}}"#,
                .badConditionValue(operator: "Bool")
            ),
            (
                #"{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"StringEquals":{"":"b"}}}"#,
                .badConditionKey
            ),
        ]
    )
    func refuses(statement: String, expected: MalformedPolicy.Violation) {
        #expect(violation(document(statement)) == expected)
    }

    @Test("§1 2,048 characters pass, one more is refused; white space does not count")
    func size() {
        func padded(_ characters: Int) -> String {
            let start =
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:1:topic/"#
            let end = #""}]}"#
            let fill = characters - start.count - end.count
            return start + String(repeating: "x", count: fill) + end
        }
        #expect(violation(padded(2_048)) == nil)
        #expect(violation(padded(2_049)) == .tooLong(limit: 2_048))
        #expect(violation(padded(2_048) + String(repeating: " \n", count: 1_000)) == nil)
        #expect(
            violation(padded(2_048) + String(repeating: " ", count: 65_536))
                == .tooLong(limit: 65_536)
        )
    }

    @Test("§1 in version 2008-10-17 a variable is plain text")
    func oldVersion() throws {
        let statement =
            #"{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/${iot:ClientId}"}"#
        var context = AuthorizationContext(now: .epoch)
        context.set(.clientID, to: "c")
        let old = try PolicySet([("p", PolicyDocument(document(statement, version: "2008-10-17")))])
        let new = try PolicySet([("p", PolicyDocument(document(statement)))])
        #expect(!old.decide(.publish, on: "arn:aws:iot:r:1:topic/c", in: context).isAllowed)
        #expect(
            old.decide(.publish, on: "arn:aws:iot:r:1:topic/${iot:ClientId}", in: context).isAllowed
        )
        #expect(new.decide(.publish, on: "arn:aws:iot:r:1:topic/c", in: context).isAllowed)
    }
}
