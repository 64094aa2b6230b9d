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
    Server("bare channel", beside("IoTIdleChannel")) { port, _ in (["\(port)"], nil) }
}

/// A program that was built together with the endpoint's.
@MainActor
func beside(_ name: String) -> String {
    URL(fileURLWithPath: endpointProgram()).deletingLastPathComponent()
        .appendingPathComponent(name).path
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
        let own = measure(load, ours, rate: median(mine) / 2).p99
        let other = measure(load, peer, rate: median(theirs) / 2).p99
        program.add(.measured("broker/half load, p99", own, "us", peer: (peer.name, other)))
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
    for server in [startEndpoint(), startIdleChannel(), startMosquitto()].compactMap({ $0 }) {
        measureIdle("broker/idle connection", server, count, iot_idle_open, iot_idle_close)
    }
}

@MainActor
func measureIdle(
    _ name: String,
    _ server: Server,
    _ count: Int32,
    _ open: (Int32, Int32) -> Int32,
    _ close: () -> Void
) {
    let before = server.ownBytes
    let opened = open(Int32(server.port), count)
    defer { close() }
    if opened < count, server.name == "iot-cloud" {
        program.fail("\(name): \(opened) of \(count)")
    }
    guard opened > 0 else { return }
    let each = (server.ownBytes - before) / Double(opened)
    print("\(server.name): \(opened) connections")
    program.add(.measured("\(name), \(server.name)", each, "B"))
}

/// Idle connections over TLS, after a handshake of TLS 1.3 without a client certificate.
@MainActor
func measureIdleTLS() {
    guard program.wants("broker/idle TLS connection"), let identity = ServerIdentity() else {
        return
    }
    let count: Int32 = program.isSmoke ? 50 : 2_000
    let servers = [
        Server("iot-cloud", endpointProgram()) { port, _ in
            let arguments = [
                "serve", "--port", "0", "--tls-port", "\(port)", "--certificate",
                identity.certificate, "--key", identity.key, "--log-level", "error",
            ]
            return (arguments, nil)
        },
        Server("bare channel", beside("IoTIdleChannel")) { port, _ in
            (["\(port)", identity.certificate, identity.key], nil)
        },
        Server("mosquitto", "/usr/sbin/mosquitto") { port, folder in
            let text = """
                listener \(port) 127.0.0.1
                allow_anonymous true
                certfile \(identity.certificate)
                keyfile \(identity.key)
                set_tcp_nodelay true
                log_type error
                """
            return (["-c", folder + "/conf"], text + "\n")
        },
    ]
    for server in servers.compactMap({ $0 }) {
        measureIdle(
            "broker/idle TLS connection",
            server,
            count,
            iot_idle_open_tls,
            iot_idle_close_tls
        )
    }
}

for load in loads { compare(load) }
measureIdle()
measureIdleTLS()
program.finish()
