#if Endpoint
internal import GRDB
internal import Logging
internal import MQTTBroker
internal import MQTTCodec
public import RulesSQL
internal import Synchronization

/// What a rule gave to a Swift closure.
public struct RuleOutput: Sendable {
    /// The rule.
    public let ruleName: String
    /// The topic of the message.
    public let topic: String
    /// The client that published it; `nil` for the server's own.
    public let clientIdentifier: String?
    /// What the statement selected.
    public let payload: [UInt8]
}

/// What rules of an endpoint may do.
public struct RulesConfiguration: Sendable {
    /// Code by name, for the action `closure`.
    public var closures: [String: @Sendable (RuleOutput) async throws -> Void] = [:]
    /// Answers what rules ask of the outside world; by default every answer is Undefined.
    public var host: any RuleHost = UndefinedHost()
    /// The folder that the actions `file` and `sqlite` write to; `nil` refuses rules with them.
    public var dataFolder: String?
    /// Messages that may wait for evaluation: 10,000.
    ///
    /// More are not seen by rules, and counted.
    public var maximumWaitingMessages = 10_000
    /// Bytes of payloads that may wait: 64 MiB.
    public var maximumWaitingBytes = 64 << 20
    /// How many rules one message may go through by republishing: 8.
    public var maximumDepth = 8
    /// Bytes of a file of the action `file`: 1 GiB; more is a failure.
    public var maximumFileBytes = 1 << 30
    /// Different files of one action: 1,000.
    public var maximumFiles = 1_000
    /// Bytes of the database of the action `sqlite`: 1 GiB.
    public var maximumDatabaseBytes = 1 << 30
    /// How long an HTTP request of a rule may take: 10 s.
    public var requestTimeout: Duration = .seconds(10)

    /// The defaults.
    public init() {}
}

/// What actions work with.
final class RuleServices: Sendable {
    typealias Publish =
        @Sendable (SharedPublish, QoS, Bool, UInt32?, Int) async -> Broker.PublishResult?

    let configuration: RulesConfiguration
    let logger: Logger
    private let publisher = Mutex<Publish?>(nil)
    private let database = Mutex<DatabaseQueue?>(nil)

    init(_ configuration: RulesConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Connects republishing with a broker.
    func connect(_ publish: Publish?) { publisher.withLock { $0 = publish } }

    /// Publishes a message that a rule made; `nil` while there is no broker.
    func publish(
        _ content: SharedPublish,
        qos: QoS,
        retain: Bool,
        expiry: UInt32?,
        depth: Int
    ) async -> Broker.PublishResult? {
        guard let publish = publisher.withLock({ $0 }) else { return nil }
        return await publish(content, qos, retain, expiry, depth)
    }

    /// The database `rules.sqlite` of the data folder.
    func openDatabase() throws -> DatabaseQueue {
        try database.withLock { database in
            if let database { return database }
            guard let folder = configuration.dataFolder else {
                throw ActionFailure("sqlite", "there is no data folder")
            }
            var options = Configuration()
            let pages = max(16, configuration.maximumDatabaseBytes / 4_096)
            options.busyMode = .timeout(5)
            options.prepareDatabase { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
            let queue = try DatabaseQueue(path: folder + "/rules.sqlite", configuration: options)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            database = queue
            return queue
        }
    }
}
#endif
