// CloudEndpoint: an endpoint inside a program, with a rule that calls Swift code.

#if Endpoint
import CloudEndpoint
import JSONDocument
import Logging
import ServiceLifecycle
import UnixSignals

let logger = Logger(label: "example")
var actions = RulesConfiguration()
actions.closures["alarm"] = { output in
    print("alarm from \(output.topic): \(String(decoding: output.payload, as: UTF8.self))")
}
let rules = RulesEngine(actions, logger: logger)
try rules.set(
    "hot",
    [
        "sql": "SELECT * FROM 'device/+' WHERE temperature > 50",
        "actions": [["closure": ["name": "alarm"]]],
    ]
)
var configuration = CloudEndpoint.Configuration(listeners: [.init(port: 0)])
configuration.rules = rules
let endpoint = CloudEndpoint(configuration: configuration, logger: logger) { addresses in
    for address in addresses { print("try: mosquitto_pub -p \(address.port) -t device/1 -m …") }
}
// Ends with SIGINT or SIGTERM; every client is told.
let services = ServiceGroup(
    services: [endpoint],
    gracefulShutdownSignals: [.sigint, .sigterm],
    logger: logger
)
try await services.run()
#else
print("built without the trait Endpoint")
#endif
