#if Endpoint
internal import NIOCore
internal import RulesSQL

/// Sends the output to a web server: `{"url": "https://host/in/${topic(2)}", "headers":
/// [{"key": "X-Device", "value": "${topic(2)}"}]}`.
///
/// Scheme, host and port are fixed when the rule is made; redirections are not followed. Any status
/// from 200 to 299 is success.
struct PostAction: RuleAction {
    let kind = "http"
    private let target: PostTarget
    private let path: Template
    private let headers: [(name: String, value: Template)]
    private let timeout: TimeAmount
    private let worker = ActionWorker(parallel: 4)

    var requiresHost: Bool { path.requiresHost || headers.contains { $0.value.requiresHost } }

    /// The most header fields.
    static let maximumHeaders = 32
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer",
    ]

    init(
        _ reader: RuleReader,
        _ statement: SelectStatement,
        _ services: RuleServices
    ) throws(RuleConfigurationError) {
        try reader.allow(["url", "headers"])
        let url = try reader.required("url")
        guard let (target, rest) = PostTarget.split(url) else {
            throw reader.error("url", "is http:// or https://, a fixed host, and a path")
        }
        self.target = target
        path = try RuleReader.template(rest, of: statement, at: reader.path + ".url")
        var headers: [(String, Template)] = []
        for (index, value) in (try reader.array("headers") ?? []).enumerated() {
            let pair = try RuleReader(value, at: "\(reader.path).headers[\(index)]")
            let name = try pair.required("key")
            guard Self.isToken(name), !Self.reserved.contains(name.lowercased()),
                headers.count < Self.maximumHeaders
            else { throw pair.error("key", "cannot be set") }
            guard let template = try pair.template("value", of: statement) else {
                throw pair.error("value", "is missing")
            }
            headers.append((name, template))
        }
        self.headers = headers
        timeout = TimeAmount(services.configuration.requestTimeout)
    }

    private static func isToken(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }

    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction {
        let path = try await runner.expand(self.path, message)
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 4_096,
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 })
        else { throw ActionFailure(target.description, "the path has characters no URL has") }
        var fields: [(String, String)] = []
        for (name, template) in headers {
            let value = try await runner.expand(template, message)
            guard value.utf8.count <= 4_096,
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw ActionFailure(target.description, "\(name) has characters no field has") }
            fields.append((name, value))
        }
        let (target, timeout) = (target, timeout)
        return PreparedAction(resource: target.description, worker: worker) { [fields] in
            let status = try await PostRequest.send(
                to: target,
                path: path,
                fields: fields,
                body: payload,
                timeout: timeout
            )
            guard (200..<300).contains(status) else {
                throw ActionFailure(target.description, "answered \(status)")
            }
        }
    }
}
#endif
