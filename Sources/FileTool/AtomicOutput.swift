internal import FileEncryption

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file that appears under its name whole or not at all.
///
/// The bytes go to a temporary file of the same folder, unnamed where the system can (then even a
/// kill leaves nothing). ``commit()`` syncs it, gives it its name and syncs the folder; without it
/// nothing is left. Replacing a file takes a name for a moment: who writes the same file again and
/// again passes one of its own as `staging`, so that what a kill left there is found and reused.
final class AtomicOutput {
    let descriptor: Int32
    private let path: String
    private let folder: String
    private var temporary: String?
    private let replaces: Bool
    private let staging: String?
    private var isDone = false

    /// Creates the temporary file.
    ///
    /// - Parameters:
    ///   - path: where the file shall appear.
    ///   - mode: 0600 for keys and plaintext, 0644 cut by the umask for the rest.
    ///   - replaces: whether an existing file is replaced instead of refused.
    ///   - staging: the passing name in the same folder, one writer at a time; `nil` for a random one.
    /// - Throws: ``FileToolError`` when the file exists or cannot be created.
    init(
        _ path: String,
        mode: UInt32,
        replaces: Bool,
        staging: String? = nil
    ) throws(FileToolError) {
        self.path = path
        self.replaces = replaces
        self.staging = staging
        folder =
            path.utf8.lastIndex(of: 0x2F).map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
            ?? "."
        if !replaces, unsafe access(path, F_OK) == 0 {
            throw FileToolError(.exists, "\(path) exists: not overwritten")
        }
        #if canImport(Glibc)
        // O_TMPFILE, whose macro Swift does not import.
        let unnamed = unsafe open(
            folder,
            0o20000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC,
            mode_t(mode)
        )
        if unnamed >= 0 {
            descriptor = unnamed
            return
        }
        #endif
        let name = Self.passingName(staging, in: folder)
        let flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW
        descriptor = unsafe open(name, flags, mode_t(mode))
        guard descriptor >= 0 else {
            throw FileToolError(.system, "cannot create a file in \(folder): \(describe(errno))")
        }
        temporary = name
    }

    deinit {
        if let temporary, !isDone { unsafe _ = unlink(temporary) }
        close(descriptor)
    }

    /// The staging name, freed of what a kill left there, or a random one.
    private static func passingName(_ staging: String?, in folder: String) -> String {
        if let staging {
            unsafe _ = unlink(staging)
            return staging
        }
        var generator = SystemRandomNumberGenerator()
        return folder + "/.iot-" + String(generator.next(), radix: 36)
    }

    /// Makes the file durable and visible.
    func commit() throws(FileToolError) {
        guard fsync(descriptor) == 0 else {
            throw FileToolError(.system, "cannot sync \(path): \(describe(errno))")
        }
        if temporary == nil, !replaces {
            guard name(path) == 0 else { throw failure(errno) }
        } else {
            let name = temporary ?? Self.passingName(staging, in: folder)
            if temporary == nil {
                guard self.name(name) == 0 else { throw failure(errno) }
                temporary = name
            }
            if replaces {
                guard unsafe rename(name, path) == 0 else { throw failure(errno) }
            } else {
                // link refuses an existing name, rename would not.
                guard unsafe link(name, path) == 0 else { throw failure(errno) }
                unsafe _ = unlink(name)
            }
        }
        isDone = true
        syncFolder(folder)
    }

    /// Gives the unnamed file a name.
    private func name(_ name: String) -> Int32 {
        #if canImport(Glibc)
        unsafe linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW)
        #else
        -1
        #endif
    }

    private func failure(_ code: Int32) -> FileToolError {
        code == EEXIST
            ? FileToolError(.exists, "\(path) exists: not overwritten")
            : FileToolError(.system, "cannot create \(path): \(describe(code))")
    }
}

/// Makes a folder's entries durable.
func syncFolder(_ folder: String) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
}

/// The system's words for an error number.
func describe(_ code: Int32) -> String {
    guard code != 0, let text = unsafe strerror(code) else { return "unexpected end" }
    return unsafe String(cString: text)
}

/// Opens a file for reading; `-` and `nil` are the standard input.
func openInput(_ path: String?) throws(FileToolError) -> DescriptorIO {
    var descriptor: Int32 = 0
    if let path, path != "-" {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw FileToolError(.system, "cannot open \(path): \(describe(errno))")
        }
    }
    do { return try DescriptorIO(descriptor) } catch {
        throw FileToolError(.system, "cannot read \(path ?? "-"): \(describe(error.code))")
    }
}

/// Reads a small file whole into guarded memory.
func readSecretFile(
    _ path: String,
    limit: Int = KeyFile.maximumBytes
) throws(FileToolError) -> SecureBytes {
    var input = try openInput(path)
    defer { if input.descriptor != 0 { close(input.descriptor) } }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4_096)
    while true {
        var failure: SystemFailure?
        var piece = [UInt8](capacity: 4_096) { (output: inout OutputSpan<UInt8>) in
            do throws(SystemFailure) { try input.read(into: &output) } catch { failure = error }
        }
        if let failure {
            throw FileToolError(.system, "cannot read \(path): \(describe(failure.code))")
        }
        if piece.isEmpty { break }
        guard bytes.count + piece.count <= limit else {
            throw FileToolError(.usage, "\(path) is too large")
        }
        bytes += piece
        _ = SecureBytes(wiping: &piece)
    }
    return SecureBytes(wiping: &bytes)
}
