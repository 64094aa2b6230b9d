public import FirmwareManifest

/// A `StateStore` in one file: written aside, synced, renamed, folder synced.
///
/// One process at a time; the revision guards against a second writer inside of it.
public struct FileStateStore<
    Files: DurableFiles,
    Crypto: FirmwareCryptography
>: StateStore {
    private let files: Files
    private let crypto: Crypto
    private let name: String

    /// Keeps the state in a file.
    ///
    /// - Parameters:
    ///   - files: the folder.
    ///   - name: the file's name; `<name>.new` stands beside it while it is replaced.
    ///   - crypto: checksums.
    public init(_ files: Files, name: String = "state", using crypto: Crypto) {
        self.files = files
        self.name = name
        self.crypto = crypto
    }

    /// The state that was replaced last.
    public func load() throws(FirmwareError) -> DeviceState? {
        let bytes: [UInt8]?
        do { bytes = try files.read(name) } catch { throw FirmwareError(.storage) }
        guard let bytes else { return nil }
        return try DeviceState(bytes, using: crypto)
    }

    /// Replaces the state; it is durable when this returns.
    public func replace(
        revision: UInt64?,
        with state: DeviceState
    ) throws(FirmwareError) {
        let stored = try load()?.revision
        guard stored == revision else {
            throw FirmwareError(.revisionConflict(stored: stored ?? 0))
        }
        do {
            try files.replace(name, with: state.encoded(using: crypto))
        } catch {
            throw FirmwareError(.storage)
        }
    }
}

extension DurableFiles {
    /// Replaces a file as a whole: after a crash it has the old contents or the new ones.
    ///
    /// - Parameters:
    ///   - name: the file.
    ///   - bytes: its new contents.
    /// - Throws: ``FileFailure``.
    public func replace(_ name: String, with bytes: [UInt8]) throws(FileFailure) {
        let aside = name + ".new"
        try truncate(aside, to: 0)
        try write(aside, at: 0, bytes)
        // The contents first: a name that points at half a file would be worse than no file.
        try sync(aside)
        try rename(aside, to: name)
        try syncFolder()
    }
}
