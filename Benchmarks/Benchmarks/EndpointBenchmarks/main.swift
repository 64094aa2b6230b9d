// The endpoint's faces over loopback: HTTP routes, and a shadow's way from update to delta.
//
// The yardstick of a route is the same server's health route, which answers a constant: HTTP server,
// loops and load generator are the same, in the same run.
import BenchmarkServer
import BenchmarkSupport
import IoTCBrokerLoad

let program = BenchmarkProgram("the endpoint over loopback")
let connections: Int32 = 16

@MainActor
func run(_ name: String, _ port: Int, _ request: String) -> iot_http_result {
    let result = iot_http_run(Int32(port), request, connections, program.isSmoke ? 0.2 : 2)
    if result.failed != 0 { program.fail("\(name): step \(result.failed)") }
    return result
}

func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n" }

func post(_ path: String, _ body: String) -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// A document of about 1 KB, and an update of about 100 B.
let fill = (0..<24).map { "\"member\($0)\":\"a value of twenty b\"" }.joined(separator: ",")
let document = "{\"state\":{\"reported\":{\"level\":1,\(fill)}}}"
let update =
    "{\"state\":{\"reported\":{\"level\":2,\"color\":\"warm white\",\"mode\":\"automatic\"}}}"

@MainActor
func compareRoutes(_ port: Int) {
    let thing = "/things/bench/shadow"
    _ = iot_http_run(Int32(port), post(thing, document), 1, 0.05)
    let routes = [
        ("GetThingShadow, 1 KB", get(thing), 0.5 as Double?),
        ("UpdateThingShadow, 100 B of 1 KB", post(thing, update), 0.5),
        ("Publish, QoS 0", post("/topics/bench/http", update), nil),
    ]
    for (name, request, bar) in routes where program.wants("endpoint/\(name)") {
        var mine: [Double] = []
        var bare: [Double] = []
        var ratios: [Double] = []
        for _ in 0..<(program.isSmoke ? 1 : 5) {
            mine.append(run(name, port, request).rate)
            bare.append(run("health", port, get("/health")).rate)
            ratios.append(mine[mine.count - 1] / bare[bare.count - 1])
        }
        program.add(
            Row(
                name: "endpoint/\(name)",
                ours: median(mine),
                unit: "requests/s",
                peerName: "health route",
                peer: median(bare),
                ratio: median(ratios),
                bar: bar.map { ">= \($0) x" },
                meetsBar: bar.map { median(ratios) >= $0 }
            )
        )
    }
}

@MainActor
func measureDelta(_ port: Int) {
    guard program.wants("endpoint/shadow update to delta") else { return }
    let results = (0..<(program.isSmoke ? 1 : 5)).map { _ in
        iot_shadow_delta_run(Int32(port), program.isSmoke ? 0.2 : 2)
    }
    for result in results where result.failed != 0 {
        program.fail("update to delta: step \(result.failed)")
    }
    let half = median(results.map(\.p50))
    program.add(
        Row(
            name: "endpoint/shadow update to delta, p50",
            ours: half,
            unit: "us",
            bar: "< 200 us",
            meetsBar: half < 200
        )
    )
    program.add(
        .measured("endpoint/shadow update to delta, p99", median(results.map(\.p99)), "us")
    )
}

if let web = freePort(),
    let server = Server(
        "iot-cloud",
        endpointProgram(),
        configuration: { port, _ in
            let ports = ["--port", "\(port)", "--http-port", "\(web)"]
            return (["serve"] + ports + ["--log-level", "error"], nil)
        }
    ), waitForServer(on: web)
{
    compareRoutes(web)
    measureDelta(server.port)
} else {
    program.fail("iot-cloud does not start")
}
program.finish()
