#if Endpoint
import CloudEndpoint
import Foundation
import Logging
import MQTTBroker

/// An endpoint on a port of its own, inside the test process.
func withEndpoint<T: Sendable>(
    _ configure: (inout CloudEndpoint.Configuration) throws -> Void = { _ in },
    _ body: (Int) async throws -> T
) async throws -> T {
    try await withEndpoints(configure) { try await body($0[0].port) }
}

/// An endpoint on ports of its own; all of its addresses.
func withEndpoints<T: Sendable>(
    _ configure: (inout CloudEndpoint.Configuration) throws -> Void = { _ in },
    _ body: ([CloudEndpoint.ListeningAddress]) async throws -> T
) async throws -> T {
    var configuration = CloudEndpoint.Configuration(listeners: [.init(port: 0)])
    // Tests that compute for seconds run beside these, on as many threads as there are cores.
    configuration.broker.handshakeTimeout = .seconds(60)
    configuration.tlsHandshakeTimeout = .seconds(60)
    try configure(&configuration)
    let (addresses, continuation) = AsyncStream.makeStream(
        of: [CloudEndpoint.ListeningAddress].self
    )
    var logger = Logger(label: "endpoint")
    logger.logLevel = .error
    let endpoint = CloudEndpoint(configuration: configuration, logger: logger) {
        continuation.yield($0)
    }
    let running = Task {
        defer { continuation.finish() }
        try await endpoint.run()
    }
    var iterator = addresses.makeAsyncIterator()
    guard let listening = await iterator.next(), !listening.isEmpty else {
        try await running.value
        throw CancellationError()
    }
    do {
        let result = try await body(listening)
        running.cancel()
        try await running.value
        return result
    } catch {
        running.cancel()
        _ = await running.result
        throw error
    }
}
#endif
