import Foundation
import FuzzEntryPoints
import FuzzSupport
import Testing

/// Every committed seed and every kept crash goes through its target again.
@Suite("Fuzz corpora and regressions")
struct CorpusReplayTests {
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test(
        "each target replays its seeds and its kept crashes",
        arguments: FuzzEntryPoint.all.map(\.name)
    )
    func replays(name: String) throws {
        let target = try #require(FuzzEntryPoint.named(name))
        var count = 0
        for folder in ["Corpora", "Regressions"] {
            let path = Self.package.appendingPathComponent(folder).appendingPathComponent(name).path
            for file in try FileManager.default.contentsOfDirectoryIfPresent(path).sorted() {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/" + file))
                bytes.withUnsafeBytes { target.run($0) }
                count += 1
            }
        }
        #expect(count > 0, "\(name) has no seeds")
    }

    @Test("no folder is left behind without a target")
    func everyFolderHasATarget() throws {
        for folder in ["Corpora", "Regressions"] {
            let path = Self.package.appendingPathComponent(folder).path
            for name in try FileManager.default.contentsOfDirectoryIfPresent(path)
            where !name.hasPrefix(".") && name != "README.md" {
                #expect(FuzzEntryPoint.named(name) != nil, "\(folder)/\(name)")
            }
        }
    }
}

extension FileManager {
    fileprivate func contentsOfDirectoryIfPresent(_ path: String) throws -> [String] {
        fileExists(atPath: path) ? try contentsOfDirectory(atPath: path) : []
    }
}
