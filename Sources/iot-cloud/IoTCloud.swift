#if Endpoint
internal import ArgumentParser
internal import Foundation

/// The program's entry: completes the options of `serve`, then runs the command.
@main
enum Program {
    static func main() async {
        do {
            let arguments = try await ServeConfiguration.expand(
                Array(CommandLine.arguments.dropFirst()),
                environment: ProcessInfo.processInfo.environment
            )
            await IoTCloud.main(arguments)
        } catch { IoTCloud.exit(withError: error) }
    }
}

/// `iot-cloud`, a thin command line over CloudEndpoint and the cores.
struct IoTCloud: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iot-cloud",
        abstract: "The data plane of an IoT cloud in one process.",
        discussion: """
            `iot-cloud demo` plays a device's life and checks every step of it.
            `iot-cloud serve` starts an MQTT broker on this machine; try it with

              mosquitto_sub -t 'sensor/#' &
              mosquitto_pub -t sensor/1 -m hello

            `iot-cloud init` makes certificates, policies and a configuration for more than that.
            """,
        subcommands: [
            Serve.self, DemoCommand.self, InitCommand.self, MQTT.self, SQLCommands.self,
            PolicyCommands.self, CertificateCommandLine.self, AuthorityCommandLine.self,
            ShadowCommands.self, FileCommands.self, Firmware.self,
        ]
    )
}
#else
/// An executable needs an entry point, also where its parts are left out.
@main
enum Program {
    static func main() {
        print("iot-cloud was built without the trait Endpoint, which it consists of")
    }
}
#endif
