/// The properties of a received packet, checked, still in the caller's bytes.
///
/// Iterating and the typed getters read the bytes again; nothing is allocated and nothing can fail.
public struct PropertiesView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline let region: PropertyRegion

    @_lifetime(copy bytes)
    @inlinable
    init(_ bytes: Span<UInt8>, _ region: PropertyRegion) {
        self.bytes = bytes
        self.region = region
    }

    /// Whether there is none.
    @inlinable
    public var isEmpty: Bool { region.present.isEmpty }

    /// Bytes of all properties, without the property length in front.
    @inlinable
    public var byteCount: Int { region.end - region.start }

    /// Whether a property of this kind is there.
    @inlinable
    public func contains(_ identifier: PropertyIdentifier) -> Bool {
        region.present.contains(identifier)
    }

    /// The properties as they were sent, one after the other.
    public var encoded: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(region.start..<region.end) }
    }

    /// A cursor in front of the first property.
    @_lifetime(copy self)
    public func makeCursor() -> PropertyCursor {
        PropertyCursor(bytes, from: region.start, to: region.end)
    }

    /// The first property of one kind.
    ///
    /// - Complexity: O(*n*) in the number of properties; O(1) where there is none of this kind.
    @_lifetime(copy self)
    public func first(_ identifier: PropertyIdentifier) -> PropertyView? {
        guard contains(identifier) else { return nil }
        var cursor = makeCursor()
        while let property = cursor.next() {
            if property.identifier == identifier { return property }
        }
        return nil
    }

    /// A copy that outlives the bytes; allocates once unless empty.
    public func owned() -> Properties { Properties(self) }
}

/// Walks over checked properties.
public struct PropertyCursor: ~Escapable {
    private let bytes: Span<UInt8>
    private var position: Int

    /// Bytes from the start of what was parsed to the next property.
    public var offset: Int { position }

    private let end: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
        self.bytes = bytes
        position = start
        self.end = end
    }

    /// The next property, or `nil` after the last one.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func next() -> PropertyView? {
        guard position < end, let identifier = PropertyIdentifier(rawValue: bytes[position]) else {
            return nil
        }
        let start = position
        var index = start + 1
        var number: UInt32 = 0
        var name = ByteRange.absent
        var value = ByteRange.absent
        switch identifier.type {
        case .flag:
            number = UInt32(bytes[index])
            index += 1
        case .twoByteInteger:
            number = UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
            index += 2
        case .fourByteInteger:
            bytes.require(index, 4)
            number = bytes.word32(at: index).byteSwapped
            index += 4
        case .variableByteInteger:
            var shift: UInt32 = 0
            repeat {
                number |= UInt32(bytes[index] & 0x7F) << shift
                shift += 7
                index += 1
            } while bytes[index - 1] >= 0x80
        case .text, .binary: value = field(&index)
        case .textPair:
            name = field(&index)
            value = field(&index)
        }
        position = index
        return PropertyView(bytes, identifier, start, number, name, value)
    }

    @inline(__always)
    private func field(_ index: inout Int) -> ByteRange {
        let count = Int(bytes[index]) << 8 | Int(bytes[index + 1])
        let range = ByteRange(start: index + 2, count: count)
        index += 2 + count
        return range
    }
}

/// One property of a received packet, still in the caller's bytes.
public struct PropertyView: ~Escapable {
    private let bytes: Span<UInt8>
    /// Which property it is.
    public let identifier: PropertyIdentifier
    /// Bytes from the start of what was parsed to the property's identifier.
    public let offset: Int
    /// The value of a number or flag; 0 for texts and binary data.
    public let number: UInt32
    private let nameRange: ByteRange
    private let valueRange: ByteRange

    @_lifetime(copy bytes)
    init(
        _ bytes: Span<UInt8>,
        _ identifier: PropertyIdentifier,
        _ offset: Int,
        _ number: UInt32,
        _ name: ByteRange,
        _ value: ByteRange
    ) {
        self.bytes = bytes
        self.identifier = identifier
        self.offset = offset
        self.number = number
        nameRange = name
        valueRange = value
    }

    /// The value of a text or of binary data; empty for numbers.
    public var value: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(valueRange.range) }
    }

    /// The name of a user property; empty for all others.
    public var name: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(nameRange.range) }
    }

    /// A copy that outlives the bytes.
    public func owned() -> Property {
        switch identifier {
        case .payloadFormatIndicator: .payloadFormatIndicator(number == 1 ? .text : .bytes)
        case .messageExpiryInterval: .messageExpiryInterval(number)
        case .contentType: .contentType(String(checkedUTF8: value))
        case .responseTopic: .responseTopic(String(checkedUTF8: value))
        case .correlationData: .correlationData([UInt8](copying: value))
        case .subscriptionIdentifier: .subscriptionIdentifier(number)
        case .sessionExpiryInterval: .sessionExpiryInterval(number)
        case .assignedClientIdentifier: .assignedClientIdentifier(String(checkedUTF8: value))
        case .serverKeepAlive: .serverKeepAlive(UInt16(truncatingIfNeeded: number))
        case .authenticationMethod: .authenticationMethod(String(checkedUTF8: value))
        case .authenticationData: .authenticationData([UInt8](copying: value))
        case .requestProblemInformation: .requestProblemInformation(number == 1)
        case .willDelayInterval: .willDelayInterval(number)
        case .requestResponseInformation: .requestResponseInformation(number == 1)
        case .responseInformation: .responseInformation(String(checkedUTF8: value))
        case .serverReference: .serverReference(String(checkedUTF8: value))
        case .reasonString: .reasonString(String(checkedUTF8: value))
        case .receiveMaximum: .receiveMaximum(UInt16(truncatingIfNeeded: number))
        case .topicAliasMaximum: .topicAliasMaximum(UInt16(truncatingIfNeeded: number))
        case .topicAlias: .topicAlias(UInt16(truncatingIfNeeded: number))
        case .maximumQoS: .maximumQoS(number == 1 ? .atLeastOnce : .atMostOnce)
        case .retainAvailable: .retainAvailable(number == 1)
        case .userProperty:
            .userProperty(name: String(checkedUTF8: name), value: String(checkedUTF8: value))
        case .maximumPacketSize: .maximumPacketSize(number)
        case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable(number == 1)
        case .subscriptionIdentifiersAvailable: .subscriptionIdentifiersAvailable(number == 1)
        case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable(number == 1)
        }
    }
}

extension String {
    /// A text whose bytes were checked before.
    init(checkedUTF8 bytes: Span<UInt8>) {
        if let text = try? UTF8Span(validating: bytes) {
            self.init(copying: text)
        } else {
            self = ""
        }
    }
}

extension [UInt8] {
    /// A copy of borrowed bytes.
    init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Appends borrowed bytes.
    mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
