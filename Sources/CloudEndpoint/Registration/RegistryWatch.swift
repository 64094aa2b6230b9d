#if Endpoint
public import DeviceRegistration
internal import Logging
public import ServiceLifecycle

/// Keeps an endpoint in step with the file of its registry: what another process changed applies at
/// once, the audit log is written, what has run out is removed.
public struct RegistryWatch<Store: RegistryStore>: Service, CustomStringConvertible {
    private let registry: DeviceRegistry<Store>
    private let interval: Duration
    /// Rounds between two flushes of the audit log, and between two sweeps.
    private let flushEvery: Int
    private let sweepEvery: Int

    /// For logs.
    public var description: String { "RegistryWatch" }

    /// Watches a registry.
    ///
    /// - Parameters:
    ///   - registry: the registry; one with resources, which have the file.
    ///   - interval: how often the file is looked at; it costs one number read from memory.
    public init(_ registry: DeviceRegistry<Store>, every interval: Duration = .milliseconds(100)) {
        self.registry = registry
        self.interval = interval
        let milliseconds = max(1, Int(interval / .milliseconds(1)))
        flushEvery = max(1, 1_000 / milliseconds)
        sweepEvery = max(1, 60_000 / milliseconds)
    }

    /// Runs until the service group shuts down.
    public func run() async throws {
        guard let database = registry.resources?.database else { return }
        var seen = try? await database.externalVersion()
        _ = await registry.refresh()
        var round = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            // Sleeping ends early when the group shuts down.
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: interval) }
            round += 1
            if let version = try? await database.externalVersion(), version != seen {
                if await registry.refresh() { seen = version }
            }
            if round % flushEvery == 0 { await registry.flushAudit() }
            if round % sweepEvery == 0 { await registry.sweep() }
        }
        await registry.flushAudit()
    }
}

extension DeviceRegistry {
    /// Reads what another process changed, and has live connections judged again.
    ///
    /// - Returns: whether that was possible.
    func refresh() async -> Bool {
        do throws(RegistryStorageError) {
            if try await resources?.refresh() == true { refreshRevocationLists() }
            changes.notify()
            return true
        } catch {
            logger.error("the registry cannot be read", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Removes certificates that waited too long, and tokens that have run out.
    func sweep() async {
        do throws(Store.Failure) {
            let removed = try await registrar.sweep(at: now())
            for id in removed {
                logger.notice("certificate removed", metadata: ["certificate": "\(id)"])
            }
            if !removed.isEmpty { _ = try? await resources?.refresh() }
        } catch {
            logger.error("the registry cannot be swept", metadata: ["error": "\(error)"])
        }
    }
}
#endif
