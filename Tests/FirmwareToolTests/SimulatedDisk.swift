import FirmwareTool
import IoTTestSupport
import Synchronization

/// A disk that forgets what was not synced, and loses power at a chosen operation.
///
/// After a crash each file has its synced contents, or what was written since, or a torn mixture; each
/// name points where the last folder sync left it, or where it pointed at the crash.
final class SimulatedDisk: DurableFiles {
    struct PowerLoss: Error {}

    private struct Inode {
        var durable: [UInt8] = []
        var current: [UInt8] = []
    }
    private struct Contents {
        var inodes: [Inode] = []
        var durableNames: [String: Int] = [:]
        var names: [String: Int] = [:]
        var operations = 0
        var failsAt = Int.max
        var isDown = false
    }
    private let contents = Mutex(Contents())

    var operations: Int { contents.withLock { $0.operations } }

    /// Loses power at the operation with this number from now on.
    func failing(at operation: Int) {
        contents.withLock {
            $0.operations = 0
            $0.failsAt = operation
        }
    }

    /// Power comes back; what was not synced is decided by `g`.
    func restart(_ g: inout SplitMix64) {
        let seed = g.next()
        contents.withLock { disk in
            var g = SplitMix64(seed: seed)
            if disk.isDown {
                for i in disk.inodes.indices {
                    let (old, new) = (disk.inodes[i].durable, disk.inodes[i].current)
                    switch g.below(3) {
                    case 0: break
                    case 1: disk.inodes[i].durable = new
                    default:
                        // Torn: new up to a place, old or nothing behind it.
                        let cut = g.below(new.count + 1)
                        disk.inodes[i].durable = Array(new[..<cut]) + old.dropFirst(cut)
                    }
                    disk.inodes[i].current = disk.inodes[i].durable
                }
                for name in Set(disk.names.keys).union(disk.durableNames.keys) where g.oneIn(2) {
                    disk.durableNames[name] = disk.names[name]
                }
                disk.names = disk.durableNames
            }
            disk.isDown = false
            disk.failsAt = .max
            disk.operations = 0
        }
    }

    private func operate<T: Sendable>(
        _ what: String,
        _ body: @Sendable (inout Contents) -> T
    ) throws(FileFailure) -> T {
        let result: T? = contents.withLock { disk in
            disk.operations += 1
            if disk.operations >= disk.failsAt { disk.isDown = true }
            return disk.isDown ? nil : body(&disk)
        }
        guard let result else { throw FileFailure(what, code: 5) }
        return result
    }

    func read(_ name: String) throws(FileFailure) -> [UInt8]? {
        try operate("read") { disk -> [UInt8]? in disk.names[name].map { disk.inodes[$0].current } }
    }

    func read(_ name: String, at offset: UInt64, count: Int) throws(FileFailure) -> [UInt8] {
        try operate("read") { disk in
            let bytes = disk.names[name].map { disk.inodes[$0].current } ?? []
            return Array(bytes.dropFirst(Int(offset)).prefix(count))
        }
    }

    private static func inode(_ name: String, _ disk: inout Contents) -> Int {
        if let index = disk.names[name] { return index }
        disk.inodes.append(Inode())
        disk.names[name] = disk.inodes.count - 1
        return disk.inodes.count - 1
    }

    func write(_ name: String, at offset: UInt64, _ bytes: [UInt8]) throws(FileFailure) {
        try operate("write") { disk in
            let index = Self.inode(name, &disk)
            let end = Int(offset) + bytes.count
            let missing = end - disk.inodes[index].current.count
            if missing > 0 {
                disk.inodes[index].current += [UInt8](repeating: 0, count: missing)
            }
            disk.inodes[index].current.replaceSubrange(Int(offset)..<end, with: bytes)
        }
    }

    func truncate(_ name: String, to size: UInt64) throws(FileFailure) {
        try operate("truncate") { disk in
            let index = Self.inode(name, &disk)
            let count = disk.inodes[index].current.count
            if count > Int(size) {
                disk.inodes[index].current.removeLast(count - Int(size))
            } else {
                disk.inodes[index].current += [UInt8](repeating: 0, count: Int(size) - count)
            }
        }
    }

    func sync(_ name: String) throws(FileFailure) {
        try operate("sync") { disk in
            guard let index = disk.names[name] else { return }
            disk.inodes[index].durable = disk.inodes[index].current
        }
    }

    func rename(_ name: String, to target: String) throws(FileFailure) {
        try operate("rename") { disk in
            disk.names[target] = disk.names[name]
            disk.names[name] = nil
        }
    }

    func syncFolder() throws(FileFailure) {
        try operate("sync folder") { disk in disk.durableNames = disk.names }
    }
}
