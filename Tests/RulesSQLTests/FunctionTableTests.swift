import Foundation
import RulesSQL
import Testing

@Suite("rules SQL: the function table")
struct FunctionTableTests {
    @Test("every function of the table can be called by its name in any case of letters")
    func callable() throws {
        for function in FunctionSignature.all where function.name != "transform" {
            let arguments = Array(repeating: "a", count: function.arity.lowerBound)
            let call = function.name.uppercased() + "(" + arguments.joined(separator: ", ") + ")"
            #expect(failure("SELECT \(call) AS r") == nil, "\(call)")
        }
    }

    @Test("a wrong number of arguments is Undefined, not an error")
    func arity() throws {
        for function in FunctionSignature.all where function.name != "concat" {
            let arguments = Array(repeating: "1", count: function.arity.upperBound + 1)
            let call = function.name + "(" + arguments.joined(separator: ", ") + ")"
            #expect(try run("SELECT \(call) AS r") == "{}", "\(call)")
        }
    }

    @Test("Undefined arguments never give an error")
    func undefinedArguments() throws {
        for function in FunctionSignature.all where function.source != .host {
            let arguments = Array(repeating: "missing", count: function.arity.lowerBound)
            let call = function.name + "(" + arguments.joined(separator: ", ") + ")"
            #expect(try run("SELECT \(call) AS r") != nil, "\(call)")
        }
    }

    @Test("the table in the documentation is the table in the code")
    func documentation() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Docs/Conformance/RulesSQLFunctions.md")
        // IOT_UPDATE_DOCS=1 writes the file anew.
        if ProcessInfo.processInfo.environment["IOT_UPDATE_DOCS"] != nil {
            let text = "# Rules SQL: functions\n\n" + FunctionSignature.markdown
            try Data(text.utf8).write(to: file)
        }
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(
            text.contains(FunctionSignature.markdown),
            "write it anew:\n\(FunctionSignature.markdown)"
        )
    }
}
