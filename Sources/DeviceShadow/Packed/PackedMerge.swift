/// Merges a section of a request into the stored one.
///
/// RFC 7396 with the service's differences: objects are merged, anything else replaces, `null`
/// deletes; `{}` stored as a new value stays `{}`, but a new value of nothing but `null`s is no value.
/// Cost follows the update: what no name of it touches is copied in runs.
struct PackedMerge {
    /// A member of the patch and the stored member of the same name.
    private struct Edit {
        /// Where the stored member starts; `Int32.max` where there is none.
        var stored: Int32
        /// Where the patch's member starts.
        var patch: Int32
    }

    /// The time of the update, in seconds since 1970.
    let seconds: UInt64
    /// The marks of new values.
    let newFlags: UInt8
    /// How many bytes longer the JSON text has become; negative where it is shorter.
    private(set) var growth = 0
    /// Edits of the objects that are being merged, the innermost last.
    private var edits: [Edit] = []

    init(seconds: UInt64, newFlags: UInt8) {
        self.seconds = seconds
        self.newFlags = newFlags
    }

    /// Appends the object that `patch` makes of `stored`.
    ///
    /// - Complexity: O(*n* + *m* log *n*) for *n* members of the touched objects and *m* of the patch,
    ///   plus one copy of the rest. Recurses to the depth of the patch.
    mutating func merge(
        _ stored: PackedNode,
        of bytes: Span<UInt8>,
        _ patch: PackedNode,
        of patchBytes: Span<UInt8>,
        into output: inout ByteBuilder
    ) {
        let start = output.beginContainer(stored.tag)
        let first = collect(stored, of: bytes, patch, of: patchBytes)
        var copied = stored.body
        var index = first
        while index < edits.count, edits[index].stored != Int32.max {
            let old = bytes.member(at: Int(edits[index].stored))
            let new = patchBytes.member(at: Int(edits[index].patch))
            output.append(bytes.extracting(copied..<old.start))
            copied = old.end
            replace(old, of: bytes, with: new, of: patchBytes, into: &output)
            index += 1
        }
        output.append(bytes.extracting(copied..<stored.end))
        while index < edits.count {
            let new = patchBytes.member(at: Int(edits[index].patch))
            if !new.value.isNull { add(new, of: patchBytes, into: &output) }
            index += 1
        }
        edits.removeSubrange(first...)
        output.endContainer(start)
        // Every member was counted with a comma; an object has one less than members.
        let isEmpty = output.count == start + PackedNode.containerHeader
        growth += (stored.isEmpty ? 0 : 1) - (isEmpty ? 0 : 1)
    }

    /// Finds the stored members that the patch names, and puts them into their order.
    private mutating func collect(
        _ stored: PackedNode,
        of bytes: Span<UInt8>,
        _ patch: PackedNode,
        of patchBytes: Span<UInt8>
    ) -> Int {
        let first = edits.count
        // Most updates name a few members; growing from one edit to eight took three allocations.
        if first == 0 { edits.reserveCapacity(16) }
        var finder = MemberFinder(stored)
        var isSorted = true
        var last: Int32 = -1
        var position = patch.body
        while position < patch.end {
            let member = patchBytes.member(at: position)
            let found = finder.find(member.name, of: patchBytes, in: bytes)
            let start = found.map { Int32(truncatingIfNeeded: $0.start) } ?? Int32.max
            if start < last { isSorted = false }
            last = start
            edits.append(Edit(stored: start, patch: Int32(truncatingIfNeeded: position)))
            position = member.end
        }
        if !isSorted {
            edits[first...].sort { ($0.stored, $0.patch) < ($1.stored, $1.patch) }
        }
        return first
    }

    private mutating func replace(
        _ old: PackedMember,
        of bytes: Span<UInt8>,
        with new: PackedMember,
        of patchBytes: Span<UInt8>,
        into output: inout ByteBuilder
    ) {
        if old.value.isObject, new.value.isObject {
            output.append(bytes.extracting(old.start..<old.nameEnd))
            return merge(old.value, of: bytes, new.value, of: patchBytes, into: &output)
        }
        growth -= bytes.textLength(old.value) + old.overhead
        if !new.value.isNull { add(new, of: patchBytes, into: &output) }
    }

    /// Appends a member whose value is new; nothing where the value is nothing but `null`s.
    private mutating func add(
        _ member: PackedMember,
        of patch: Span<UInt8>,
        into output: inout ByteBuilder
    ) {
        let start = output.count
        output.append(patch.extracting(member.start..<member.nameEnd))
        if let length = write(member.value, of: patch, into: &output) {
            growth += length + member.overhead
        } else {
            output.truncate(to: start)
        }
    }

    /// Appends a new value, without the `null`s in its objects.
    ///
    /// - Returns: bytes of its JSON text; `nil` (and nothing appended) where only `null`s were there.
    private func write(
        _ value: PackedNode,
        of patch: Span<UInt8>,
        into output: inout ByteBuilder
    ) -> Int? {
        switch value.kind {
        case PackedNode.null: return nil
        case PackedNode.scalar:
            output.append(PackedNode.scalar | newFlags)
            output.appendLittleEndian(seconds, length: PackedNode.secondsLength)
            let text = value.offset + 1 + PackedNode.secondsLength
            output.append(patch.extracting(text..<value.end))
            return value.end - value.body
        case PackedNode.array:
            let start = output.beginContainer(PackedNode.array | newFlags)
            var length = value.isEmpty ? 2 : 1
            var position = value.body
            while position < value.end {
                let element = patch.node(at: position)
                // An element that holds nothing but `null`s cannot be: requests with them are refused.
                length += (write(element, of: patch, into: &output) ?? 0) + 1
                position = element.end
            }
            output.endContainer(start)
            return length
        default: return writeObject(value, of: patch, into: &output)
        }
    }

    private func writeObject(
        _ value: PackedNode,
        of patch: Span<UInt8>,
        into output: inout ByteBuilder
    ) -> Int? {
        let start = output.beginContainer(PackedNode.object | newFlags)
        var length = 1
        var position = value.body
        while position < value.end {
            let member = patch.member(at: position)
            position = member.end
            let mark = output.count
            output.append(patch.extracting(member.start..<member.nameEnd))
            if let size = write(member.value, of: patch, into: &output) {
                length += size + member.overhead
            } else {
                output.truncate(to: mark)
            }
        }
        if output.count == start + PackedNode.containerHeader {
            guard value.isEmpty else {
                output.truncate(to: start)
                return nil
            }
            length = 2
        }
        output.endContainer(start)
        return length
    }
}

extension Span<UInt8> {
    /// Bytes of a value's JSON text without white space.
    ///
    /// - Complexity: O(*n*); recurses to the depth of the value.
    func textLength(_ value: PackedNode) -> Int {
        switch value.kind {
        case PackedNode.null: return 4
        case PackedNode.scalar: return value.end - value.body
        case PackedNode.array:
            var length = value.isEmpty ? 2 : 1
            var position = value.body
            while position < value.end {
                let element = node(at: position)
                length += textLength(element) + 1
                position = element.end
            }
            return length
        default:
            var length = value.isEmpty ? 2 : 1
            var position = value.body
            while position < value.end {
                let member = self.member(at: position)
                length += textLength(member.value) + member.overhead
                position = member.end
            }
            return length
        }
    }
}
