#if Endpoint
internal import ArgumentParser

/// `iot-cloud`, a thin command line over CloudEndpoint and the cores.
@main
struct IoTCloud: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iot-cloud",
        abstract: "The data plane of an IoT cloud in one process.",
        discussion: """
            `iot-cloud serve` starts an MQTT broker on this machine; try it with

              mosquitto_sub -t 'sensor/#' &
              mosquitto_pub -t sensor/1 -m hello
            """,
        subcommands: [
            Serve.self, MQTT.self, SQLCommands.self, PolicyCommands.self,
            CertificateCommandLine.self, AuthorityCommandLine.self, ShadowCommands.self,
            FileCommands.self, Firmware.self,
        ]
    )
}
#else
/// An executable needs an entry point, also where its parts are left out.
@main
enum IoTCloud {
    static func main() {
        print("iot-cloud was built without the trait Endpoint, which it consists of")
    }
}
#endif
