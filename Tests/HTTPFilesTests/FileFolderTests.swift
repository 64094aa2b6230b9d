import Foundation
import Testing

@testable import HTTPFiles

@Suite("Files of a folder, and nothing outside of it")
struct FileFolderTests {
    /// A folder with a file inside, one outside, and ways out.
    private func withFolder(_ body: (FileFolder, String) throws -> Void) throws {
        let base = FileManager.default.temporaryDirectory.path + "/folder-\(UUID().uuidString)"
        let files = FileManager.default
        try files.createDirectory(atPath: base + "/www/sub", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: base) }
        try Data("inside".utf8).write(to: URL(fileURLWithPath: base + "/www/sub/a b"))
        try Data("hidden".utf8).write(to: URL(fileURLWithPath: base + "/www/.secret"))
        try Data("outside".utf8).write(to: URL(fileURLWithPath: base + "/secret"))
        try files.createSymbolicLink(atPath: base + "/www/link", withDestinationPath: "../secret")
        try files.createSymbolicLink(atPath: base + "/www/up", withDestinationPath: "..")
        try files.createSymbolicLink(atPath: base + "/www/same", withDestinationPath: "sub/a b")
        #expect(unsafe mkfifo(base + "/www/pipe", 0o600) == 0)
        try body(FileFolder(path: base + "/www"), base)
    }

    private func open(_ folder: FileFolder, _ path: String) -> OpenFile? {
        RequestPath(path).flatMap { folder.open($0.components) }
    }

    @Test("a regular file opens")
    func regular() throws {
        try withFolder { folder, _ in
            #expect(open(folder, "/sub/a%20b")?.length == 6)
        }
    }

    @Test(
        "what is no regular file below the folder does not open",
        arguments: [
            "/", "/sub", "/sub/", "/missing", "/link", "/up/secret", "/same", "/pipe", "/.secret",
            "/../secret", "/sub/../../secret", "/%2e%2e/secret", "/sub/%2e%2e/%2E%2E/secret",
            "/..%2fsecret", "/sub%2fa%20b", "//sub/a%20b", "/./sub/a%20b", "/sub/a%20b/",
            "/sub/a%20b%00", "/sub/a b/x", "/%00",
        ]
    )
    func refused(path: String) throws {
        try withFolder { folder, base in
            #expect(open(folder, path) == nil)
            #expect(open(folder, "/" + base + "/secret") == nil)
        }
    }

    @Test("the folder may be a link that the operator switches")
    func switched() throws {
        try withFolder { folder, base in
            try FileManager.default.createSymbolicLink(
                atPath: base + "/current",
                withDestinationPath: "www"
            )
            #expect(open(FileFolder(path: base + "/current"), "/sub/a%20b") != nil)
        }
    }

    @Test("a write gives another entity tag, and the open file says that it changed")
    func changes() throws {
        try withFolder { folder, base in
            let file = try #require(open(folder, "/sub/a%20b"))
            #expect(file.isUnchanged)
            usleep(20_000)
            let handle = try #require(FileHandle(forWritingAtPath: base + "/www/sub/a b"))
            handle.write(Data("INSIDE".utf8))
            handle.closeFile()
            #expect(!file.isUnchanged)
            #expect(open(folder, "/sub/a%20b")?.entityTag != file.entityTag)
        }
    }

    @Test("a path is split before it is decoded")
    func path() {
        #expect(RequestPath("/a%2Fb/c")?.components == [Array("a/b".utf8), Array("c".utf8)])
        #expect(RequestPath("/")?.components == [])
        for broken in ["", "a", "/%", "/%2", "/%zz", "*"] { #expect(RequestPath(broken) == nil) }
        let deep = String(repeating: "/a", count: RequestPath.maximumComponents)
        #expect(RequestPath(deep) != nil)
        #expect(RequestPath(deep + "/a") == nil)
        let long = "/" + String(repeating: "a", count: RequestPath.maximumBytes - 1)
        #expect(RequestPath(long) != nil)
        #expect(RequestPath(long + "a") == nil)
    }

    @Test("a query's parameters are decoded; broken or repeated ones refuse the request")
    func query() {
        #expect(RequestQuery("qos=1&topic=a%2Fb+c")?["topic"] == "a/b c")
        #expect(RequestQuery(nil)?["x"] == nil)
        #expect(RequestQuery("a")?["a"] == "")
        for broken in ["a=%", "a=%ff", "a=1&a=2"] { #expect(RequestQuery(broken) == nil) }
    }
}
