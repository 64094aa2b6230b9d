#if Endpoint
internal import NIOPosix

/// Runs admissions on threads of their own: neither on an event loop, nor where they would wait
/// behind tasks that block.
final class AdmissionExecutor: TaskExecutor {
    /// The one of this process.
    static let shared = AdmissionExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        NIOThreadPool.singleton.submit { _ in unsafe job.runSynchronously(on: executor) }
    }
}
#endif
