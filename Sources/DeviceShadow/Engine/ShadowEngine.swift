public import IoTTime

/// Decides what becomes of a shadow: a stored shadow, a request and a time in; answers and what to
/// store out.
///
/// A pure value: it keeps nothing and can be used from anywhere. Who stores the outcome must compare
/// and set, see ``ShadowStore``.
public struct ShadowEngine: Sendable {
    /// What it accepts.
    public let limits: ShadowLimits

    /// An engine.
    public init(limits: ShadowLimits = .default) { self.limits = limits }

    /// Merges an update into a shadow.
    ///
    /// A request without a version is accepted on any; every accepted one adds 1 to the version, also
    /// where nothing changes.
    /// - Parameters:
    ///   - current: what is stored.
    ///   - request: the update.
    ///   - now: its whole seconds become the times of change.
    /// - Returns: what to store, and the messages.
    /// - Throws: ``ShadowRejection`` with ``ShadowRejection/Violation/versionConflict`` or
    ///   ``ShadowRejection/Violation/tooLarge``.
    /// - Complexity: follows the request and what it touches; the rest of the document is copied.
    public func update(
        _ current: StoredShadow,
        with request: ShadowRequest,
        at now: WallClock
    ) throws(ShadowRejection) -> ShadowChange {
        let isExpected =
            switch request.version {
            case nil: true
            case .exactly(let version): version == (current.shadow?.version ?? 0)
            case .unreachable: false
            }
        guard isExpected else {
            throw ShadowRejection(.versionConflict, clientToken: request.clientToken)
        }
        let base = current.base(at: now)
        guard base < UInt64(Int64.max) else {
            throw ShadowRejection(.internalFailure, clientToken: request.clientToken)
        }
        let seconds = now.shadowSeconds
        let next = (current.shadow ?? .empty(version: 0))
            .merged(with: request, seconds: seconds, version: base + 1)
        guard next.stateLength <= limits.stateLength else {
            throw ShadowRejection(.tooLarge, clientToken: request.clientToken)
        }
        return ShadowChange(
            previous: current.shadow,
            next: next,
            request: request,
            seconds: seconds
        )
    }

    /// Deletes a shadow.
    ///
    /// Deleting counts as a version of its own: a shadow that is made again before the tombstone
    /// expires starts two above the deleted one.
    /// - Throws: ``ShadowRejection`` with ``ShadowRejection/Violation/noShadow(_:)``.
    public func delete(
        _ current: StoredShadow,
        of key: ShadowKey,
        clientToken: ClientToken? = nil,
        at now: WallClock
    ) throws(ShadowRejection) -> ShadowDeletion {
        guard let shadow = current.shadow else {
            throw ShadowRejection(.noShadow(key), clientToken: clientToken)
        }
        let next = StoredShadow.tombstone(
            version: shadow.version + 1,
            expires: now.adding(seconds: limits.tombstoneLifetime)
        )
        let accepted = ShadowText.deleted(
            version: shadow.version,
            now.shadowSeconds,
            clientToken
        )
        return ShadowDeletion(next: next, accepted: accepted)
    }

    /// The body of `get/accepted`: state with its delta, metadata, version.
    ///
    /// - Throws: ``ShadowRejection`` with ``ShadowRejection/Violation/noShadow(_:)``.
    /// - Complexity: O(*n*).
    public func get(
        _ current: StoredShadow,
        of key: ShadowKey,
        clientToken: ClientToken? = nil,
        at now: WallClock
    ) throws(ShadowRejection) -> [UInt8] {
        guard let shadow = current.shadow else {
            throw ShadowRejection(.noShadow(key), clientToken: clientToken)
        }
        return ShadowText.document(shadow, now.shadowSeconds, clientToken)
    }
}

/// An accepted update: what to store, and the messages that tell of it.
///
/// Each message is written when it is asked for.
public struct ShadowChange: Sendable {
    /// The shadow before; `nil` where the update has made it.
    public let previous: Shadow?
    /// The shadow to store.
    public let next: Shadow
    /// The update.
    public let request: ShadowRequest
    let seconds: UInt64

    /// The body of `update/accepted`: what the request said, with its metadata.
    ///
    /// - Complexity: O(*n*) in the request.
    public func accepted() -> [UInt8] {
        ShadowText.accepted(request, version: next.version, seconds)
    }

    /// The body of `update/delta`: everything in which `desired` differs from `reported`; `nil` where
    /// nothing does, and no message is sent.
    ///
    /// - Complexity: O(*n*) in the delta and the members passed over.
    public func delta() -> [UInt8]? { ShadowText.delta(next, seconds, request.clientToken) }

    /// The body of `update/documents`: the shadow before and after.
    ///
    /// - Complexity: O(*n*) in both.
    public func documents() -> [UInt8] {
        ShadowText.documents(previous, next, seconds, request.clientToken)
    }
}

/// An accepted deletion.
public struct ShadowDeletion: Sendable {
    /// The tombstone to store.
    public let next: StoredShadow
    /// The body of `delete/accepted`.
    public let accepted: [UInt8]
}

extension ShadowRejection {
    /// The body of a `…/rejected` message.
    public func payload(at now: WallClock) -> [UInt8] {
        ShadowText.rejected(self, now.shadowSeconds)
    }
}

extension WallClock {
    /// Whole seconds since 1970, as far as a shadow can hold them: from 0 to the year 36812.
    var shadowSeconds: UInt64 {
        min(UInt64(max(0, seconds)), PackedNode.maximumSeconds)
    }
}

extension Shadow {
    /// The shadow that a request makes of this one.
    func merged(with request: ShadowRequest, seconds: UInt64, version: UInt64) -> Shadow {
        if request.clearsState { return .empty(version: version) }
        let source = bytes.span
        let patch = request.bytes.span
        var output = ByteBuilder(capacity: bytes.count + request.bytes.count + 64)
        let flags = PackedNode.differs | PackedNode.whole
        var length = stateLength
        length += Self.merge(
            desiredNode,
            source,
            request.desired,
            patch,
            seconds,
            flags,
            &output
        )
        let middle = output.count
        length += Self.merge(reportedNode, source, request.reported, patch, seconds, 0, &output)
        if request.desired == .null || request.reported == .null {
            PackedDelta.markAll(0, middle, in: &output)
        } else {
            PackedDelta.update(
                0,
                middle,
                request.node(request.desired),
                request.node(request.reported),
                of: patch,
                in: &output
            )
        }
        return Shadow(bytes: output.array(), version: version, stateLength: length)
    }

    /// Appends what becomes of a section.
    ///
    /// - Returns: how many bytes longer its text has become.
    private static func merge(
        _ stored: PackedNode,
        _ source: Span<UInt8>,
        _ section: ShadowRequest.Section,
        _ patch: Span<UInt8>,
        _ seconds: UInt64,
        _ flags: UInt8,
        _ output: inout ByteBuilder
    ) -> Int {
        switch section {
        case .absent:
            output.append(source.extracting(stored.offset..<stored.end))
            return 0
        case .null:
            output.endContainer(output.beginContainer(PackedNode.object))
            return stored.isEmpty ? 0 : -source.textLength(stored)
        case .object(let offset):
            let start = output.count
            var merge = PackedMerge(seconds: seconds, newFlags: flags)
            let node = patch.node(at: offset)
            merge.merge(stored, of: source, node, of: patch, into: &output)
            // A section without members is no section; the braces of one count.
            let isEmpty = output.count == start + PackedNode.containerHeader
            return merge.growth + (isEmpty ? 0 : 2) - (stored.isEmpty ? 0 : 2)
        }
    }
}
