#if Endpoint
import CloudEndpoint
import Dispatch

/// Runs tests that block in system calls, so that the endpoint under test keeps its threads.
final class BlockingExecutor: TaskExecutor {
    static let shared = BlockingExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        DispatchQueue.global().async {
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}

/// As ``withEndpoint(_:_:)``, for a body that blocks.
func withBlockingEndpoint<T: Sendable>(
    _ configure: (inout CloudEndpoint.Configuration) throws -> Void = { _ in },
    _ body: (Int) async throws -> T
) async throws -> T {
    try await withEndpoint(configure) { port in
        try await withTaskExecutorPreference(BlockingExecutor.shared) { try await body(port) }
    }
}
#endif
