internal import IoTTime
internal import MQTTCodec

/// A PUBLISH on its way out: what the receiver decides (flags, identifier, subscription
/// identifiers, remaining expiry) in front of what all receivers share.
struct OutgoingPublish {
    /// From this size on a payload is handed out as it is; below, copying is cheaper than one
    /// more piece in the vectored write.
    static let sharedPayloadThreshold = 4_096

    private let delivery: Delivery
    private let version: ProtocolVersion
    private let expiry: UInt32?
    private let propertyLength: Int
    private let remainingLength: Int

    /// Measures the packet; an identifier is counted in where the QoS needs one.
    init(_ delivery: Delivery, version: ProtocolVersion, at now: MonotonicTime) {
        self.delivery = delivery
        self.version = version
        let message = delivery.message
        var length = 2 + message.topic.count + message.payload.count
        if delivery.qos != .atMostOnce { length += 2 }
        var properties = 0
        if version >= .v5 {
            expiry = message.remainingExpiry(at: now)
            properties = message.properties.count + (expiry == nil ? 0 : 5)
            for identifier in delivery.subscriptionIdentifiers {
                properties += 1 + Self.size(ofVariableByteInteger: Int(identifier))
            }
            length += properties + Self.size(ofVariableByteInteger: properties)
        } else {
            expiry = nil
        }
        propertyLength = properties
        remainingLength = length
    }

    /// Bytes of the whole packet.
    var size: Int {
        1 + Self.size(ofVariableByteInteger: remainingLength) + remainingLength
    }

    /// True when the length can be written at all: at most 268,435,455 bytes follow the header.
    var isEncodable: Bool { remainingLength <= 268_435_455 }

    /// Adds the packet to what a connection is sent next.
    func write(identifier: UInt16, isDuplicate: Bool, to batch: inout OutboundBatch) {
        let payload = delivery.message.payload
        let sharesPayload = payload.count >= Self.sharedPayloadThreshold
        batch.append { bytes in
            writeHead(identifier: identifier, isDuplicate: isDuplicate, to: &bytes)
            if !sharesPayload { bytes.append(contentsOf: payload) }
        }
        if sharesPayload { batch.appendShared(payload) }
    }

    private func writeHead(identifier: UInt16, isDuplicate: Bool, to bytes: inout [UInt8]) {
        let message = delivery.message
        bytes.append(
            0x30 | (isDuplicate ? 0x08 : 0) | delivery.qos.rawValue << 1
                | (delivery.retain ? 1 : 0)
        )
        Self.append(variableByteInteger: remainingLength, to: &bytes)
        Self.append(UInt16(truncatingIfNeeded: message.topic.count), to: &bytes)
        bytes.append(contentsOf: message.topic)
        if delivery.qos != .atMostOnce { Self.append(identifier, to: &bytes) }
        guard version >= .v5 else { return }
        Self.append(variableByteInteger: propertyLength, to: &bytes)
        if let expiry {
            bytes.append(0x02)
            Self.append(UInt16(truncatingIfNeeded: expiry >> 16), to: &bytes)
            Self.append(UInt16(truncatingIfNeeded: expiry), to: &bytes)
        }
        for identifier in delivery.subscriptionIdentifiers {
            bytes.append(0x0B)
            Self.append(variableByteInteger: Int(identifier), to: &bytes)
        }
        bytes.append(contentsOf: message.properties)
    }

    private static func append(_ value: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    private static func append(variableByteInteger value: Int, to bytes: inout [UInt8]) {
        var rest = value
        repeat {
            let low = UInt8(truncatingIfNeeded: rest & 0x7F)
            rest >>= 7
            bytes.append(rest > 0 ? low | 0x80 : low)
        } while rest > 0
    }

    private static func size(ofVariableByteInteger value: Int) -> Int {
        value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4
    }
}
