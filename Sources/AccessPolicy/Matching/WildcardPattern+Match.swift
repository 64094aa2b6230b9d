extension WildcardPattern {
    /// The answer of one comparison.
    enum MatchResult {
        case matched
        case notMatched
        /// A variable has no value (or one that must not be substituted).
        case unresolved
    }

    /// Compares the whole of `text` with the pattern.
    ///
    /// Allocates only for a piece between two stars that holds a variable, or a `?`.
    func match(_ text: Span<UInt8>, in context: borrowing AuthorizationContext) -> MatchResult {
        // A text that starts otherwise cannot match, whatever the variables stand for.
        guard stands(literals, 0..<prefixLength, in: text, at: 0) else { return .notMatched }
        for variable in variables where context.substitution(for: variable) == nil {
            return .unresolved
        }
        let first = segments[0]
        guard let afterFirst = advance(over: first, in: text, from: 0, context) else {
            return .notMatched
        }
        if segments.count == 1 { return afterFirst == text.count ? .matched : .notMatched }
        let last = segments[segments.count - 1]
        guard let beforeLast = retreat(over: last, in: text, to: afterFirst, context) else {
            return .notMatched
        }
        var position = afterFirst
        for index in 1..<max(1, segments.count - 1) {
            guard let end = find(segments[index], in: text, from: position, to: beforeLast, context)
            else { return .notMatched }
            position = end
        }
        return .matched
    }

    /// The text that the pattern stands for when its wildcards are literal text, or `nil` where a
    /// variable is unresolved.
    ///
    /// For values of conditions.
    func resolved(in context: borrowing AuthorizationContext) -> [UInt8]? {
        var text: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .literal(let range): text += literals[range]
            case .anyCharacter: text.append(UInt8(ascii: "?"))
            case .variable(let index):
                guard let value = context.substitution(for: variables[index]) else { return nil }
                text += value
            }
        }
        return text
    }

    /// Whether `bytes[range]` stands in `text` at `start`.
    private func stands(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        in text: Span<UInt8>,
        at start: Int
    ) -> Bool {
        guard start >= 0, text.count - start >= range.count else { return false }
        let part = text.extracting(start..<(start + range.count))
        if !ignoresCase { return bytes.span.extracting(range).hasSameBytes(as: part) }
        for offset in part.indices
        where bytes[range.lowerBound + offset].asciiLowercased != part[offset].asciiLowercased {
            return false
        }
        return true
    }

    private func advance(
        over segment: Segment,
        in text: Span<UInt8>,
        from start: Int,
        _ context: borrowing AuthorizationContext
    ) -> Int? {
        var position = start
        for index in segment.pieces {
            switch pieces[index] {
            case .literal(let range):
                guard stands(literals, range, in: text, at: position) else { return nil }
                position += range.count
            case .variable(let index):
                guard let value = context.substitution(for: variables[index]),
                    stands(value, value.indices, in: text, at: position)
                else { return nil }
                position += value.count
            case .anyCharacter:
                guard position < text.count else { return nil }
                position += 1
                while position < text.count, text[position].isContinuation { position += 1 }
            }
        }
        return position
    }

    private func retreat(
        over segment: Segment,
        in text: Span<UInt8>,
        to floor: Int,
        _ context: borrowing AuthorizationContext
    ) -> Int? {
        var position = text.count
        for index in segment.pieces.reversed() {
            switch pieces[index] {
            case .literal(let range):
                position -= range.count
                guard position >= floor, stands(literals, range, in: text, at: position) else {
                    return nil
                }
            case .variable(let index):
                guard let value = context.substitution(for: variables[index]) else { return nil }
                position -= value.count
                guard position >= floor, stands(value, value.indices, in: text, at: position)
                else { return nil }
            case .anyCharacter:
                guard position > floor else { return nil }
                position -= 1
                while position > floor, text[position].isContinuation { position -= 1 }
            }
        }
        return position
    }

    private func find(
        _ segment: Segment,
        in text: Span<UInt8>,
        from start: Int,
        to end: Int,
        _ context: borrowing AuthorizationContext
    ) -> Int? {
        if let searcher = segment.searcher {
            return searchers[searcher]
                .firstEnd(in: text, from: start, to: end, ignoringCase: ignoresCase)
        }
        var units: [UInt8?] = []
        for index in segment.pieces {
            switch pieces[index] {
            case .literal(let range): units += literals[range].map { Optional($0) }
            case .anyCharacter: units.append(nil)
            case .variable(let index):
                guard let value = context.substitution(for: variables[index]) else { return nil }
                units += value.map { Optional(ignoresCase ? $0.asciiLowercased : $0) }
            }
        }
        if units.isEmpty { return start }
        return SegmentSearcher(units)
            .firstEnd(in: text, from: start, to: end, ignoringCase: ignoresCase)
    }
}

extension Span<UInt8> {
    /// Whether both hold the same bytes; eight at a time.
    fileprivate func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        let a = unsafe bytes
        let b = unsafe other.bytes
        var index = 0
        // Both loads end within `count`, which is checked by the loop and by the span itself.
        while index &+ 8 <= count {
            let x = unsafe a.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let y = unsafe b.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            if x != y { return false }
            index &+= 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index &+= 1
        }
        return true
    }
}
