#if Endpoint
internal import ArgumentParser
internal import CertificateTool
internal import Foundation
internal import IoTTime

/// `iot-cloud cert`: looks at certificates without any server.
struct CertificateSubcommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Inspect certificates, and verify and explain their paths.",
        subcommands: [Inspect.self, Verify.self, Explain.self]
    )

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every field of the certificates of a file, and the rules they break."
        )

        @Argument(help: "A file in PEM or DER.")
        var file: String

        func run() throws { try finish(CertificateCommands().inspect(try read(file))) }
    }

    /// The files of one verification.
    struct Path: ParsableArguments {
        @Argument(help: "The certificate, and after it others that may help; PEM or DER.")
        var chain: String

        @Option(help: "The certificates of the CAs that are trusted; PEM or DER.")
        var anchors: String

        @Option(help: "A revocation list in PEM or DER; may be given several times.")
        var crl: [String] = []

        @Option(help: "The rules: iot-client, rfc5280 or web-server.")
        var profile = CertificateCommands.ProfileName.iotClient

        @Option(help: "A host name or address that the certificate must have.")
        var name: String?

        @Option(help: "The moment to judge, as in 2026-06-01T00:00:00Z; without it, now.")
        var at: String?

        func request() throws -> CertificateCommands.Request {
            var time = WallClock(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            if let at {
                do {
                    time = try WallClock(rfc3339: at)
                } catch {
                    throw ValidationError("--at cannot be \(at): \(error)")
                }
            }
            var request = CertificateCommands.Request(
                chain: try read(chain),
                anchors: try read(anchors),
                time: time
            )
            request.crls = try crl.map { try read($0) }
            request.profile = profile.profile
            request.name = name
            return request
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether there is a valid path, or why not.",
            discussion: "Ends with 1 where there is none, with 2 where a file cannot be read."
        )

        @OptionGroup var path: Path

        func run() throws { try finish(CertificateCommands().verify(try path.request())) }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell every step of the search for a path."
        )

        @OptionGroup var path: Path

        func run() throws { try finish(CertificateCommands().explain(try path.request())) }
    }
}

extension CertificateCommands.ProfileName: ExpressibleByArgument {}

private func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Prints a report and ends the command as it says.
private func finish(_ output: CertificateCommands.Output) throws {
    let handle = output.status == 2 ? FileHandle.standardError : FileHandle.standardOutput
    handle.write(Data(output.text.utf8))
    if output.status != 0 { throw ExitCode(output.status) }
}
#endif
