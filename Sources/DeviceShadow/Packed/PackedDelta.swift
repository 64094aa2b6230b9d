/// Keeps the marks in `desired` that say what is part of the delta.
///
/// A member of `desired` is part of the delta where `reported` has no member of its name; where both
/// are objects, as far as something inside is; else where the values are not equal. Members that only
/// `reported` has do not count.
///
/// The marks are kept across updates: an update looks again only at the paths it names.
struct PackedDelta {
    /// Marks everything again.
    ///
    /// `desired` and `reported` are where the tags of two objects stand in `bytes`.
    /// - Returns: whether something below `desired` is part of the delta.
    /// - Complexity: O(*n* log *n*); recurses to the depth of the values.
    @discardableResult
    static func markAll(_ desired: Int, _ reported: Int, in bytes: inout ByteBuilder) -> Bool {
        let object = bytes.span.node(at: desired)
        var finder = MemberFinder(bytes.span.node(at: reported))
        var differs = false
        var position = object.body
        while position < object.end {
            let member = bytes.span.member(at: position)
            let other = finder.find(member.name, of: bytes.span, in: bytes.span)
            if mark(member.value, other?.value, in: &bytes) { differs = true }
            position = member.end
        }
        bytes.setFlags(differs ? PackedNode.differs : 0, at: desired)
        return differs
    }

    /// Marks one member's value, and everything below it.
    private static func mark(
        _ value: PackedNode,
        _ other: PackedNode?,
        in bytes: inout ByteBuilder
    ) -> Bool {
        if let other {
            if value.isObject, other.isObject {
                return markAll(value.offset, other.offset, in: &bytes)
            }
            if bytes.span.isEqual(value, other) {
                bytes.setFlags(0, at: value.offset)
                return false
            }
        }
        bytes.setFlags(PackedNode.differs | PackedNode.whole, at: value.offset)
        return true
    }

    /// Marks again what an update may have changed.
    ///
    /// The marks below `desired` are right but for what the two patches name, the objects that were
    /// merged into `desired` and into `reported`.
    /// - Complexity: as ``PackedMerge``, plus what was new or replaced.
    static func update(
        _ desired: Int,
        _ reported: Int,
        _ desiredPatch: PackedNode?,
        _ reportedPatch: PackedNode?,
        of patch: Span<UInt8>,
        in bytes: inout ByteBuilder
    ) {
        let object = bytes.span.node(at: desired)
        let other = bytes.span.node(at: reported)
        if let desiredPatch {
            var twins = reportedPatch.map { MemberFinder($0) }
            visit(desiredPatch, object, other, &twins, .desired, of: patch, in: &bytes)
        }
        if let reportedPatch {
            var twins = desiredPatch.map { MemberFinder($0) }
            visit(reportedPatch, object, other, &twins, .reported, of: patch, in: &bytes)
        }
        var differs = false
        var position = object.body
        while position < object.end, !differs {
            let member = bytes.span.member(at: position)
            differs = member.value.differs
            position = member.end
        }
        bytes.setFlags(differs ? PackedNode.differs : 0, at: desired)
    }

    private enum Section { case desired, reported }

    /// Marks again the members of `object` that `names` has.
    private static func visit(
        _ names: PackedNode,
        _ object: PackedNode,
        _ other: PackedNode,
        _ twins: inout MemberFinder?,
        _ section: Section,
        of patch: Span<UInt8>,
        in bytes: inout ByteBuilder
    ) {
        var values = MemberFinder(object)
        var others = MemberFinder(other)
        var position = names.body
        while position < names.end {
            let name = patch.member(at: position)
            position = name.end
            let twin = twins?.find(name.name, of: patch, in: patch)
            // A name of both sections was visited with the first one.
            if section == .reported, twin != nil { continue }
            guard let value = values.find(name.name, of: patch, in: bytes.span)?.value else {
                continue
            }
            let counterpart = others.find(name.name, of: patch, in: bytes.span)?.value
            guard let counterpart, value.isObject, counterpart.isObject, !value.isWhole,
                name.value.isObject
            else {
                _ = mark(value, counterpart, in: &bytes)
                continue
            }
            let twinPatch = twin.flatMap { $0.value.isObject ? $0.value : nil }
            update(
                value.offset,
                counterpart.offset,
                section == .desired ? name.value : twinPatch,
                section == .desired ? twinPatch : name.value,
                of: patch,
                in: &bytes
            )
        }
    }
}
