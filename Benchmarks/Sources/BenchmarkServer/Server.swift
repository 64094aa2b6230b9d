internal import Foundation

/// A server in a process of its own, on a free port of loopback.
public final class Server {
    /// What the tables call it.
    public let name: String
    /// Where it listens.
    public let port: Int
    private let process: Process
    private let folder: URL

    /// Starts a program and waits until it accepts connections; `nil` where it is not installed.
    public init?(
        _ name: String,
        _ program: String,
        configuration: (_ port: Int, _ folder: String) -> (arguments: [String], file: String?)
    ) {
        guard FileManager.default.isExecutableFile(atPath: program), let port = freePort() else {
            print("\(name): skipped, \(program) is not there")
            return nil
        }
        self.name = name
        self.port = port
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-broker-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (arguments, file) = configuration(port, folder.path)
        if let file {
            try? Data(file.utf8).write(to: folder.appendingPathComponent("conf"))
        }
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil, waitForServer(on: port) else {
            print("\(name): skipped, it does not start")
            return nil
        }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Bytes of memory of its own, resident or swapped out: pages of files come and go as the system likes.
    public var ownBytes: Double {
        let path = "/proc/\(process.processIdentifier)/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").filter {
            $0.hasPrefix("RssAnon:") || $0.hasPrefix("VmSwap:")
        }
        return lines.reduce(0) { $0 + (Double($1.filter(\.isNumber)) ?? 0) * 1_024 }
    }
}

private func withSocket<T>(_ body: (Int32, inout sockaddr_in) -> T) -> T {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return body(descriptor, &address)
}

private func canConnect(_ port: Int) -> Bool {
    withSocket { descriptor, address in
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Waits, for ten seconds at most, until a port of loopback accepts connections.
public func waitForServer(on port: Int) -> Bool {
    for _ in 0..<500 {
        if canConnect(port) { return true }
        Thread.sleep(forTimeInterval: 0.02)
    }
    return false
}

/// A port of loopback that nothing listens on.
public func freePort() -> Int? {
    withSocket { descriptor, address in
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard bind(descriptor, $0, size) == 0, getsockname(descriptor, $0, &size) == 0
                else { return nil }
                return $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int(in_port_t(bigEndian: $0.pointee.sin_port))
                }
            }
        }
    }
}

/// The built `iot-cloud`: the one that the variable IOT_CLOUD names, else the release build, else the
/// debug build with a warning.
public func endpointProgram() -> String {
    if let path = ProcessInfo.processInfo.environment["IOT_CLOUD"] { return path }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let builds = ["release", "debug"].map {
        root.appendingPathComponent(".build/\($0)/iot-cloud").path
    }
    let found = builds.first(where: FileManager.default.isExecutableFile) ?? builds[0]
    if found.contains("/debug/") { print("iot-cloud is a debug build: its numbers say nothing") }
    return found
}
