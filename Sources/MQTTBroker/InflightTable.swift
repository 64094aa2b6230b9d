internal import MQTTCodec

/// The QoS 1 and QoS 2 messages sent to one client and not yet acknowledged.
///
/// Identifiers go up and skip those in use ([MQTT-2.2.1-4]), and those whose low bits are in use,
/// because the table is indexed by the low bits of the identifier: so allocation and acknowledgement are O(1) whatever the order
/// in which the client answers.
struct InflightTable: Sendable {
    /// How far the exchange has come.
    enum State: Sendable {
        /// PUBLISH was sent; PUBACK or PUBREC is due.
        case published(Delivery)
        /// PUBREC came and PUBREL was sent; PUBCOMP is due. The message itself is forgotten.
        case released(sequence: UInt64)
    }

    /// One exchange.
    struct Entry: Sendable {
        let identifier: PacketIdentifier
        /// The order of re-sending: of PUBLISH, then of PUBREL ([MQTT-4.6.0-1], [MQTT-4.6.0-4]).
        var order: UInt64
        var state: State
        /// Whether the PUBLISH was sent on this connection: that is what counts against the client's
        /// Receive Maximum, PUBREL does not (MQTT 5.0 §4.9).
        var isSentHere = false

        /// True while a resumed session has not sent the PUBLISH again on its new connection.
        var awaitsResend: Bool {
            if case .published = state { !isSentHere } else { false }
        }
    }

    private var slots: [Entry?] = []
    private var nextIdentifier: UInt16 = 1
    private var nextOrder: UInt64 = 0

    /// How many exchanges are open.
    private(set) var count = 0
    /// How many were begun or re-sent on this connection: what counts against the client's
    /// Receive Maximum.
    private(set) var outstanding = 0

    /// Opens an exchange.
    ///
    /// - Returns: its packet identifier, or `nil` when all 65,535 are in use.
    mutating func insert(_ delivery: Delivery) -> PacketIdentifier? {
        guard count < 65_535 else { return nil }
        if 2 * count >= slots.count, slots.count < 65_536 { grow() }
        var identifier: PacketIdentifier = 1
        while true {
            let candidate = PacketIdentifier(rawValue: nextIdentifier)
            nextIdentifier &+= 1
            if let candidate, slots[slot(candidate)] == nil {
                identifier = candidate
                break
            }
        }
        slots[slot(identifier)] = Entry(
            identifier: identifier,
            order: nextOrder,
            state: .published(delivery),
            isSentHere: true
        )
        nextOrder += 1
        count += 1
        outstanding += 1
        return identifier
    }

    /// The exchange of `identifier`, if one is open.
    subscript(identifier: PacketIdentifier) -> Entry? {
        guard !slots.isEmpty, let entry = slots[slot(identifier)] else { return nil }
        return entry.identifier == identifier ? entry : nil
    }

    /// Closes an exchange and frees its identifier.
    @discardableResult
    mutating func remove(_ identifier: PacketIdentifier) -> Entry? {
        guard let entry = self[identifier] else { return nil }
        slots[slot(identifier)] = nil
        count -= 1
        if entry.isSentHere { outstanding -= 1 }
        if count == 0, slots.count > 64 { slots = [] }
        return entry
    }

    /// Notes that PUBREC came: from now on only PUBREL is re-sent ([MQTT-4.3.3-6]).
    mutating func release(_ identifier: PacketIdentifier) {
        guard let entry = self[identifier] else { return }
        var sequence: UInt64 = 0
        if case .published(let delivery) = entry.state { sequence = delivery.sequence }
        slots[slot(identifier)] = Entry(
            identifier: identifier,
            order: nextOrder,
            state: .released(sequence: sequence),
            isSentHere: entry.isSentHere
        )
        nextOrder += 1
    }

    /// Replaces what is known of the delivery of an open exchange.
    mutating func update(_ identifier: PacketIdentifier, _ delivery: Delivery) {
        guard self[identifier] != nil else { return }
        slots[slot(identifier)]?.state = .published(delivery)
    }

    /// Opens an exchange as it was before the process ended; call in the order of re-sending.
    ///
    /// - Returns: false when the identifier is in use.
    mutating func restore(_ identifier: PacketIdentifier, _ state: State) -> Bool {
        guard self[identifier] == nil else { return false }
        while slots.count < 65_536,
            2 * count >= slots.count || slots[slot(identifier)] != nil
        {
            grow()
        }
        guard slots[slot(identifier)] == nil else { return false }
        slots[slot(identifier)] = Entry(identifier: identifier, order: nextOrder, state: state)
        nextOrder += 1
        count += 1
        nextIdentifier = max(nextIdentifier, identifier.rawValue &+ 1)
        return true
    }

    /// All open exchanges, in no order.
    var entries: [Entry] { slots.compactMap(\.self) }

    /// Begins with a new connection: every PUBLISH is to be sent again.
    ///
    /// - Returns: the open exchanges in the order in which they are re-sent.
    /// - Complexity: O(*n* log *n*).
    mutating func prepareResend() -> [Entry] {
        outstanding = 0
        for index in slots.indices { slots[index]?.isSentHere = false }
        return slots.compactMap(\.self).sorted { $0.order < $1.order }
    }

    /// Notes that the PUBLISH was sent again.
    mutating func noteResent(_ identifier: PacketIdentifier) {
        guard self[identifier]?.awaitsResend == true else { return }
        slots[slot(identifier)]?.isSentHere = true
        outstanding += 1
    }

    private func slot(_ identifier: PacketIdentifier) -> Int {
        Int(identifier.rawValue) & (slots.count - 1)
    }

    /// Doubles the table.
    ///
    /// Two identifiers that differ in their low bits still do with more bits.
    private mutating func grow() {
        let old = slots
        slots = Array(repeating: nil, count: max(8, old.count * 2))
        for case let entry? in old { slots[slot(entry.identifier)] = entry }
    }
}
