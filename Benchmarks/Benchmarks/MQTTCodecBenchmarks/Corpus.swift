import MQTTCodec

/// The packets that are measured, byte for byte.
///
/// All are MQTT 5.0.
enum Corpus {
    /// CONNECT with will, user name and password, no property.
    static let connect: [UInt8] = build(
        0x10,
        text("MQTT") + [5, 0xEE, 0, 60, 0] + text("device-000123456789") + [0]
            + text("devices/000123456789/status") + field(Array("offline".utf8))
            + text("gateway-user") + field(Array("correct horse battery staple".utf8))
    )

    /// PUBLISH of QoS 0: 30 bytes of topic name, 64 bytes of payload.
    static let publish: [UInt8] = build(
        0x30,
        text("device/000123456789/sensor/t/1") + [0] + [UInt8](repeating: 0x37, count: 64)
    )

    /// PUBLISH of QoS 1 with 6 properties.
    static let publishWithProperties: [UInt8] = build(
        0x32,
        text("device/000123456789/sensor/t/1") + [0x12, 0x34] + propertyList
            + [UInt8](repeating: 0x37, count: 64)
    )

    private static let propertyList: [UInt8] = {
        var list: [UInt8] = [0x01, 1, 0x02, 0, 0, 0x0E, 0x10]
        list += [0x03] + text("application/json") + [0x08] + text("reply/000123456789")
        list +=
            [0x09] + field([1, 2, 3, 4, 5, 6, 7, 8]) + [0x26] + text("trace") + text("4bf92f35")
        return [UInt8(list.count)] + list
    }()

    /// The ten filters of SUBSCRIBE.
    static let filters = [
        "device/000123456789/command/#", "device/000123456789/shadow/+/delta",
        "device/000123456789/config", "group/7/broadcast", "group/+/firmware",
        "site/berlin/building/2/floor/+/#", "$share/workers/jobs/+/queued",
        "fleet/all/announcements", "device/000123456789/ota/blocks", "time/utc",
    ]

    /// SUBSCRIBE of 10 filters with a subscription identifier.
    static let subscribe: [UInt8] = build(
        0x82,
        [0x12, 0x34, 2, 0x0B, 7] + filters.flatMap { text($0) + [1] }
    )

    /// PUBACK with a reason code.
    static let puback: [UInt8] = build(0x40, [0x12, 0x34, 0x10])

    private static func text(_ text: String) -> [UInt8] { field(Array(text.utf8)) }

    private static func field(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    private static func build(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = body.count
        while rest >= 0x80 {
            length.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return [first] + length + [UInt8(rest)] + body
    }
}
