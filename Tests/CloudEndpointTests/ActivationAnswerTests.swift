#if Endpoint
import DeviceRegistration
import Testing

@testable import CloudEndpoint

@Suite("Answers of activation hooks")
struct ActivationAnswerTests {
    private let id = CertificateID(String(repeating: "a", count: 64))

    private func read(_ text: String) throws -> ActivationDecision? {
        ActivationAnswer(Array(text.utf8), for: try #require(id))?.decision
    }

    @Test("a policy as an object or as a text, names, a thing")
    func activates() throws {
        let statement =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}"#
        let text = statement.replacing("\"", with: "\\\"")
        for document in [statement, "\"\(text)\""] {
            let answer = try read(
                """
                {"verdict":"activate","policies":["a","b"],"policyDocument":\(document),
                 "thing":{"name":"n","type":"t","attributes":{"k":"v"}}}
                """
            )
            guard case .activate(let policies, let thing, let documents)? = answer else {
                Issue.record("\(String(describing: answer))")
                return
            }
            #expect(policies == ["a", "b"])
            #expect(thing == AttachedThing(name: "n", typeName: "t", attributes: ["k": "v"]))
            #expect(documents.map(\.name) == ["certificate-" + String(repeating: "a", count: 64)])
        }
    }

    @Test(
        "what is not clear is no answer",
        arguments: [
            "", "null", "[]", #"{"verdict":"ACTIVATE"}"#, #"{"verdict":true}"#,
            #"{"verdict":"activate","verdict":"revoke"}"#, #"{"verdict":"activate","x":1}"#,
            #"{"verdict":"activate","policies":"a"}"#, #"{"verdict":"activate","policies":[1]}"#,
            #"{"verdict":"activate","thing":{"type":"t"}}"#,
            #"{"verdict":"activate","thing":{"name":"n","attributes":{"k":1}}}"#,
            #"{"verdict":"activate","policyDocument":{"Version":"2012-10-17"}}"#,
            #"{"verdict":"activate","policyDocument":"x"}"#,
        ]
    )
    func unclear(text: String) throws {
        #expect(try read(text) == nil)
    }

    @Test("ten policies, and no eleventh")
    func limit() throws {
        func answer(_ count: Int) -> String {
            let names = (0..<count).map { "\"p\($0)\"" }.joined(separator: ",")
            return "{\"verdict\":\"activate\",\"policies\":[\(names)]}"
        }
        #expect(try read(answer(10)) != nil)
        #expect(try read(answer(11)) == nil)
    }

    @Test("keep and revoke")
    func others() throws {
        guard case .wait? = try read(#"{"verdict":"keep"}"#),
            case .revoke? = try read(#"{"verdict":"revoke"}"#)
        else {
            Issue.record("not read")
            return
        }
    }
}

@Suite("Requests of hooks at a time")
struct RequestGateTests {
    @Test("so many run, so many wait, and the next one is sent away")
    func limits() async {
        let gate = RequestGate(parallel: 2, waiting: 2)
        #expect(await gate.enter())
        #expect(await gate.enter())
        let waiting = (0..<2).map { _ in Task { await gate.enter() } }
        while gate.waitingCount < 2 { try? await Task.sleep(for: .milliseconds(1)) }
        #expect(await !gate.enter())
        gate.leave()
        gate.leave()
        for task in waiting { #expect(await task.value) }
    }
}
#endif
