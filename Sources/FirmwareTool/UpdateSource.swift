public import FirmwareManifest
internal import Foundation

/// Where documents and payloads come from; nothing that it says is trusted.
public protocol UpdateSource {
    /// Bytes of a file.
    ///
    /// - Parameters:
    ///   - path: relative, without `..`.
    ///   - range: which bytes; `nil` for all of them.
    ///   - limit: more bytes than this are an error.
    /// - Returns: fewer bytes than asked for at the end; `nil` where there is no such file.
    /// - Throws: `FirmwareError`.
    func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit: Int
    ) throws(FirmwareError) -> [UInt8]?
}

/// A folder.
public struct FolderSource: UpdateSource {
    private let folder: String

    /// Reads below a folder.
    public init(_ folder: String) { self.folder = folder }

    /// Bytes of a file.
    public func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit: Int
    ) throws(FirmwareError) -> [UInt8]? {
        let location = try PayloadLocation(path)
        guard let file = FileHandle(forReadingAtPath: folder + "/" + location.path) else {
            return nil
        }
        defer { file.closeFile() }
        do {
            if let range {
                guard range.count <= limit else {
                    throw FirmwareError(.limitExceeded(.documentBytes))
                }
                try file.seek(toOffset: range.lowerBound)
                return [UInt8](try file.read(upToCount: range.count) ?? Data())
            }
            let data = try file.read(upToCount: limit + 1) ?? Data()
            guard data.count <= limit else {
                throw FirmwareError(.limitExceeded(.documentBytes))
            }
            return [UInt8](data)
        } catch let error as FirmwareError {
            throw error
        } catch {
            throw FirmwareError(.storage)
        }
    }
}
