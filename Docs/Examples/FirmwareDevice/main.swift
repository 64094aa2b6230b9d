// A device that updates itself: slots are files, "booting" is printing.
//
//     FirmwareDevice STATE-FOLDER ROOT SOURCE VENDOR CLASS COMPONENT CAPACITY [CLOCK]
//
// SOURCE is a folder or http://host:port/folder with root.<n>.cbor, releases.cbor, manifest.cbor and
// the payloads (beside each of them its .tree). Kill it at any time and start it again.

import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import FirmwareTool
import Foundation

/// A folder or a web server.
enum AnySource: UpdateSource {
    case folder(FolderSource)
    case server(HTTPRangeSource)

    func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit: Int
    ) throws(FirmwareError) -> [UInt8]? {
        switch self {
        case .folder(let source): try source.fetch(path, range: range, limit: limit)
        case .server(let source): try source.fetch(path, range: range, limit: limit)
        }
    }
}

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(1)
}

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 7 || arguments.count == 8,
    let vendor = HardwareIdentifier(arguments[3]),
    let deviceClass = HardwareIdentifier(arguments[4]),
    let capacity = UInt64(arguments[6]),
    let root = FileManager.default.contents(atPath: arguments[1])
else {
    fail("usage: FirmwareDevice STATE-FOLDER ROOT SOURCE VENDOR CLASS COMPONENT CAPACITY [CLOCK]")
}

let source: AnySource =
    if let server = HTTPRangeSource(arguments[2]) { .server(server) } else {
        .folder(FolderSource(arguments[2]))
    }
let clock =
    UInt64(arguments.count == 8 ? arguments[7] : "")
    ?? UInt64(Date().timeIntervalSince1970)

do {
    let updater = DeviceUpdater(
        files: try FolderFiles(arguments[0]),
        source: source,
        device: DeviceDescription(
            vendor: .uuid(vendor),
            classIdentifier: deviceClass,
            components: [DeviceComponent(ComponentIdentifier(arguments[5]), capacity: capacity)]
        ),
        at: FirmwareTime(seconds: clock),
        using: CombinedCryptography(
            ed25519: SodiumCryptography(),
            others: OpenSSLCryptography()
        ),
        report: say
    )
    try updater.provision(root: [UInt8](root))
    switch try updater.run() {
    case .upToDate: say("up to date, running slot \(try updater.boot())")
    case .failed(let cause): fail("given up: \(cause)")
    case .bootOnTrial:
        // A real device restarts here, and its new system confirms when it works.
        let slot = try updater.boot()
        say("trial of slot \(slot)")
        try updater.confirm(running: slot)
        say("confirmed slot \(slot)")
    }
} catch let error as FirmwareError {
    fail("refused: \(error.code.rawValue) \(error)")
} catch {
    fail("\(error)")
}
