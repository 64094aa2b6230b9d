#if Endpoint
internal import AccessPolicy
internal import ArgumentParser
internal import Foundation
internal import IoTTime
internal import JSONDocument

/// `iot-cloud policy`: tries policies without any connection.
struct PolicyCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check policy documents, and explain what they allow.",
        subcommands: [Check.self, Explain.self]
    )

    /// Ends a command whose input cannot be read.
    private static let malformed = ExitCode(2)

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether files are policy documents, and where not.",
            discussion: "Ends with 2 where one is not."
        )

        @Argument(help: "Policy documents, JSON.")
        var files: [String]

        func run() throws {
            var isMalformed = false
            for file in files {
                guard let document = try PolicyCommands.document(file) else {
                    isMalformed = true
                    continue
                }
                let count = document.statementCount
                print("\(file): ok, \(count) statement\(count == 1 ? "" : "s")")
            }
            if isMalformed { throw PolicyCommands.malformed }
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide one request, and say for each statement why.",
            discussion: """
                Ends with 0 where the request is allowed, 1 where it is denied, 2 where the input \
                cannot be read. Facts of the request come from --context, a JSON object of strings \
                and lists of strings, and from --set:

                  iot-cloud policy explain device.json --action iot:Publish \\
                    --resource arn:aws:iot:local:000000000000:topic/lamp-1/state \\
                    --set iot:ClientId=lamp-1
                """
        )

        @Argument(help: "The policy documents in effect, JSON.")
        var files: [String]

        @Option(help: "What the request does, such as iot:Publish.")
        var action: String

        @Option(help: "The name (ARN) of what it does it to, or *.")
        var resource: String

        @Option(
            name: .customLong("set"),
            help: ArgumentHelp("A fact of the request; may be repeated.", valueName: "key=value")
        )
        var facts: [String] = []

        @Option(help: ArgumentHelp("Facts of the request, JSON.", valueName: "file"))
        var context: String?

        @Option(
            help: ArgumentHelp("The time of the request, RFC 3339; now without it."),
            transform: { text in
                guard let time = try? WallClock(rfc3339: text) else {
                    throw ValidationError("--time cannot be \(text)")
                }
                return time
            }
        )
        var time: WallClock?

        @Flag(help: "Read variables without a value as the service does: the pattern just fails.")
        var serviceReading = false

        func run() throws {
            var policies: [(name: String, document: PolicyDocument)] = []
            for file in files {
                guard let document = try PolicyCommands.document(file) else {
                    throw PolicyCommands.malformed
                }
                let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
                policies.append((name, document))
            }
            let set = PolicySet(
                policies,
                unresolvedVariables: serviceReading ? .ignored : .denies
            )
            let explanation = set.explain(
                PolicyAction(action),
                on: resource,
                in: try authorizationContext()
            )
            print(explanation)
            if !explanation.decision.isAllowed { throw ExitCode(1) }
        }

        private func authorizationContext() throws -> AuthorizationContext {
            let now = WallClock(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            var result = AuthorizationContext(now: time ?? now)
            if let context {
                let text = String(decoding: try contents(context), as: UTF8.self)
                let value: JSONValue
                do throws(JSONError) {
                    value = try JSONValue(parsing: text)
                } catch {
                    PolicyCommands.complain("\(context): \(error)")
                    throw PolicyCommands.malformed
                }
                for member in value.object?.members ?? [] {
                    let values = member.value.array ?? [member.value]
                    result.set(ContextKey(member.name), to: values.compactMap(\.string))
                }
            }
            for fact in facts {
                guard let sign = fact.firstIndex(of: "=") else {
                    throw ValidationError("--set takes key=value, not \(fact)")
                }
                let value = String(fact[fact.index(after: sign)...])
                result.set(ContextKey(String(fact[..<sign])), to: value)
            }
            return result
        }
    }

    /// Reads a document, or says what is wrong with it and returns `nil`.
    private static func document(_ file: String) throws -> PolicyDocument? {
        let bytes = try contents(file)
        do throws(MalformedPolicy) {
            return try PolicyDocument(bytes.span)
        } catch {
            let before = bytes.prefix(error.offset)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            complain("\(file):\(line):\(error.offset - start + 1): \(error)")
            return nil
        }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
#endif
