import Testing

@testable import HTTPRangeClient

@Suite("RFC 9112 §4 The head of an answer")
struct AnswerHeadTests {
    private func parse(_ text: String) throws(HTTPRangeError) -> AnswerHead {
        try AnswerHead(Array(text.utf8)[...])
    }

    @Test("a part: status, length, range, tag")
    func part() throws {
        let head = try parse(
            "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\ncontent-range:bytes 0-9/100\t\r\n"
                + "ETag: \"a\"\r\nConnection: keep-alive"
        )
        #expect(head.status == 206 && head.contentLength == 10 && head.entityTag == "\"a\"")
        #expect(head.contentRange?.range == 0..<10 && head.contentRange?.length == 100)
        #expect(!head.closes)
    }

    @Test("HTTP/1.0 and Connection: close end the connection; a weak tag is none")
    func closing() throws {
        #expect(try parse("HTTP/1.0 200 OK").closes)
        let head = try parse("HTTP/1.1 200\r\nconnection: Close\r\nETag: W/\"a\"")
        #expect(head.closes && head.entityTag == nil)
        #expect(try parse("HTTP/1.1 200 OK\nContent-Length: 1").contentLength == 1)
    }

    @Test(
        "what leaves a doubt about the body is malformed",
        arguments: [
            "", "HTTP/1.1", "HTTP/2 200 OK", "HTTP/1.1 99 x", "HTTP/1.1 2000", "HTTP/1.1 2x0 OK",
            "ICY 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: -1",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\r\nno colon",
            "HTTP/1.1 200 OK\r\n: empty", "HTTP/1.1 200 OK\r\nContent-Length : 1",
            "HTTP/1.1 206 x\r\nContent-Range: bytes 0-1/2\r\nContent-Range: bytes 0-1/2",
        ]
    )
    func malformed(text: String) {
        #expect(throws: HTTPRangeError(.malformedAnswer)) { try parse(text) }
    }

    @Test(
        "RFC 9110 §14.4 a range that says nothing certain is none",
        arguments: [
            "bytes 0-1/*", "bytes */5", "bytes 2-1/5", "bytes 0-5/5", "items 0-1/5", "0-1/5",
        ]
    )
    func noRange(text: String) throws {
        #expect(try parse("HTTP/1.1 206 x\r\nContent-Range: \(text)").contentRange == nil)
    }

    @Test("any bytes: an error or a head, never a trap")
    func arbitrary() {
        var seed = UInt64(3)
        let pieces = [
            "HTTP/1.", "1 ", "200", " ", "\r\n", "Content-Length", ":", "Content-Range: bytes ",
            "-",
            "/", "9", "\u{0}", "ETag: \"",
        ]
        for _ in 0..<50_000 {
            var text = "HTTP/1.1 206 x\r\n"
            for _ in 0..<8 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int((seed >> 33) % UInt64(pieces.count))]
            }
            _ = try? parse(text)
        }
    }
}

@Suite("HTTP locations")
struct HTTPLocationTests {
    @Test("host, port and path")
    func parts() throws {
        let plain = try HTTPLocation("http://example.org")
        #expect(plain.host == "example.org" && plain.port == 80 && plain.path == "/")
        let full = try HTTPLocation("HTTP://[::1]:8080/a/b?c")
        #expect(full.host == "::1" && full.port == 8_080 && full.path == "/a/b?c")
        #expect(full.description == "http://[::1]:8080/a/b?c")
        #expect(try HTTPLocation("http://h?x").path == "/?x")
    }

    @Test("a file below it is encoded")
    func appended() throws {
        let folder = try HTTPLocation("http://h/f")
        #expect(folder.appending("a b/\u{e4}?#%").path == "/f/a%20b/%C3%A4%3F%23%25")
        #expect(folder.appending("\r\n").path == "/f/%0D%0A")
    }

    @Test(
        "refused",
        arguments: [
            "", "http://", "https://h/", "ftp://h/", "h", "http:///p", "http://h:0x/", "http://h:/",
            "http://h:65536/", "http://u@h/", "http://h/a b", "http://h/#f", "http://[::1/",
            "http://[::1]x/", "http://h/\u{e4}",
        ]
    )
    func refused(text: String) {
        #expect(throws: HTTPRangeError(.badLocation)) { try HTTPLocation(text) }
    }
}
