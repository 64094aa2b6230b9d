public import IoTTime
public import JSONDocument

/// Shadows in files: the functions behind `iot-cloud shadow diff` and `iot-cloud shadow apply`.
///
/// A file holds a document as a get returns it (`state`, and optionally `metadata` and `version`), or
/// only the state (`desired`, `reported`).
public struct ShadowFile: Hashable, Sendable {
    /// The shadow in the file.
    public let shadow: Shadow

    /// A file that holds this shadow.
    public init(_ shadow: Shadow) { self.shadow = shadow }

    /// Reads a file.
    ///
    /// Times of change come from `metadata` where it has the shape of the state, else they are 0; the
    /// version is 1 where none is said. A `delta` is ignored.
    /// - Throws: ``ShadowRejection``, as an update with that state would be refused.
    public init(
        parsing text: Span<UInt8>,
        limits: ShadowLimits = .default
    ) throws(ShadowRejection) {
        var value = JSONValue.null
        do throws(JSONError) {
            value = try JSONValue(parsing: text)
        } catch {
            throw ShadowRejection(.invalidJSON, at: error.offset)
        }
        guard let root = value.object else { throw ShadowRejection(.invalidJSON, at: 0) }
        let state = root["state"] ?? value
        var request = JSONObject()
        request["state"] = state
        let payload = Array(JSONValue.object(request).description.utf8)
        let update = try ShadowRequest(parsing: payload.span, limits: limits)
        let change = try ShadowEngine(limits: limits).update(.absent, with: update, at: .epoch)
        var shadow = change.next
        if let metadata = root["metadata"] { shadow = shadow.dated(by: metadata) }
        let version = root["version"]?.number?.int64 ?? 1
        guard version > 0 else { throw ShadowRejection(.invalidVersion) }
        self.shadow = Shadow(
            bytes: shadow.bytes,
            version: UInt64(version),
            stateLength: shadow.stateLength
        )
    }

    /// The file's text, for people: two blanks a level.
    public var text: [UInt8] {
        var writer = JSONWriter(style: .pretty(indent: 2))
        if let value = try? JSONValue(parsing: shadow.document.span) { writer.write(value) }
        return writer.finish() + [0x0A]
    }

    /// The update that makes the state of `new` of this one's, as a request's payload; `nil` where
    /// both are equal.
    public func difference(to new: ShadowFile) -> JSONValue? {
        var state = JSONObject()
        let empty = JSONObject()
        let sections = [
            ("desired", shadow.desired, new.shadow.desired),
            ("reported", shadow.reported, new.shadow.reported),
        ]
        for (name, old, new) in sections where (old ?? empty) != (new ?? empty) {
            state[name] =
                new.map {
                    .object(ThreeWayMerge.mergePatch(from: old ?? empty, to: $0))
                } ?? .null
        }
        guard !state.members.isEmpty else { return nil }
        var request = JSONObject()
        request["state"] = .object(state)
        return .object(request)
    }

    /// The steps from this state to that of `new` (RFC 6902).
    public func patch(to new: ShadowFile) -> ShadowPatch {
        ShadowPatch(from: shadow.stateTree, to: new.shadow.stateTree)
    }

    /// Applies an update's payload, as the service would.
    ///
    /// - Throws: ``ShadowRejection``.
    public func applying(
        _ payload: Span<UInt8>,
        at now: WallClock,
        limits: ShadowLimits = .default
    ) throws(ShadowRejection) -> ShadowChange {
        let request = try ShadowRequest(parsing: payload, limits: limits)
        return try ShadowEngine(limits: limits).update(.live(shadow), with: request, at: now)
    }
}

extension Shadow {
    /// The same state with the times of change that a tree of metadata has for it.
    func dated(by metadata: JSONValue) -> Shadow {
        var builder = ByteBuilder(capacity: bytes.count)
        builder.append(bytes.span)
        let desired = metadata["desired"] ?? .null
        Self.date(0, by: desired, in: &builder)
        Self.date(desiredNode.end, by: metadata["reported"] ?? .null, in: &builder)
        return Shadow(bytes: builder.array(), version: version, stateLength: stateLength)
    }

    private static func date(
        _ offset: Int,
        by metadata: JSONValue,
        in bytes: inout ByteBuilder
    ) {
        let node = bytes.span.node(at: offset)
        if node.isScalar {
            let time = metadata["timestamp"]?.number?.int64 ?? 0
            let seconds = WallClock(seconds: time).shadowSeconds
            for k in 0..<PackedNode.secondsLength {
                let byte = UInt8(truncatingIfNeeded: seconds >> UInt64(8 * k))
                bytes.set(byte, at: offset + 1 + k)
            }
            return
        }
        var position = node.body
        var index = 0
        while position < node.end {
            if node.isObject {
                let member = bytes.span.member(at: position)
                let inner = metadata[bytes.span.memberName(member)] ?? .null
                date(member.value.offset, by: inner, in: &bytes)
                position = member.end
            } else {
                let elements = metadata.array ?? []
                let inner = index < elements.count ? elements[index] : .null
                date(position, by: inner, in: &bytes)
                position = bytes.span.node(at: position).end
                index += 1
            }
        }
    }
}
