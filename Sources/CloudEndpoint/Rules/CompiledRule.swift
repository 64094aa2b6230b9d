#if Endpoint
internal import JSONDocument
internal import MQTTTopics
internal import RulesSQL

/// A rule of the endpoint: its document, its program and its actions.
final class CompiledRule: Sendable {
    /// Letters, digits and underscores, 1...128.
    let name: String
    /// The document as it was given.
    let document: JSONObject
    let program: Program
    let isEnabled: Bool
    let actions: [any RuleAction]
    let errorAction: (any RuleAction)?
    let counters: RuleCounters

    /// The most actions of a rule, as the service has it.
    static let maximumActions = 10

    /// Compiles a rule.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - document: `sql`, `awsIotSqlVersion`, `ruleDisabled`, `description`, `actions`,
    ///     `errorAction`.
    ///   - services: what actions work with.
    ///   - counters: of the rule of this name before, so that they go on.
    /// - Throws: ``RuleConfigurationError``.
    init(
        name: String,
        document: JSONValue,
        services: RuleServices,
        counters: RuleCounters
    ) throws(RuleConfigurationError) {
        let path = "rules.\(name)"
        guard Self.isName(name) else {
            throw RuleConfigurationError(
                .invalid,
                "rules",
                "a rule's name is 1 to 128 letters, digits and underscores"
            )
        }
        let reader = try RuleReader(document, at: path)
        try reader.allow([
            "sql", "awsIotSqlVersion", "ruleDisabled", "description", "actions", "errorAction",
        ])
        let program = try Self.program(reader)
        self.name = name
        self.document = reader.object
        self.program = program
        self.counters = counters
        isEnabled = try !(reader.bool("ruleDisabled") ?? false)
        let list = try reader.array("actions") ?? []
        guard list.count <= Self.maximumActions else {
            throw reader.error("actions", "at most \(Self.maximumActions)", .limit)
        }
        var actions: [any RuleAction] = []
        for (index, value) in list.enumerated() {
            actions.append(
                try Actions.read(value, at: "\(path).actions[\(index)]", program, services)
            )
        }
        self.actions = actions
        var errorAction: (any RuleAction)?
        if let value = reader.object["errorAction"], !value.isNull {
            let action = try Actions.read(value, at: path + ".errorAction", program, services)
            guard !action.requiresHost else {
                throw reader.error("errorAction", "cannot call functions that ask the outside")
            }
            errorAction = action
        }
        self.errorAction = errorAction
    }

    private static func program(_ reader: RuleReader) throws(RuleConfigurationError) -> Program {
        let sql = try reader.required("sql")
        let versionText = try reader.string("awsIotSqlVersion") ?? "2015-10-08"
        guard let version = SQLVersion(rawValue: versionText) else {
            throw reader.error("awsIotSqlVersion", "is 2015-10-08, 2016-03-23 or beta")
        }
        do throws(SQLSyntaxError) {
            return try Program(parsing: sql, version: version)
        } catch {
            throw reader.error("sql", error.rendered(in: sql), .syntax)
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || $0 == 0x5F
            }
    }
}
#endif
