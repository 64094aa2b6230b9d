#if Endpoint
import Foundation
import Testing

/// Files over HTTP, byte by byte, by a client that sends exactly what it is told.
@Suite("RFC 9110 Files over HTTP")
struct HTTPFileTests {
    private static let content = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func withFile(_ body: (HTTPClient, TemporaryFolder) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try folder.write("f.bin", Self.content)
        try folder.write("empty", [])
        try await withHTTPEndpoint(folder: folder.path) { _, http in try await body(http, folder) }
    }

    @Test("§9.3 GET and HEAD of a whole file; what is missing is 404, what is not allowed 405")
    func whole() async throws {
        try await withFile { http, folder in
            let answer = try await http.get("/files/f.bin")
            #expect(answer.status == 200)
            #expect(answer.body == Self.content)
            #expect(answer.headers["accept-ranges"] == "bytes")
            #expect(answer.headers["content-length"] == "1000")
            #expect(answer.headers["content-type"] == "application/octet-stream")
            #expect(answer.headers["last-modified"]?.hasSuffix(" GMT") == true)
            let head = try await http.send("HEAD", "/files/f.bin")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.headers["content-length"] == "1000")
            #expect(head.headers["etag"] == answer.headers["etag"])
            #expect(try await http.get("/files/empty").headers["content-length"] == "0")
            for path in ["/files/", "/files/none", "/files/../f.bin", "/files/%2e%2e/x", "/x", "/"]
            {
                #expect(try await http.get(path).status == 404, "\(path)")
            }
            #expect(try await http.get("/files/%zz").status == 400)
            let put = try await http.send("PUT", "/files/f.bin", body: [1])
            #expect(put.status == 405 && put.headers["allow"] == "GET, HEAD")
        }
    }

    @Test("§14.2 one range: 206 and Content-Range; none in the file: 416")
    func oneRange() async throws {
        try await withFile { http, _ in
            let part = try await http.get("/files/f.bin", ["Range": "bytes=10-19"])
            #expect(part.status == 206)
            #expect(part.headers["content-range"] == "bytes 10-19/1000")
            #expect(part.headers["content-length"] == "10")
            #expect(part.body == Array(Self.content[10..<20]))
            let tail = try await http.get("/files/f.bin", ["Range": "bytes=-3"])
            #expect(tail.status == 206 && tail.body == Array(Self.content[997...]))
            let outside = try await http.get("/files/f.bin", ["Range": "bytes=1000-"])
            #expect(outside.status == 416)
            #expect(outside.headers["content-range"] == "bytes */1000")
            #expect(try await http.get("/files/empty", ["Range": "bytes=0-"]).status == 416)
            // HEAD defines no ranges.
            #expect(
                try await http.send("HEAD", "/files/f.bin", ["Range": "bytes=0-1"]).status == 200
            )
        }
    }

    @Test("§14.6 several ranges: multipart/byteranges")
    func severalRanges() async throws {
        try await withFile { http, _ in
            let answer = try await http.get("/files/f.bin", ["Range": "bytes=990-,0-1"])
            #expect(answer.status == 206)
            let type = try #require(answer.headers["content-type"])
            let boundary = try #require(type.components(separatedBy: "boundary=").last)
            #expect(type.hasPrefix("multipart/byteranges; boundary="))
            #expect(answer.headers["content-length"] == "\(answer.body.count)")
            let head = { (range: String) in
                Array(
                    ("\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\n"
                        + "Content-Range: bytes \(range)/1000\r\n\r\n").utf8
                )
            }
            #expect(
                answer.body == head("990-999") + Self.content[990...] + head("0-1")
                    + Self.content[..<2] + Array("\r\n--\(boundary)--\r\n".utf8)
            )
        }
    }

    @Test("§13 If-None-Match gives 304, If-Match 412, If-Range the part or the whole")
    func conditions() async throws {
        try await withFile { http, folder in
            let tag = try #require(try await http.get("/files/f.bin").headers["etag"])
            let same = try await http.get("/files/f.bin", ["If-None-Match": tag])
            #expect(same.status == 304 && same.body.isEmpty)
            #expect(same.headers["etag"] == tag)
            #expect(try await http.get("/files/f.bin", ["If-Match": "\"x\""]).status == 412)
            let range = ["Range": "bytes=0-9", "If-Range": tag]
            #expect(try await http.get("/files/f.bin", range).status == 206)
            try folder.write("f.bin", Self.content.reversed())
            let changed = try await http.get("/files/f.bin", range)
            #expect(changed.status == 200 && changed.body == Self.content.reversed())
            #expect(changed.headers["etag"] != tag)
        }
    }

    @Test("a file that shrinks while it is sent ends the connection short of its length")
    func shrinks() async throws {
        let folder = try TemporaryFolder()
        let size = 64 << 20
        try folder.write("big", [UInt8](repeating: 7, count: size))
        try await withHTTPEndpoint(folder: folder.path) { _, http in
            // What lies in the sockets' buffers is far less than the file.
            async let answer = http.send("GET", "/files/big", readingUpTo: .max)
            try await Task.sleep(for: .milliseconds(1))
            _ = unsafe truncate(folder.path + "/big", 1)
            let body = try await answer.body
            // Nothing that was not the file's is ever sent, whatever was sent before the cut.
            #expect(body.allSatisfy { $0 == 7 })
            #expect(body.count <= size)
        }
    }

    @Test("header and range limits answer, and the server goes on")
    func limits() async throws {
        try await withFile { http, _ in
            let many = (0..<17).map { "\($0 * 3)-\($0 * 3)" }.joined(separator: ",")
            let ignored = try await http.get("/files/f.bin", ["Range": "bytes=\(many)"])
            #expect(ignored.status == 200)
            let long = String(repeating: "a", count: 20_000)
            let refused = try? await http.get("/files/f.bin", ["X-Long": long])
            #expect(refused == nil || refused?.status == 400 || refused?.status == 431)
            let health = try await http.get("/health")
            #expect(health.text == "{\"status\":\"ok\"}")
        }
    }

    @Test("32 downloads at the same time arrive unchanged")
    func concurrent() async throws {
        let folder = try TemporaryFolder()
        let content = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
        try folder.write("f", content)
        try await withHTTPEndpoint(folder: folder.path) { _, http in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<32 {
                    group.addTask { try await http.get("/files/f").body == content }
                }
                for try await isSame in group { #expect(isSame) }
            }
        }
    }

    @Test(
        "curl resumes a download",
        .enabled(if: Program.isInstalled("/usr/bin/curl", for: "curl"))
    )
    func curl() async throws {
        try await withFile { http, folder in
            try folder.write("half", Array(Self.content[..<400]))
            let result = try await ChildProcess.run(
                "/usr/bin/curl",
                [
                    "-sS", "-C", "-", "-o", folder.path + "/half",
                    "http://127.0.0.1:\(http.port)/files/f.bin",
                ]
            )
            #expect(result.status == 0, "\(result.errors)")
            let half = FileManager.default.contents(atPath: folder.path + "/half")
            #expect(half.map { [UInt8]($0) } == Self.content)
        }
    }
}
#endif
