#if Endpoint
internal import GRDB
internal import IoTTime
internal import JSONDocument
internal import RulesSQL

/// Inserts a row into a table of `rules.sqlite`: `{"table": "readings", "columns": ["deviceId"]}`.
///
/// Every row has `id`, `received_at` (milliseconds since 1970), `topic`, `client_id` and `payload`;
/// each of `columns` takes the output's member of that name. The table is made when it is missing.
struct TableAction: RuleAction {
    let kind = "sqlite"
    let requiresHost = false
    private let table: String
    private let columns: [String]
    private let insert: String
    private let database: DatabaseQueue
    private let worker = ActionWorker()

    /// The most columns.
    static let maximumColumns = 64

    init(_ reader: RuleReader, _ services: RuleServices) throws(RuleConfigurationError) {
        try reader.allow(["table", "columns"])
        let table = try reader.required("table")
        guard Self.isIdentifier(table) else { throw reader.error("table", "is no name") }
        var columns: [String] = []
        for value in try reader.array("columns") ?? [] {
            guard let name = value.string, Self.isIdentifier(name),
                columns.count < Self.maximumColumns,
                !(Self.fixed + columns).contains(where: { $0.lowercased() == name.lowercased() })
            else { throw reader.error("columns", "are different names, at most 64") }
            columns.append(name)
        }
        self.table = table
        self.columns = columns
        let names = Self.fixed.dropFirst() + columns
        insert =
            "INSERT INTO \"\(table)\" (" + names.map { "\"\($0)\"" }.joined(separator: ", ")
            + ") VALUES (" + names.map { _ in "?" }.joined(separator: ", ") + ")"
        do {
            database = try services.openDatabase()
            try database.write { [columns] database in
                let added = columns.map { ", \"\($0)\"" }.joined()
                try database.execute(
                    sql: "CREATE TABLE IF NOT EXISTS \"\(table)\" (id INTEGER PRIMARY KEY, "
                        + "received_at INTEGER NOT NULL, topic TEXT NOT NULL, client_id TEXT, "
                        + "payload TEXT NOT NULL\(added))"
                )
                // The columns must be there, in a table of another rule as well.
                let present = try database.columns(in: table).map(\.name)
                for name in columns where !present.contains(name) {
                    try database.execute(sql: "ALTER TABLE \"\(table)\" ADD COLUMN \"\(name)\"")
                }
            }
        } catch { throw reader.error("table", "\(error)") }
    }

    private static let fixed = ["id", "received_at", "topic", "client_id", "payload"]

    static func isIdentifier(_ name: String) -> Bool {
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first,
            !(0x30...0x39).contains(first), !name.lowercased().hasPrefix("sqlite_")
        else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == 0x5F
        }
    }

    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction {
        var values: [(any DatabaseValueConvertible)?] = [
            message.context.now.milliseconds, String(decoding: message.topic, as: UTF8.self),
            message.context.clientID, String(decoding: payload, as: UTF8.self),
        ]
        if !columns.isEmpty {
            guard let document = try? JSONValue(parsing: payload.span), document.object != nil
            else {
                throw ActionFailure(table, "the output is no JSON object")
            }
            values += columns.map { Self.value(document[$0]) }
        }
        let arguments = StatementArguments(values)
        let (database, insert) = (database, insert)
        return PreparedAction(resource: table, worker: worker) {
            try await database.write { try $0.execute(sql: insert, arguments: arguments) }
        }
    }

    private static func value(_ value: JSONValue?) -> (any DatabaseValueConvertible)? {
        switch value {
        case nil, .null: nil
        case .bool(let flag): flag
        case .number(let number): number.int64 ?? number.double
        case .string(let text): text
        case .some(let other): other.description
        }
    }
}
#endif
