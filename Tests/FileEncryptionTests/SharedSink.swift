import FileEncryption
import Synchronization

/// Memory that several threads may write anywhere.
final class SharedSink: RandomAccessSink {
    private let state = Mutex<[UInt8]>([])

    var bytes: [UInt8] { state.withLock { $0 } }

    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(SystemFailure) {
        let piece = bytes.indices.map { bytes[$0] }
        state.withLock { all in
            let end = Int(offset) + piece.count
            if all.count < end { all += [UInt8](repeating: 0, count: end - all.count) }
            all.replaceSubrange(Int(offset)..<end, with: piece)
        }
    }
}
