#if Endpoint
internal import ArgumentParser
internal import Foundation
internal import MQTTCodec
internal import MQTTPacketDump

/// Tools for the protocol, without a broker.
struct MQTT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mqtt",
        abstract: "Look into MQTT packets.",
        subcommands: [Decode.self]
    )
}

/// Prints the packets of a capture.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the packets of a capture field by field, with offsets.",
        discussion: """
            The capture is binary, or hexadecimal text as xxd and hexdump -C write it. Printing stops \
            at the first byte that breaks a rule, and says which; the exit status is then 1.
            """
    )

    /// The end that sent the packets.
    enum Sender: String, ExpressibleByArgument, CaseIterable {
        case client, server

        var role: Role { self == .client ? .client : .server }
    }

    /// How the capture is written down.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case auto, hex, binary
    }

    @Argument(help: "File to read; - is standard input.")
    var file = "-"

    @Option(help: "How the capture is written: auto, hex or binary.")
    var format = Format.auto

    @Option(help: "Who sent it, client or server; without, whoever may send each packet.")
    var from: Sender?

    @Option(
        help: "Version until a CONNECT names another: 3.1, 3.1.1 or 5.",
        transform: { text in
            switch text {
            case "3.1": .v31
            case "3.1.1": .v311
            case "5", "5.0": .v5
            default: throw ValidationError("--mqtt-version is 3.1, 3.1.1 or 5, not \(text)")
            }
        }
    )
    var mqttVersion: ProtocolVersion = .v5

    func run() throws {
        let content: Data
        if file == "-" {
            content = try FileHandle.standardInput.readToEnd() ?? Data()
        } else {
            content = try Data(contentsOf: URL(fileURLWithPath: file))
        }
        let bytes = [UInt8](content)
        let isText = format == .hex || (format == .auto && CaptureText.isText(bytes.span))
        let capture = isText ? try CaptureText.bytes(ofHexadecimal: bytes.span) : bytes
        let dump = PacketDump(capture.span, from: from?.role, as: mqttVersion)
        print(dump.text, terminator: "")
        if dump.error != nil || dump.errorOffset != nil { throw ExitCode(1) }
    }
}
#endif
