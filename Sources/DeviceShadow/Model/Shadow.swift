public import JSONDocument

/// A shadow that exists: its state, when each value of it was set, its version.
///
/// One piece of memory: names, values and times of change of `desired` and `reported`, about 13 bytes
/// for each value more than its JSON text. Nothing is decoded until it is asked for.
public struct Shadow: Hashable, Sendable {
    /// The packed `desired`, then the packed `reported`, both objects.
    let bytes: [UInt8]
    /// Accepted updates and deletions so far, from 1.
    public let version: UInt64
    private let length: Int32

    init(bytes: [UInt8], version: UInt64, stateLength: Int) {
        self.bytes = bytes
        self.version = version
        length = Int32(clamping: stateLength)
    }

    /// Bytes of `desired` plus `reported` as JSON text without white space; what
    /// ``ShadowLimits/maximumStateLength`` limits.
    public var stateLength: Int { Int(length) }

    /// What an app or a user wants; `nil` where it is empty.
    ///
    /// - Complexity: O(*n*), builds the tree.
    public var desired: JSONObject? { object(desiredNode) }

    /// What the device has reported; `nil` where it is empty.
    ///
    /// - Complexity: O(*n*), builds the tree.
    public var reported: JSONObject? { object(reportedNode) }

    /// What `desired` wants and `reported` does not have; `nil` where there is nothing.
    ///
    /// - Complexity: O(*n*) in the delta and the members passed over.
    public var delta: JSONObject? {
        guard hasDelta else { return nil }
        var builder = ByteBuilder(capacity: 256)
        var text = PackedText()
        text.writeState(desiredNode, of: bytes.span, .delta, into: &builder)
        return (try? JSONValue(parsing: builder.span))?.object
    }

    /// Whether there is a delta.
    ///
    /// - Complexity: O(1).
    public var hasDelta: Bool { desiredNode.differs }

    /// Times of change in the shape of ``desired``: `{"timestamp": seconds}` for each value; `nil`
    /// where it is empty.
    public var desiredMetadata: JSONObject? {
        desiredNode.isEmpty ? nil : bytes.span.metadataTree(desiredNode).object
    }

    /// Times of change in the shape of ``reported``; `nil` where it is empty.
    public var reportedMetadata: JSONObject? {
        reportedNode.isEmpty ? nil : bytes.span.metadataTree(reportedNode).object
    }

    /// The document as JSON text: `state`, `metadata`, `version`.
    ///
    /// - Complexity: O(*n*).
    public var document: [UInt8] {
        var builder = ByteBuilder(capacity: bytes.count * 4 + 128)
        ShadowText.writeDocument(self, into: &builder)
        return builder.array()
    }

    /// `{"desired":…,"reported":…}` as JSON text, without metadata; empty sections are left out.
    public var state: [UInt8] {
        var builder = ByteBuilder(capacity: bytes.count + 64)
        ShadowText.writeState(self, withDelta: false, into: &builder)
        return builder.array()
    }

    var desiredNode: PackedNode { bytes.span.node(at: 0) }
    var reportedNode: PackedNode {
        let bytes = bytes.span
        return bytes.node(at: bytes.node(at: 0).end)
    }

    private func object(_ node: PackedNode) -> JSONObject? {
        guard !node.isEmpty else { return nil }
        var reader = JSONReader()
        return bytes.span.object(node, reader: &reader)
    }
}

extension Shadow {
    /// A shadow without state, as the first update finds it.
    static func empty(version: UInt64) -> Shadow {
        var builder = ByteBuilder(capacity: 64)
        builder.endContainer(builder.beginContainer(PackedNode.object))
        builder.endContainer(builder.beginContainer(PackedNode.object))
        return Shadow(bytes: builder.array(), version: version, stateLength: 0)
    }
}
