public import Foundation

/// Where a vector suite reads its cases, and the line it closes with.
///
/// A suite reads the file or folder named by its `IOT_VECTORS_…` variable, else the project's own
/// copy below `Tests/Vectors`, else third-party material in the shared folder beside the checkout.
public struct VectorSuite: Sendable {
    /// The word in front of the counts: `topics: 405 passed, 0 failed, 0 skipped`.
    public let label: String
    /// The file or folder to read; `nil` where the suite is not available on this machine.
    public let location: URL?

    /// Finds the suite.
    ///
    /// - Parameters:
    ///   - label: the word in front of the counts.
    ///   - variable: the environment variable that names another file of the same format.
    ///   - vendored: a path below `Tests/Vectors`, for suites of ours.
    ///   - shared: a path below the shared folder's `vectors`, for suites that are never committed.
    public init(label: String, variable: String, vendored: String? = nil, shared: String? = nil) {
        self.label = label
        let environment = ProcessInfo.processInfo.environment
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var candidates: [URL] = []
        if let path = environment[variable], !path.isEmpty {
            candidates = [URL(fileURLWithPath: path)]
        } else {
            if let vendored {
                candidates.append(root.appendingPathComponent("Tests/Vectors/" + vendored))
            }
            if let shared {
                candidates.append(root.appendingPathComponent("../shared/vectors/" + shared))
            }
        }
        location = candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Prints why the suite did not run.
    public func reportMissing() {
        print("\(label): 0 passed, 0 failed, 0 skipped (vectors are not on this machine)")
    }

    /// Prints the closing line.
    public func report(passed: Int, failed: Int, skipped: Int) {
        print("\(label): \(passed) passed, \(failed) failed, \(skipped) skipped")
    }
}
