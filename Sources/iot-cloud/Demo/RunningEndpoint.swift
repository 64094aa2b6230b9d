#if Endpoint
internal import CloudEndpoint
internal import Logging

/// An endpoint that runs beside the story, on ports that the system chose.
final class RunningEndpoint: Sendable {
    /// What it listens on.
    let addresses: [CloudEndpoint.ListeningAddress]
    private let running: Task<Void, any Error>

    /// Starts, and waits until clients can connect.
    ///
    /// - Throws: why it did not start.
    init(_ configuration: CloudEndpoint.Configuration, _ logger: Logger) async throws {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [CloudEndpoint.ListeningAddress].self
        )
        let endpoint = CloudEndpoint(configuration: configuration, logger: logger) {
            continuation.yield($0)
        }
        running = Task {
            defer { continuation.finish() }
            try await endpoint.run()
        }
        var iterator = stream.makeAsyncIterator()
        guard let addresses = await iterator.next() else {
            try await running.value
            throw CancellationError()
        }
        self.addresses = addresses
    }

    /// The port of a scheme; 0 where there is none.
    func port(_ scheme: String) -> Int { addresses.first { $0.scheme == scheme }?.port ?? 0 }

    /// Tells its clients, and ends.
    func stop() async {
        running.cancel()
        _ = await running.result
    }
}
#endif
