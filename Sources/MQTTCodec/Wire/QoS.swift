/// How hard a sender tries to deliver a message. MQTT 5.0 §4.3
public enum QoS: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// QoS 0: sent once, never acknowledged.
    case atMostOnce = 0
    /// QoS 1: repeated until PUBACK.
    case atLeastOnce = 1
    /// QoS 2: PUBREC, PUBREL and PUBCOMP make it arrive once.
    case exactlyOnce = 2

    /// Weaker levels come first.
    @inlinable
    public static func < (left: QoS, right: QoS) -> Bool { left.rawValue < right.rawValue }
}

/// The number that ties an acknowledgement to its packet: 1...65 535. MQTT 5.0 §2.2.1
public struct PacketIdentifier: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number on the wire, never 0.
    public let rawValue: UInt16

    /// Returns `nil` for 0, which no packet may carry. [MQTT-2.2.1-3]
    @inlinable
    public init?(rawValue: UInt16) {
        guard rawValue != 0 else { return nil }
        self.rawValue = rawValue
    }

    /// For a number that was checked before.
    @inlinable
    init(checked rawValue: UInt16) { self.rawValue = rawValue }

    /// Orders by number.
    @inlinable
    public static func < (left: PacketIdentifier, right: PacketIdentifier) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension PacketIdentifier: ExpressibleByIntegerLiteral {
    /// An identifier written in source code.
    ///
    /// - Precondition: `value` is not 0.
    public init(integerLiteral value: UInt16) {
        precondition(value != 0, "a packet identifier is never 0")
        rawValue = value
    }
}
