internal import JSONDocument

/// An update as a client asks for it: checked, but not yet against a shadow.
///
/// A value of its own, so that it can be tried again on a newer shadow without reading it again.
public struct ShadowRequest: Hashable, Sendable {
    /// What the update says of a section.
    enum Section: Hashable {
        /// Nothing.
        case absent
        /// Remove it.
        case null
        /// Merge the packed object at this position.
        case object(Int)
    }

    /// Packed objects of the sections.
    let bytes: [UInt8]
    let desired: Section
    let reported: Section
    /// Whether `state` itself is `null`: both sections are removed, the shadow stays.
    public let clearsState: Bool
    /// The version that the shadow must have; `nil` where any will do.
    public let version: Version?
    /// What the answers repeat.
    public let clientToken: ClientToken?

    /// The version that a request expects.
    public enum Version: Hashable, Sendable {
        /// This one; 0 expects that there is no shadow.
        case exactly(UInt64)
        /// A number that no shadow's version can reach.
        case unreachable
    }

    /// Checks a payload.
    ///
    /// One reader for many payloads saves its memory: ``ShadowRequestReader``.
    /// - Throws: ``ShadowRejection``.
    public init(
        parsing payload: Span<UInt8>,
        limits: ShadowLimits = .default
    ) throws(ShadowRejection) {
        var reader = ShadowRequestReader(limits: limits)
        self = try reader.update(payload)
    }

    init(
        bytes: [UInt8],
        desired: Section,
        reported: Section,
        clearsState: Bool,
        version: Version?,
        clientToken: ClientToken?
    ) {
        self.bytes = bytes
        self.desired = desired
        self.reported = reported
        self.clearsState = clearsState
        self.version = version
        self.clientToken = clientToken
    }

    /// The packed object of a section.
    func node(_ section: Section) -> PackedNode? {
        guard case .object(let offset) = section else { return nil }
        return bytes.span.node(at: offset)
    }
}
