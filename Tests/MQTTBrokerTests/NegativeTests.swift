import IoTTestSupport
import MQTTBroker
import MQTTCodec
import Testing

@Suite("Byte for byte: what comes back for each packet that breaks a rule")
struct NegativeTests {
    @Test(
        "[MQTT-4.13.1-1] (MQTT 5.0) DISCONNECT carries the reason, and the connection ends",
        arguments: BrokenPackets.connected
    )
    func disconnects(item: BrokenPackets.Case) {
        let client = Simulation().connect("a")
        client.send(bytes: item.bytes)
        #expect(client.raw == [0xE0, 1, item.code])
        guard case .violation(let code, _, let rule)? = client.closeReason else {
            Issue.record("\(String(describing: client.closeReason))")
            return
        }
        #expect(code.rawValue == item.code)
        #expect(!rule.isEmpty)
    }

    @Test(
        "(3.1.1: [MQTT-4.8.0-1]) the connection ends without a word",
        arguments: BrokenPackets.connected311
    )
    func closes(bytes: [UInt8]) {
        let client = Simulation().connect("a", .v311)
        client.send(bytes: bytes)
        #expect(client.raw == [])
        guard case .violation? = client.closeReason else {
            Issue.record("\(String(describing: client.closeReason))")
            return
        }
    }

    @Test("CONNECT: what comes back is the CONNACK of its version, or nothing")
    func connect() {
        for (why, bytes, expected) in BrokenPackets.connects {
            let client = Simulation().open()
            client.send(bytes: bytes)
            let answer = client.raw
            #expect(answer == expected, "\(why)")
            #expect(client.closeReason != nil, "\(why)")
        }
    }

    @Test(
        "[MQTT-3.2.2-15] a packet beyond the limit is refused by its header with 0x95, one at it is not"
    )
    func tooLarge() {
        let simulation = Simulation { $0.maximumPacketSize = 100 }
        let client = simulation.connect("a")
        client.send(bytes: [0x30, 98, 0, 1, 0x61, 0] + [UInt8](repeating: 0, count: 94))
        #expect(client.raw == [])
        client.send(bytes: [0x30, 99])
        #expect(client.raw == [0xE0, 1, 0x95])
    }
}
