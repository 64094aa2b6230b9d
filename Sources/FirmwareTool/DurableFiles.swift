internal import Foundation

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The file operations that durability is made of; a test puts a failing disk behind it.
public protocol DurableFiles: Sendable {
    /// A file's bytes; `nil` where there is none.
    func read(_ name: String) throws(FileFailure) -> [UInt8]?
    /// Part of a file; fewer bytes at its end.
    func read(_ name: String, at offset: UInt64, count: Int) throws(FileFailure) -> [UInt8]
    /// Writes bytes at a place of a file, which is made if it is not there.
    func write(_ name: String, at offset: UInt64, _ bytes: [UInt8]) throws(FileFailure)
    /// Cuts a file, or makes an empty one.
    func truncate(_ name: String, to size: UInt64) throws(FileFailure)
    /// Makes a file's contents durable.
    func sync(_ name: String) throws(FileFailure)
    /// Puts a file in another one's place.
    func rename(_ name: String, to target: String) throws(FileFailure)
    /// Makes the folder's entries durable.
    func syncFolder() throws(FileFailure)
}

/// A file operation that failed.
public struct FileFailure: Error, Hashable, Sendable {
    /// What was tried, such as `rename state`.
    public let operation: String
    /// The system's error number; 0 where there is none.
    public let code: Int32

    /// Notes a failure.
    public init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }
}

/// A folder of the system.
public struct FolderFiles: DurableFiles {
    private let folder: String

    /// Uses a folder, which is made if it is not there.
    ///
    /// - Parameter folder: its path.
    /// - Throws: ``FileFailure``.
    public init(_ folder: String) throws(FileFailure) {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
        } catch {
            throw FileFailure("make \(folder)", code: 0)
        }
    }

    private func path(_ name: String) -> String { folder + "/" + name }

    private func withFile<T>(
        _ name: String,
        _ flags: Int32,
        _ body: (Int32) throws(FileFailure) -> T
    ) throws(FileFailure) -> T {
        let descriptor = unsafe open(path(name), flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure("open \(name)", code: errno) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    /// A file's bytes.
    public func read(_ name: String) throws(FileFailure) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path(name)) else { return nil }
        guard let data = FileManager.default.contents(atPath: path(name)) else {
            throw FileFailure("read \(name)", code: EIO)
        }
        return [UInt8](data)
    }

    /// Part of a file.
    public func read(
        _ name: String,
        at offset: UInt64,
        count: Int
    ) throws(FileFailure) -> [UInt8] {
        try withFile(name, O_RDONLY) { descriptor throws(FileFailure) in
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                let n = unsafe bytes.withUnsafeMutableBytes {
                    unsafe pread(
                        descriptor,
                        $0.baseAddress?.advanced(by: filled),
                        count - filled,
                        off_t(clamping: offset) + off_t(filled)
                    )
                }
                guard n >= 0 else { throw FileFailure("read \(name)", code: errno) }
                if n == 0 { break }
                filled += n
            }
            return Array(bytes.prefix(filled))
        }
    }

    /// Writes bytes at a place of a file.
    public func write(
        _ name: String,
        at offset: UInt64,
        _ bytes: [UInt8]
    ) throws(FileFailure) {
        try withFile(name, O_WRONLY | O_CREAT) { descriptor throws(FileFailure) in
            var written = 0
            while written < bytes.count {
                let n = unsafe bytes.withUnsafeBytes {
                    unsafe pwrite(
                        descriptor,
                        $0.baseAddress?.advanced(by: written),
                        bytes.count - written,
                        off_t(clamping: offset) + off_t(written)
                    )
                }
                guard n > 0 else { throw FileFailure("write \(name)", code: errno) }
                written += n
            }
        }
    }

    /// Cuts a file, or makes an empty one.
    public func truncate(_ name: String, to size: UInt64) throws(FileFailure) {
        try withFile(name, O_WRONLY | O_CREAT) { descriptor throws(FileFailure) in
            guard ftruncate(descriptor, off_t(clamping: size)) == 0 else {
                throw FileFailure("truncate \(name)", code: errno)
            }
        }
    }

    /// Makes a file's contents durable.
    public func sync(_ name: String) throws(FileFailure) {
        try withFile(name, O_RDONLY) { descriptor throws(FileFailure) in
            guard fsync(descriptor) == 0 else {
                throw FileFailure("sync \(name)", code: errno)
            }
        }
    }

    /// Puts a file in another one's place.
    public func rename(_ name: String, to target: String) throws(FileFailure) {
        #if canImport(Glibc)
        let result = unsafe Glibc.rename(path(name), path(target))
        #else
        let result = unsafe Darwin.rename(path(name), path(target))
        #endif
        guard result == 0 else { throw FileFailure("rename \(name)", code: errno) }
    }

    /// Makes the folder's entries durable.
    public func syncFolder() throws(FileFailure) {
        try withFile(".", O_RDONLY) { descriptor throws(FileFailure) in
            guard fsync(descriptor) == 0 else {
                throw FileFailure("sync folder", code: errno)
            }
        }
    }
}
