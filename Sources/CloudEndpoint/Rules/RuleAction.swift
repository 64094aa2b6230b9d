#if Endpoint
internal import JSONDocument
internal import RulesSQL

/// What a rule does when it fires.
protocol RuleAction: Sendable {
    /// Its member in the document, such as `republish`.
    var kind: String { get }
    /// Whether a template asks the outside world.
    var requiresHost: Bool { get }

    /// Writes its templates for a message, and says what is to be done.
    ///
    /// - Throws: ``ActionFailure``.
    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction
}

/// An action with everything filled in.
struct PreparedAction: Sendable {
    /// What it works on, for the error action; a topic, a file's name, a table, a host.
    let resource: String
    /// Where it waits for its turn; `nil`: done at once.
    let worker: ActionWorker?
    /// Does it.
    let run: @Sendable () async throws -> Void
}

/// Why an action was not done.
struct ActionFailure: Error, CustomStringConvertible {
    let resource: String
    let description: String

    init(_ resource: String, _ description: String) {
        self.resource = resource
        self.description = description
    }
}

/// Reads actions.
enum Actions {
    /// Reads `{"republish": {…}}` and its like.
    static func read(
        _ value: JSONValue,
        at path: String,
        _ program: Program,
        _ services: RuleServices
    ) throws(RuleConfigurationError) -> any RuleAction {
        let reader = try RuleReader(value, at: path)
        guard reader.object.count == 1, let member = reader.object.first else {
            throw RuleConfigurationError(.invalid, path, "must have one member, the action's kind")
        }
        let inner = try RuleReader(member.value, at: path + "." + member.name)
        let statement = program.statement
        return switch member.name {
        case "republish": try RepublishAction(inner, statement, services)
        case "log": try LogAction(inner, statement, services)
        case "file": try FileAction(inner, statement, services)
        case "sqlite": try TableAction(inner, services)
        case "http": try PostAction(inner, statement, services)
        case "closure": try ClosureAction(inner, services)
        default: throw reader.error(member.name, "is no action")
        }
    }
}

/// Does the work of one action, one after the other; what does not fit into its queue is refused.
final class ActionWorker: Sendable {
    typealias Job = @Sendable () async -> Void

    /// Messages that may wait for one action.
    static let capacity = 1_000

    private let continuation: AsyncStream<Job>.Continuation

    /// Starts its tasks.
    ///
    /// - Parameter parallel: how many jobs at a time.
    init(parallel: Int = 1) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Job.self,
            bufferingPolicy: .bufferingOldest(Self.capacity)
        )
        self.continuation = continuation
        Task.detached {
            await withDiscardingTaskGroup { group in
                for _ in 0..<max(1, parallel) {
                    group.addTask {
                        for await job in stream { await job() }
                    }
                }
            }
        }
    }

    deinit { continuation.finish() }

    /// False when too many wait.
    func add(_ job: @escaping Job) -> Bool {
        if case .enqueued = continuation.yield(job) { true } else { false }
    }
}
#endif
