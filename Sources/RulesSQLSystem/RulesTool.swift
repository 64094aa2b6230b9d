internal import MQTTTopics
public import RulesSQL

/// What a command line does with a rule; the commands themselves only print.
public enum RulesTool {
    /// What to print, and how the command ends.
    public struct Report: Hashable, Sendable {
        /// For standard output.
        public var output: [UInt8] = []
        /// For standard error; lines end in LF.
        public var message = ""
        /// 0: done; 1: the rule did not fire or failed; 2: the statement is wrong.
        public var exitCode: Int32 = 0

        /// ``output`` as text.
        public var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Parses and compiles a statement, or renders what is wrong with a caret below it.
    private static func compile(_ sql: String, _ version: SQLVersion) -> Result<Program, Failure> {
        do throws(SQLSyntaxError) {
            return .success(try Program(parsing: sql, version: version))
        } catch {
            let report = Report(message: error.rendered(in: sql) + "\n", exitCode: 2)
            return .failure(Failure(report: report))
        }
    }

    private struct Failure: Error {
        var report: Report
    }

    /// `sql check`: says whether a statement is one, and prints its canonical form.
    public static func check(_ sql: String, version: SQLVersion) -> Report {
        switch compile(sql, version) {
        case .failure(let failure): return failure.report
        case .success(let program):
            return Report(output: Array((program.statement.description + "\n").utf8))
        }
    }

    /// `sql explain`: prints the compiled program.
    public static func explain(_ sql: String, version: SQLVersion) -> Report {
        switch compile(sql, version) {
        case .failure(let failure): return failure.report
        case .success(let program): return Report(output: Array(program.explain().utf8))
        }
    }

    /// `sql eval`: runs a statement on one payload.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - version: its language.
    ///   - topic: the message's topic.
    ///   - payload: its payload.
    ///   - context: what else the rule may ask.
    /// - Returns: the rule's output, or why it did not fire.
    public static func evaluate(
        _ sql: String,
        version: SQLVersion,
        topic: String,
        payload: [UInt8],
        context: MessageContext
    ) -> Report {
        let program: Program
        switch compile(sql, version) {
        case .failure(let failure): return failure.report
        case .success(let compiled): program = compiled
        }
        var evaluator = Evaluator(environment: .system())
        var output: [UInt8] = []
        let topicBytes = Array(topic.utf8)
        var answers = HostAnswers()
        let outcome = evaluator.evaluate(
            program,
            topic: topicBytes.span,
            payload: payload.span,
            context: context,
            answers: &answers,
            into: &output
        )
        switch outcome {
        case .produced(let range): return Report(output: Array(output[range]) + [0x0A])
        case .topicDiffers:
            let source = program.source.map { "'\($0.rawValue)'" } ?? "FROM"
            return Report(message: "\(topic) does not match \(source)\n", exitCode: 1)
        case .notFired:
            let trace = evaluator.trace(
                program,
                topic: topicBytes.span,
                payload: payload.span,
                context: context
            )
            return Report(message: "WHERE is not true\n\(indented(trace))", exitCode: 1)
        case .failed(let error):
            return Report(message: "the rule failed: \(error.violation)\n", exitCode: 1)
        case .needsHost(let call):
            let name = call.function.rawValue
            return Report(
                message: "\(name) asks the outside world, which this command does not\n",
                exitCode: 1
            )
        }
    }

    private static func indented(_ trace: Trace) -> String {
        trace.description.split(separator: "\n").map { "  \($0)\n" }.joined()
    }
}
