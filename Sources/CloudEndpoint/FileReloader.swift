#if Endpoint
internal import Foundation
public import Logging
public import ServiceLifecycle

/// Looks every second whether files changed, and has them read again.
///
/// A file that cannot be used is reported and changes nothing: what was read before stays.
public struct FileReloader: Service, CustomStringConvertible {
    /// Files that are read together.
    public struct Source: Sendable {
        let name: String
        let fingerprint: @Sendable () -> [String: Date]
        let load: @Sendable () throws -> Void

        /// A folder of policies, for a directory.
        public static func policies(_ folder: PolicyFolder, _ directory: PolicyDirectory) -> Source
        {
            Source(name: "policies", fingerprint: { folder.fingerprint() }) {
                try folder.load(into: directory)
            }
        }

        /// Some files, and what to do when one of them changes.
        public static func files(
            _ name: String,
            _ paths: [String],
            load: @escaping @Sendable () throws -> Void
        ) -> Source {
            Source(name: name, fingerprint: { Self.modificationDates(paths) }, load: load)
        }

        static func modificationDates(_ paths: [String]) -> [String: Date] {
            var result: [String: Date] = [:]
            for path in paths {
                let attributes = try? FileManager.default.attributesOfItem(atPath: path)
                result[path] = attributes?[.modificationDate] as? Date
            }
            return result
        }
    }

    private let sources: [Source]
    private let interval: Duration
    private let logger: Logger

    /// For logs.
    public var description: String { "FileReloader" }

    /// Watches files, once a second unless said otherwise.
    public init(_ sources: [Source], every interval: Duration = .seconds(1), logger: Logger) {
        self.sources = sources
        self.interval = interval
        self.logger = logger
    }

    /// Runs until the service group shuts down.
    public func run() async throws {
        var fingerprints = sources.map { $0.fingerprint() }
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            // Sleeping ends early when the group shuts down.
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: interval) }
            for (index, source) in sources.enumerated() {
                let now = source.fingerprint()
                guard now != fingerprints[index] else { continue }
                fingerprints[index] = now
                reload(source)
            }
        }
    }

    private func reload(_ source: Source) {
        do {
            try source.load()
            logger.notice("read again", metadata: ["what": "\(source.name)"])
        } catch {
            logger.error(
                "cannot be read again, the old ones stay",
                metadata: ["what": "\(source.name)", "error": "\(error)"]
            )
        }
    }
}
#endif
