#if Endpoint
internal import ArgumentParser
internal import CertificateTool
internal import Foundation
internal import IoTTime
internal import X509Verification

/// `iot-cloud cert`: looks at certificates, judges them as the endpoint would, and changes their state
/// in a registry.
struct CertificateCommandLine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Inspect and judge certificates, and change those of a registry.",
        subcommands: [
            Inspect.self, Verify.self, Explain.self, List.self, Activate.self, Deactivate.self,
            Revoke.self, Audit.self,
        ]
    )

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report every certificate of a file."
        )

        @Argument(help: "A file of certificates, PEM or DER.")
        var file: String

        func run() throws { try finish(CertificateCommands().inspect(try contents(file))) }
    }

    /// What is judged, and by what.
    struct Path: ParsableArguments {
        @Argument(help: "The certificate and what may help it, PEM or DER.")
        var chain: String

        @Option(help: ArgumentHelp("Certificates that are trusted, PEM or DER.", valueName: "file"))
        var anchors: String

        @Option(help: ArgumentHelp("A revocation list; may be repeated.", valueName: "file"))
        var crl: [String] = []

        @Option(
            help: "The rules: iot-client, rfc5280 or web-server.",
            transform: { text in
                guard let profile = CertificateCommands.ProfileName(rawValue: text) else {
                    throw ValidationError("--profile cannot be \(text)")
                }
                return profile
            }
        )
        var profile: CertificateCommands.ProfileName = .iotClient

        @Option(help: "A host name or address that the certificate must have.")
        var name: String?

        @Option(
            help: "The moment to judge, RFC 3339; now without it.",
            transform: { text in
                guard let time = try? WallClock(rfc3339: text) else {
                    throw ValidationError("--time cannot be \(text)")
                }
                return time
            }
        )
        var time: WallClock?

        func request() throws -> CertificateCommands.Request {
            let now = WallClock(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            var request = CertificateCommands.Request(
                chain: try contents(chain),
                anchors: try contents(anchors),
                time: time ?? now
            )
            request.crls = try crl.map(contents)
            request.profile = profile.profile
            request.name = name
            return request
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in one line whether there is a valid path, or why not."
        )

        @OptionGroup var path: Path

        func run() throws { try finish(CertificateCommands().verify(try path.request())) }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the whole search for a path: each step, the reason, the work."
        )

        @OptionGroup var path: Path

        func run() throws { try finish(CertificateCommands().explain(try path.request())) }
    }
}

/// What a file holds.
///
/// - Throws: `ValidationError` for one that cannot be read.
func contents(_ file: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: file) else {
        throw ValidationError("\(file) cannot be read")
    }
    return [UInt8](data)
}

/// Prints a report and ends the command as it says.
func finish(_ output: CertificateCommands.Output) throws {
    FileHandle.standardOutput.write(Data(output.text.utf8))
    if output.status != 0 { throw ExitCode(output.status) }
}
#endif
