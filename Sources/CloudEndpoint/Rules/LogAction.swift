#if Endpoint
internal import Logging
internal import RulesSQL

/// Writes a line to the log: `{"level": "info", "message": "${topic()} is hot"}`.
///
/// Without a message the output itself is logged: the one place where a payload gets into a log,
/// because the rule asks for it.
struct LogAction: RuleAction {
    let kind = "log"
    private let level: Logger.Level
    private let message: Template?
    private let services: RuleServices

    var requiresHost: Bool { message?.requiresHost ?? false }

    /// Bytes of an output or message that are logged.
    static let maximumBytes = 1_024

    init(
        _ reader: RuleReader,
        _ statement: SelectStatement,
        _ services: RuleServices
    ) throws(RuleConfigurationError) {
        try reader.allow(["level", "message"])
        let text = try reader.string("level") ?? "info"
        guard let level = Logger.Level(rawValue: text) else {
            throw reader.error("level", "is no level")
        }
        self.level = level
        message = try reader.template("message", of: statement)
        self.services = services
    }

    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction {
        var text = String(decoding: payload.prefix(Self.maximumBytes), as: UTF8.self)
        if let template = self.message {
            text = try await runner.expand(template, message)
            text = String(decoding: text.utf8.prefix(Self.maximumBytes), as: UTF8.self)
        }
        let (level, services) = (level, services)
        return PreparedAction(resource: "log", worker: nil) { [text] in
            // Quoted: no character of it can end a line.
            services.logger.log(
                level: level,
                "rule",
                metadata: ["text": "\(text.debugDescription)"]
            )
        }
    }
}
#endif
