#if Endpoint
internal import ArgumentParser
internal import Foundation

/// `iot-cloud init`: everything that a first endpoint with real certificates needs.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make certificates, policies and a configuration to start from.",
        discussion: """
            Makes an authority, a certificate for the server, one for a first device and one for an \
            operator's console, two policies and a configuration file, and prints commands to paste. \
            Keys can be read by their owner alone. Nothing that exists is overwritten.

            The authority signs the server and the devices. Keep ca.key elsewhere once the devices \
            have their certificates: the endpoint does not need it.
            """
    )

    @Argument(help: "The folder to make; it may exist, its files may not.")
    var folder = "cloud"

    @Option(
        help: ArgumentHelp(
            "A further name or IPv4 address of the server; may be repeated. localhost and "
                + "127.0.0.1 are always there.",
            valueName: "name"
        )
    )
    var name: [String] = []

    @Option(help: ArgumentHelp("The first device.", valueName: "name"))
    var device = "lamp-1"

    @Option(help: ArgumentHelp("How long certificates are valid.", valueName: "days"))
    var days: Int64 = 365

    @Option(help: "Port for plain MQTT, on this machine.")
    var port = 1_883

    @Option(help: "Port for MQTT over TLS.")
    var tlsPort = 8_883

    @Option(help: "Port for HTTP over TLS.")
    var httpsPort = 8_443

    func validate() throws {
        for port in [port, tlsPort, httpsPort] where !(0...65_535).contains(port) {
            throw ValidationError("a port is 0...65535, not \(port)")
        }
        guard (1...36_500).contains(days) else { throw ValidationError("--days is 1...36500") }
        let isName = device.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == 0x2D || $0 == 0x5F
        }
        guard (1...64).contains(device.utf8.count), isName, device != "console" else {
            throw ValidationError(
                "--device is 1 to 64 letters, digits, - and _, and not \"console\""
            )
        }
    }

    func run() throws {
        let starter = StarterFolder(
            path: folder,
            device: device,
            ports: (port, tlsPort, httpsPort)
        )
        do {
            try starter.make(names: name, days: days)
        } catch let failure as PrivateFile.Failure {
            throw ValidationError(failure.description)
        }
        print(starter.instructions)
    }
}
#endif
