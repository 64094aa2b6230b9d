// The endpoint against other brokers, all driven by the same load generator in the same run.
//
// The program under measurement is the built `iot-cloud`: IOT_CLOUD names another one.
import BenchmarkServer
import BenchmarkSupport
import Foundation
import IoTCBrokerLoad

let program = BenchmarkProgram("MQTT brokers, 64 B, loopback")
@MainActor
func startEndpoint(loops: Int = 1) -> Server? {
    Server(loops == 1 ? "iot-cloud" : "iot-cloud, \(loops) loops", endpointProgram()) { port, _ in
        // As for mosquitto: a subscriber that pauses for a moment must not lose messages.
        (
            [
                "serve", "--port", "\(port)", "--log-level", "error", "--event-loops", "\(loops)",
                "--max-queued-messages", "10000000", "--max-queued-bytes", "4000000000",
            ], nil
        )
    }
}

/// Connections of NIO alone; beside the endpoint's program.
@MainActor
func startIdleChannel() -> Server? {
    let path = URL(fileURLWithPath: endpointProgram()).deletingLastPathComponent()
        .appendingPathComponent("IoTIdleChannel").path
    return Server("bare channel", path) { port, _ in (["\(port)"], nil) }
}

@MainActor
func startMosquitto() -> Server? {
    Server("mosquitto", "/usr/sbin/mosquitto") { port, folder in
        let text = """
            listener \(port) 127.0.0.1
            allow_anonymous true
            persistence false
            set_tcp_nodelay true
            max_queued_messages 0
            log_type error
            """
        return (["-c", folder + "/conf"], text + "\n")
    }
}

@MainActor
func startNATS() -> Server? {
    Server("nats-server", "/usr/sbin/nats-server") { port, folder in
        let text = """
            listen: 127.0.0.1:-1
            server_name: bench
            jetstream { store_dir: "\(folder)" }
            mqtt { listen: "127.0.0.1:\(port)" }
            """
        return (["-c", folder + "/conf"], text + "\n")
    }
}

struct Load {
    var name: String
    var qos: Int32
    var subscribers: Int32
    var window: Int32
    /// How many times the peer at least.
    var bar: Double
}

let loads = [
    Load(name: "QoS 0, 1 to 1", qos: 0, subscribers: 1, window: 4_000, bar: 3),
    Load(name: "QoS 1, 1 to 1", qos: 1, subscribers: 1, window: 20, bar: 3),
    Load(name: "QoS 0, 1 to 100", qos: 0, subscribers: 100, window: 200, bar: 3),
]

@MainActor
func options(_ load: Load, rate: Double = 0) -> iot_load_options {
    iot_load_options(
        qos: load.qos,
        subscribers: load.subscribers,
        window: load.window,
        payload: 64,
        warmup: program.isSmoke ? 0.2 : 0.5,
        seconds: program.isSmoke ? 0.3 : 2,
        rate: rate
    )
}

@MainActor
func measure(_ load: Load, _ server: Server, rate: Double = 0) -> iot_load_result {
    let result = iot_load_run(Int32(server.port), options(load, rate: rate))
    if result.failed != 0 { program.fail("\(load.name), \(server.name): step \(result.failed)") }
    if result.gaps != 0 {
        program.fail("\(load.name), \(server.name): \(result.gaps) messages lost or out of order")
    }
    return result
}

@MainActor
func compare(_ load: Load) {
    guard program.wants("broker/\(load.name)"), let ours = startEndpoint() else { return }
    if load.qos == 0 {
        let ceiling = iot_load_ceiling(options(load))
        program.add(.measured("broker/\(load.name), relay instead", ceiling.delivered, "msg/s"))
    }
    let peers = [startMosquitto(), startNATS(), startEndpoint(loops: 2)]
    for peer in peers.compactMap({ $0 }) {
        var mine: [Double] = []
        var theirs: [Double] = []
        var ratios: [Double] = []
        for _ in 0..<(program.isSmoke ? 1 : 5) {
            mine.append(measure(load, ours).delivered)
            theirs.append(measure(load, peer).delivered)
            ratios.append(mine[mine.count - 1] / theirs[theirs.count - 1])
        }
        let isOurs = peer.name.hasPrefix("iot-cloud")
        let bar = peer.name == "mosquitto" ? load.bar : isOurs ? 0 : 1
        program.add(
            Row(
                name: "broker/\(load.name)",
                ours: median(mine),
                unit: "msg/s",
                peerName: peer.name,
                peer: median(theirs),
                ratio: median(ratios),
                bar: ">= \(bar) x",
                meetsBar: median(ratios) >= bar
            )
        )
        guard load.qos == 0, load.subscribers == 1 else { continue }
        for server in [ours, peer] {
            let full = server === ours ? median(mine) : median(theirs)
            let result = measure(load, server, rate: full / 2)
            program.add(
                .measured("broker/half load, p99, \(server.name)", result.p99, "us")
            )
        }
    }
}

@MainActor
func measureIdle() {
    guard program.wants("broker/idle connection") else { return }
    // Each side has one descriptor for a connection, and a few for itself.
    var files = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    let allowed = Int32(clamping: max(0, Int(clamping: files.rlim_max) - 100))
    let count: Int32 = program.isSmoke ? 200 : min(20_000, allowed)
    let servers = [startEndpoint(), startIdleChannel(), startMosquitto()]
    for server in servers.compactMap({ $0 }) {
        let before = server.ownBytes
        let opened = iot_idle_open(Int32(server.port), count)
        if opened < count, server.name == "iot-cloud" {
            program.fail("idle connections: \(opened) of \(count)")
        }
        if opened > 0 {
            let each = (server.ownBytes - before) / Double(opened)
            program.add(
                .measured("broker/idle connection, \(server.name), \(opened)", each, "B")
            )
        }
        iot_idle_close()
    }
}

for load in loads { compare(load) }
measureIdle()
program.finish()
