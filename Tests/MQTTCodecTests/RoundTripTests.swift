import MQTTCodec
import Testing

@Suite("Placeholder")
struct PlaceholderTests {
    @Test func ping() throws {
        let bytes: [UInt8] = [0xC0, 0]
        #expect(try ControlPacket(bytes.span, as: .v5, from: .client) == .pingreq)
    }
}
