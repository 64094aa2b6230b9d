#if Endpoint
internal import Foundation

/// Why a folder that the operator fills cannot be used.
public struct FolderFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, below the folder; the folder itself where it cannot be listed.
    public let file: String
    /// What is wrong with it.
    public let problem: String

    /// The file and the problem.
    public var description: String { "\(file): \(problem)" }
}

/// The JSON files of a folder that the operator fills, such as policies or templates.
struct JSONFolder: Sendable {
    /// Where it is.
    let path: String
    /// Files at most.
    let maximumFiles: Int

    /// The names of its files in order; hidden ones are none of them.
    ///
    /// - Throws: ``FolderFailure`` where it cannot be listed, or has too many.
    func files() throws(FolderFailure) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw FolderFailure(file: path, problem: "cannot be listed")
        }
        let files = names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
        guard files.count <= maximumFiles else {
            throw FolderFailure(file: path, problem: "more than \(maximumFiles) files")
        }
        return files
    }

    /// What a file holds; no more of it is read than allowed.
    ///
    /// - Throws: ``FolderFailure`` for a file that cannot be read, or has more than `limit` bytes.
    func contents(of file: String, limit: Int) throws(FolderFailure) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path + "/" + file),
            let data = try? handle.read(upToCount: limit + 1) ?? Data()
        else { throw FolderFailure(file: file, problem: "cannot be read") }
        guard data.count <= limit else {
            throw FolderFailure(file: file, problem: "more than \(limit) bytes")
        }
        return [UInt8](data)
    }

    /// Changes when a file is added, removed or written.
    func fingerprint() -> [String: Date] {
        FileReloader.Source.modificationDates(((try? files()) ?? []).map { path + "/" + $0 })
    }
}
#endif
