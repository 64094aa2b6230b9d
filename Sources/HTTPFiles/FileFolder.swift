#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Files below one folder, opened without ever leaving it.
///
/// The way to a file is walked component by component, each relative to the one before, and no
/// symbolic link is followed: neither `..` nor a link, nor one that is swapped in between, leads out.
public struct FileFolder: Sendable {
    /// The folder; it may itself be a link that the operator switches.
    public let path: String

    /// The longest component, in bytes.
    public static let maximumName = 255

    /// Serves from a folder; it is opened anew for each file.
    public init(path: String) { self.path = path }

    /// Opens a regular file.
    ///
    /// - Parameter components: decoded names, from the folder on.
    /// - Returns: `nil` for what is not there, no regular file, hidden, or behind a link: a client
    ///   cannot tell these apart.
    public func open(_ components: [[UInt8]]) -> OpenFile? {
        guard !components.isEmpty, components.allSatisfy(Self.isName) else { return nil }
        var folder = Self.retrying {
            openSystem(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        for name in components.dropLast() {
            guard folder >= 0 else { return nil }
            let next = Self.open(name, in: folder, O_RDONLY | O_DIRECTORY)
            close(folder)
            folder = next
        }
        guard folder >= 0, let last = components.last else { return nil }
        // Not to wait for the other end of a pipe.
        let descriptor = Self.open(last, in: folder, O_RDONLY | O_NONBLOCK)
        close(folder)
        return descriptor >= 0 ? OpenFile(taking: descriptor) : nil
    }

    /// Hidden names are not served: they are editors', version control's and secrets'.
    private static func isName(_ name: [UInt8]) -> Bool {
        (1...maximumName).contains(name.count) && name[0] != UInt8(ascii: ".")
            && !name.contains(0) && !name.contains(UInt8(ascii: "/"))
    }

    private static func open(_ name: [UInt8], in folder: Int32, _ flags: Int32) -> Int32 {
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        return retrying {
            unsafe openat(folder, terminated, flags | O_NOFOLLOW | O_CLOEXEC)
        }
    }

    private static func retrying(_ body: () -> Int32) -> Int32 {
        while true {
            let result = body()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

/// `open`, which is a method's name above.
private func openSystem(_ path: String, _ flags: Int32) -> Int32 {
    unsafe open(path, flags)
}

/// An open regular file and what it was when it was opened.
public final class OpenFile: Sendable {
    /// What tells one state of a file from another.
    public struct Version: Hashable, Sendable {
        /// The file system.
        public var device: UInt64
        /// The file in it.
        public var inode: UInt64
        /// Bytes.
        public var length: UInt64
        /// When the content was written, in seconds since 1970.
        public var modified: Int64
        /// The nanoseconds of ``modified``.
        public var modifiedNanoseconds: Int64
        /// When the content or the file's entry was written, in seconds since 1970.
        public var changed: Int64
        /// The nanoseconds of ``changed``.
        public var changedNanoseconds: Int64
    }

    private let descriptor: Int32
    /// What the file was when it was opened.
    public let version: Version

    /// Bytes.
    public var length: UInt64 { version.length }

    /// A strong validator: any write to the file gives another one.
    public var entityTag: String {
        let parts = [
            version.inode, version.length, UInt64(bitPattern: version.modified),
            UInt64(bitPattern: version.modifiedNanoseconds), UInt64(bitPattern: version.changed),
            UInt64(bitPattern: version.changedNanoseconds),
        ]
        return "\"" + parts.map { String($0, radix: 36) }.joined(separator: "-") + "\""
    }

    /// Takes over a descriptor; `nil`, and closed, unless it is a regular file.
    init?(taking descriptor: Int32) {
        self.descriptor = descriptor
        guard let version = Self.version(of: descriptor) else {
            close(descriptor)
            return nil
        }
        self.version = version
    }

    deinit { close(descriptor) }

    /// False once the file was written to after it was opened.
    public var isUnchanged: Bool { Self.version(of: descriptor) == version }

    /// Reads into a buffer; blocks.
    ///
    /// - Returns: how many bytes; 0 at the end, `nil` for an error.
    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            let count = unsafe pread(
                descriptor,
                buffer.baseAddress,
                buffer.count,
                off_t(clamping: offset)
            )
            if count >= 0 { return count }
            if errno != EINTR { return nil }
        }
    }

    private static func version(of descriptor: Int32) -> Version? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        #if canImport(Darwin)
        let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
        let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        return Version(
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(truncatingIfNeeded: status.st_ino),
            length: UInt64(clamping: status.st_size),
            modified: Int64(modified.tv_sec),
            modifiedNanoseconds: Int64(modified.tv_nsec),
            changed: Int64(changed.tv_sec),
            changedNanoseconds: Int64(changed.tv_nsec)
        )
    }
}
