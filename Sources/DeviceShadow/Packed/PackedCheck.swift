internal import JSONDocument

/// Checks bytes that claim to be a packed document, such as a store gives back.
///
/// What passes can be read, merged and written without a trap, and its text is JSON.
struct PackedCheck: ~Copyable {
    let maximumDepth: Int
    private var reader = JSONReader()

    init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

    /// Where the object that starts at `offset` ends; `nil` where it is none.
    ///
    /// - Complexity: O(*n* log *n*); recurses to the depth limit at most.
    mutating func object(at offset: Int, in bytes: Span<UInt8>) -> Int? {
        guard bytes.count <= Int(Int32.max), offset < bytes.count,
            bytes[offset] & PackedNode.kindMask == PackedNode.object
        else { return nil }
        return value(at: offset, limit: bytes.count, level: 0, in: bytes)
    }

    private mutating func value(
        at offset: Int,
        limit: Int,
        level: Int,
        in bytes: Span<UInt8>
    ) -> Int? {
        guard offset < limit else { return nil }
        let known = PackedNode.kindMask | PackedNode.flags
        guard bytes[offset] & ~known == 0 else { return nil }
        switch bytes[offset] & PackedNode.kindMask {
        case PackedNode.scalar: return scalar(at: offset, limit: limit, in: bytes)
        case PackedNode.array, PackedNode.object:
            guard offset + PackedNode.containerHeader <= limit else { return nil }
            let node = bytes.node(at: offset)
            guard node.end >= node.body, node.end <= limit else { return nil }
            guard node.isEmpty || level < maximumDepth else { return nil }
            var position = node.body
            while position < node.end {
                if node.isObject {
                    guard let name = name(at: position, limit: node.end, in: bytes) else {
                        return nil
                    }
                    position = name
                }
                let end = value(at: position, limit: node.end, level: level + 1, in: bytes)
                guard let end else { return nil }
                position = end
            }
            if node.isObject, MemberFinder.hasDuplicates(node, in: bytes) { return nil }
            return node.end
        default: return nil
        }
    }

    private mutating func scalar(at offset: Int, limit: Int, in bytes: Span<UInt8>) -> Int? {
        let start = offset + 1 + PackedNode.secondsLength
        guard let text = text(at: start, limit: limit, in: bytes) else { return nil }
        do throws(JSONError) {
            let view = try reader.parse(bytes.extracting(text))
            switch view.kind {
            case .null, .array, .object: return nil
            case .string:
                guard let string = view.string else { return nil }
                let canonical = string.canonical(quoted: true)
                let same = bytes.hasSameBytes(text, as: canonical.span, 0..<canonical.count)
                return same && view.sourceRange.count == text.count ? text.upperBound : nil
            case .bool, .number:
                return view.sourceRange.count == text.count ? text.upperBound : nil
            }
        } catch {
            return nil
        }
    }

    private mutating func name(at offset: Int, limit: Int, in bytes: Span<UInt8>) -> Int? {
        guard let text = text(at: offset, limit: limit, in: bytes) else { return nil }
        var quoted: [UInt8] = [0x22]
        for k in text { quoted.append(bytes[k]) }
        quoted.append(0x22)
        do throws(JSONError) {
            let view = try reader.parse(quoted.span)
            guard let string = view.string, string.canonical(quoted: true) == quoted else {
                return nil
            }
            return text.upperBound
        } catch {
            return nil
        }
    }

    /// A length and as many bytes.
    private func text(at offset: Int, limit: Int, in bytes: Span<UInt8>) -> Range<Int>? {
        var position = offset
        repeat {
            guard position < limit, position < offset + 4 else { return nil }
            position += 1
        } while bytes[position - 1] >= 0x80
        let (length, start) = bytes.varint(at: offset)
        return length <= limit - start ? start..<start + length : nil
    }
}
