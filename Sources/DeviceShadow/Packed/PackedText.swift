/// Writes packed values as JSON text: their state, or the metadata in its shape.
struct PackedText {
    /// What of a value is written.
    enum Part {
        case all
        /// What is marked as part of the delta.
        case delta
    }

    /// The time that stands in for the times of change (for requests, which have none).
    private let override: UInt64?
    /// The metadata node that was written last, to be copied where the next one is the same.
    private var lastSeconds: UInt64?
    private var lastNode = 0..<0

    init(overridingSeconds override: UInt64? = nil) { self.override = override }

    /// Appends the JSON text of a value.
    ///
    /// - Complexity: O(*n*) in what is written and the members passed over; recurses to its depth.
    mutating func writeState(
        _ value: PackedNode,
        of bytes: Span<UInt8>,
        _ part: Part,
        into output: inout ByteBuilder
    ) {
        write(value, .state, of: bytes, part, into: &output)
    }

    /// Appends the metadata of a value: an object for an object, an array for an array,
    /// `{"timestamp":…}` for anything else.
    ///
    /// - Complexity: as ``writeState(_:of:_:into:)``.
    mutating func writeMetadata(
        _ value: PackedNode,
        of bytes: Span<UInt8>,
        _ part: Part,
        into output: inout ByteBuilder
    ) {
        write(value, .metadata, of: bytes, part, into: &output)
    }

    /// What stands at the leaves.
    private enum Leaf {
        case state
        case metadata
    }

    private mutating func write(
        _ value: PackedNode,
        _ leaf: Leaf,
        of bytes: Span<UInt8>,
        _ part: Part,
        into output: inout ByteBuilder
    ) {
        switch value.kind {
        case PackedNode.null, PackedNode.scalar:
            writeLeaf(value, leaf, of: bytes, into: &output)
        case PackedNode.array:
            output.append(0x5B)
            var position = value.body
            while position < value.end {
                if position > value.body { output.append(0x2C) }
                let element = bytes.node(at: position)
                write(element, leaf, of: bytes, .all, into: &output)
                position = element.end
            }
            output.append(0x5D)
        default:
            let all = part == .all || value.isWhole
            output.append(0x7B)
            var position = value.body
            var needsComma = false
            while position < value.end {
                let member = bytes.member(at: position)
                position = member.end
                guard all || member.value.differs else { continue }
                appendName(of: member, bytes, needsComma: needsComma, into: &output)
                needsComma = true
                write(member.value, leaf, of: bytes, all ? .all : .delta, into: &output)
            }
            output.append(0x7D)
        }
    }

    @inline(__always)
    private mutating func writeLeaf(
        _ value: PackedNode,
        _ leaf: Leaf,
        of bytes: Span<UInt8>,
        into output: inout ByteBuilder
    ) {
        let isNull = value.kind == PackedNode.null
        switch leaf {
        case .metadata where isNull: writeTime(override ?? 0, into: &output)
        case .metadata: writeTime(override ?? bytes.seconds(of: value), into: &output)
        case .state where isNull: output.append("null")
        case .state: output.append(bytes.extracting(value.body..<value.end))
        }
    }

    /// Appends `{"timestamp":…}`.
    mutating func writeTime(_ seconds: UInt64, into output: inout ByteBuilder) {
        if seconds == lastSeconds { return output.repeatBytes(lastNode) }
        let start = output.count
        output.append("{\"timestamp\":")
        output.appendDecimal(seconds)
        output.append(0x7D)
        lastSeconds = seconds
        lastNode = start..<output.count
    }

    @inline(__always)
    private func appendName(
        of member: PackedMember,
        _ bytes: Span<UInt8>,
        needsComma: Bool,
        into output: inout ByteBuilder
    ) {
        if needsComma { output.append(0x2C) }
        output.append(0x22)
        output.append(bytes.extracting(member.name))
        output.append(0x22)
        output.append(0x3A)
    }
}
