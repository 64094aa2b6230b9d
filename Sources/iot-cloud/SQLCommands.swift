#if Endpoint
internal import ArgumentParser
internal import Foundation
internal import IoTTime
internal import RulesSQL
internal import RulesSQLSystem

/// `iot-cloud sql`: tries a rule without any broker.
struct SQLCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Check, explain and try statements of the rules language.",
        subcommands: [Evaluate.self, Explain.self, Check.self]
    )

    /// The statement and its language.
    struct Statement: ParsableArguments {
        @Argument(help: "The statement, such as \"SELECT * FROM 'a/#' WHERE x > 1\".")
        var sql: String

        @Option(
            help: "The language: 2015-10-08, 2016-03-23 or beta.",
            transform: { text in
                guard let version = SQLVersion(rawValue: text) else {
                    throw ValidationError("--sql-version cannot be \(text)")
                }
                return version
            }
        )
        var sqlVersion: SQLVersion = .v2016
    }

    struct Evaluate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "eval",
            abstract: "Run a statement on the payload that is read from standard input.",
            discussion: "Ends with 1 where the rule does not fire, and says why; with 2 where the "
                + "statement is wrong."
        )

        @OptionGroup var statement: Statement

        @Option(help: "The topic the message was published to.")
        var topic: String

        @Option(help: "What clientid() says; without it n/a.")
        var clientID: String?

        func run() throws {
            let payload = FileHandle.standardInput.readDataToEndOfFile()
            let now = WallClock(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            try finish(
                RulesTool.evaluate(
                    statement.sql,
                    version: statement.sqlVersion,
                    topic: topic,
                    payload: Array(payload),
                    context: MessageContext(now: now, clientID: clientID)
                )
            )
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the program that a statement is compiled to."
        )

        @OptionGroup var statement: Statement

        func run() throws {
            try finish(RulesTool.explain(statement.sql, version: statement.sqlVersion))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a statement is one, and print it in canonical form."
        )

        @OptionGroup var statement: Statement

        func run() throws {
            try finish(RulesTool.check(statement.sql, version: statement.sqlVersion))
        }
    }
}

/// Prints a report and ends the command as it says.
private func finish(_ report: RulesTool.Report) throws {
    FileHandle.standardOutput.write(Data(report.output))
    FileHandle.standardError.write(Data(report.message.utf8))
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
}
#endif
