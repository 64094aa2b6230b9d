import IoTTestSupport
import SegmentTransfer
import Testing

@Suite("RFC 9110 §14 byte ranges")
struct HTTPRangeTests {
    @Test(
        "§14.2 a range field is answered with the part it names",
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-99", 0..<100), ("bytes=10-", 10..<100),
            ("bytes=-10", 90..<100), ("bytes=-1000", 0..<100), ("bytes=99-500", 99..<100),
            ("BYTES=1-2", 1..<3),
        ]
    )
    func parts(field: String, range: Range<UInt64>) {
        #expect(HTTPRanges.decide(field, length: 100) == .part(range))
    }

    @Test(
        "§14.2 a malformed field, another unit or several ranges are answered with the whole",
        arguments: [
            "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "items=0-1", "bytes=0-1,2-3",
            "bytes=+1-2",
            "bytes=18446744073709551616-", "bytes=0x1-2", "bytes 0-1",
        ]
    )
    func whole(field: String) {
        #expect(HTTPRanges.decide(field, length: 100) == .whole)
    }

    @Test(
        "§15.5.17 a range past the end cannot be satisfied",
        arguments: [
            "bytes=100-", "bytes=100-200", "bytes=-0",
        ]
    )
    func unsatisfiable(field: String) {
        #expect(HTTPRanges.decide(field, length: 100) == .unsatisfiable)
    }

    @Test("§14.4 Content-Range is written and read the same")
    func contentRange() throws {
        let text = HTTPRanges.contentRange(5..<10, of: 20)
        #expect(text == "bytes 5-9/20")
        #expect(try HTTPRanges.parseContentRange(text).range == 5..<10)
        #expect(HTTPRanges.field(for: 5..<10) == "bytes=5-9")
        for bad in ["bytes 5-9/*", "bytes 9-5/20", "bytes 5-20/20", "bytes */20", "bytes 5-9/20 "] {
            #expect(throws: TransferError.self) { try HTTPRanges.parseContentRange(bad) }
        }
    }

    /// A server in memory that knows nothing but ranges.
    struct Server {
        let bytes: [UInt8]
        func get(_ field: String) throws -> (part: [UInt8], contentRange: String) {
            guard case .part(let range) = HTTPRanges.decide(field, length: UInt64(bytes.count))
            else { throw CancellationError() }
            let part = Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
            return (part, HTTPRanges.contentRange(range, of: UInt64(bytes.count)))
        }
    }

    @Test(
        "a file is fetched by ranges alone, bodies cut anywhere",
        arguments: [1, 100, 5_000, 70_000]
    )
    func download(piece: Int) throws {
        for sealed in [true, false] {
            let file = try SampleFile(segments: 30, sealed: sealed, leaves: false, seed: 8)
            let server = Server(bytes: file.bytes)
            var discovery = OfferDiscovery()
            while let range = discovery.nextRange {
                let (part, field) = try server.get(HTTPRanges.field(for: range))
                try discovery.receive(part, of: HTTPRanges.parseContentRange(field).length)
            }
            let offer = try #require(discovery.offer)
            #expect(offer == file.offer)
            var receiver = try TestReceiver(
                offer,
                hash: TestHash(),
                authenticator: KnownSegments(file: file)
            )
            var disk = Disk(size: file.bytes.count)
            while let output = receiver.nextOutput() {
                switch output {
                case .request(let request):
                    for range in RangeBody.ranges(for: request, in: offer.layout) {
                        let part = try server.get(HTTPRanges.field(for: range)).part
                        var body = try RangeBody(range, in: offer.layout)
                        for at in stride(from: 0, to: part.count, by: piece) {
                            let bytes = part.span.extracting(at..<min(at + piece, part.count))
                            try body.receive(bytes) { (index, segment) throws(TransferError) in
                                let offset = try receiver.receive(segment, segment: index)
                                let copy = file.segment(index)
                                if let offset { disk.write(copy, at: offset) }
                            }
                        }
                    }
                case .write(let bytes, let offset): disk.write(bytes, at: offset)
                case .synchronize: receiver.didSynchronize()
                case .saveState: break
                case .readBack(let index, let range):
                    let bytes = Array(disk.current[Int(range.lowerBound)..<Int(range.upperBound)])
                    try receiver.check(bytes.span, segment: index)
                case .install: disk.installed = disk.current
                }
            }
            #expect(disk.installed == file.bytes)
        }
    }

    @Test("more body than was asked for is refused")
    func tooMuch() throws {
        let file = try SampleFile(segments: 3, sealed: true, leaves: false, seed: 8)
        let layout = file.offer.layout
        var body = try RangeBody(layout.range(of: 0), in: layout)
        let bytes = [UInt8](repeating: 0, count: 4_097)
        #expect(throws: TransferError.self) {
            try body.receive(bytes.span) { (_, _) throws(TransferError) in }
        }
        #expect(throws: TransferError.self) { try RangeBody(4_097..<8_192, in: layout) }
    }
}
