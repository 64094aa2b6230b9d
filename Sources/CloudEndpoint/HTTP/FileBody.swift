#if Endpoint
internal import HTTPFiles
internal import Hummingbird
internal import NIOCore
internal import NIOPosix

/// The body of an answer with a file, a part or several parts of it.
struct FileBody: Sendable {
    /// A piece of the body: text, then bytes of the file.
    private struct Piece {
        var head: String
        var range: Range<UInt64>
    }

    /// Why the body ended before its length.
    enum Failure: Error {
        /// The file was written to, or became shorter, while it was sent; a mixture is not sent.
        case changed
        /// The system could not read.
        case unreadable
    }

    private let file: OpenFile
    private let pieces: [Piece]
    private let tail: String
    /// Separates parts; empty where there is one.
    let boundary: String
    /// The whole body's length, in bytes.
    let length: UInt64

    /// The whole file.
    init(_ file: OpenFile, whole length: UInt64) { self.init(file, range: 0..<length) }

    /// One part.
    init(_ file: OpenFile, range: Range<UInt64>) {
        self.file = file
        pieces = [Piece(head: "", range: range)]
        tail = ""
        boundary = ""
        length = range.upperBound - range.lowerBound
    }

    /// Several parts: `multipart/byteranges`, RFC 9110 §14.6.
    init(_ file: OpenFile, ranges: [Range<UInt64>], type: String, boundary: String) {
        self.file = file
        self.boundary = boundary
        var length: UInt64 = 0
        pieces = ranges.map { range in
            let head =
                "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: "
                + Self.contentRange(range, of: file.length) + "\r\n\r\n"
            // Ranges do not overlap, so that their sum is no larger than the file.
            length += UInt64(head.utf8.count) + (range.upperBound - range.lowerBound)
            return Piece(head: head, range: range)
        }
        tail = "\r\n--\(boundary)--\r\n"
        self.length = length + UInt64(tail.utf8.count)
    }

    /// `bytes 0-499/1234`, of a range that is not empty.
    static func contentRange(_ range: Range<UInt64>, of length: UInt64) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)"
    }

    /// Writes everything, holding one chunk at a time.
    ///
    /// - Throws: ``Failure``; the connection then ends short of the announced length.
    func write(
        to writer: inout any ResponseBodyWriter,
        chunk: Int,
        on threads: NIOThreadPool
    ) async throws {
        for piece in pieces {
            if !piece.head.isEmpty { try await writer.write(ByteBuffer(string: piece.head)) }
            var offset = piece.range.lowerBound
            while offset < piece.range.upperBound {
                let count = Int(min(UInt64(chunk), piece.range.upperBound - offset))
                let (file, start) = (file, offset)
                let buffer = try await threads.runIfActive { try Self.read(file, start, count) }
                try await writer.write(buffer)
                offset += UInt64(count)
            }
        }
        if !tail.isEmpty { try await writer.write(ByteBuffer(string: tail)) }
    }

    private static func read(_ file: OpenFile, _ start: UInt64, _ count: Int) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count)
        while buffer.readableBytes < count {
            let at = start + UInt64(buffer.readableBytes)
            let wanted = count - buffer.readableBytes
            var result: Int?
            unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { memory in
                // The kernel writes into the buffer's own memory, at most as much as is free there.
                result = unsafe file.read(at: at, into: .init(rebasing: memory[..<wanted]))
                return result ?? 0
            }
            guard let result else { throw Failure.unreadable }
            guard result > 0 else { throw Failure.changed }
        }
        // Looked at after the bytes were read, so that no later state is among them.
        guard file.isUnchanged else { throw Failure.changed }
        return buffer
    }
}
#endif
