#if Endpoint
import CloudEndpoint
import Logging
import Testing

@Suite("CloudEndpoint: who may connect from where")
struct ConfigurationTests {
    @Test("an address that others reach is refused without policy, before anything is bound")
    func refusesOpenListener() async {
        for host in ["0.0.0.0", "::"] {
            let endpoint = CloudEndpoint(
                configuration: .init(listeners: [.init(host: host, port: 0)]),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            await #expect(throws: CloudEndpoint.StartError.openWithoutPolicy(host: host)) {
                try await endpoint.run()
            }
        }
    }

    @Test("IPv6 addresses stand in brackets")
    func addressText() async throws {
        var configuration = CloudEndpoint.Configuration(listeners: [.init(port: 0)])
        configuration.allowsAnonymous = true
        #expect(configuration.listeners == [.init(host: "127.0.0.1", port: 0)])
    }
}
#endif
