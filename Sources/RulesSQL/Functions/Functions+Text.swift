internal import JSONDocument

extension Functions {
    /// The functions of strings; `nil` for a function of another family.
    static func text(
        _ id: FunctionID,
        _ arguments: [Value],
        _ scratch: inout FunctionScratch
    ) -> Value? {
        guard case .string(let text)? = arguments.first else { return nil }
        switch id {
        case .lower: return scratch.string(text.lowercased())
        case .upper: return scratch.string(text.uppercased())
        case .length: return .number(Numeric(text.unicodeScalars.count))
        case .numbytes: return .number(Numeric(text.utf8.count))
        case .ltrim: return scratch.string(String(trimmed(text, true, false, isBlank)))
        case .rtrim: return scratch.string(String(trimmed(text, false, true, isBlank)))
        case .trim:
            return scratch.string(
                String(trimmed(text, true, true) { $0.value <= 0x20 || $0.properties.isWhitespace })
            )
        case .md2: return .string(hex(MD2.digest(Array(text.utf8))))
        case .lpad, .rpad:
            let spaces = String(repeating: " ", count: count(arguments[1], upTo: 1_000))
            return scratch.string(id == .lpad ? spaces + text : text + spaces)
        case .substring: return scratch.string(substring(text, arguments))
        default: break
        }
        guard arguments.count > 1, case .string(let second) = arguments[1] else { return nil }
        scratch.charge(bytes: text.utf8.count)
        switch id {
        case .startswith: return .bool(text.utf8.starts(with: second.utf8))
        case .endswith: return .bool(text.utf8.reversed().starts(with: second.utf8.reversed()))
        case .indexof: return .number(Numeric(index(of: second, in: text, &scratch)))
        case .replace:
            guard case .string(let new) = arguments[2] else { return .undefined }
            return replace(Array(text.utf8), Array(second.utf8), Array(new.utf8), &scratch)
        default: return regexp(id, text, second, arguments, &scratch)
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t"
    }

    private static func trimmed(
        _ text: String,
        _ atStart: Bool,
        _ atEnd: Bool,
        _ isSpace: (Unicode.Scalar) -> Bool
    ) -> Substring.UnicodeScalarView {
        var rest = Substring(text).unicodeScalars
        while atStart, let first = rest.first, isSpace(first) { rest.removeFirst() }
        while atEnd, let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }

    /// A number that was converted to Int, as an Int in `0...limit`.
    private static func count(_ value: Value, upTo limit: Int) -> Int {
        guard case .number(let number) = value, !number.decimal.isNegative else { return 0 }
        guard let small = Int64(exactly: number.decimal) else { return limit }
        return Int(min(small, Int64(limit)))
    }

    private static func substring(_ text: String, _ arguments: [Value]) -> String {
        let scalars = text.unicodeScalars
        let length = scalars.count
        let from = count(arguments[1], upTo: length)
        let to = arguments.count > 2 ? count(arguments[2], upTo: length) : length
        guard from < to else { return "" }
        let start = scalars.index(scalars.startIndex, offsetBy: from)
        return String(scalars[start..<scalars.index(start, offsetBy: to - from)])
    }

    /// Where `needle` starts, in characters; -1 without it.
    private static func index(
        of needle: String,
        in text: String,
        _ scratch: inout FunctionScratch
    ) -> Int {
        let bytes = Array(text.utf8)
        guard let found = find(Array(needle.utf8), in: bytes, from: 0, &scratch) else { return -1 }
        return bytes[..<found].reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
    }

    /// The next occurrence; counts its comparisons as steps.
    private static func find(
        _ needle: [UInt8],
        in bytes: [UInt8],
        from start: Int,
        _ scratch: inout FunctionScratch
    ) -> Int? {
        guard let first = needle.first else { return start <= bytes.count ? start : nil }
        guard bytes.count >= needle.count else { return nil }
        let last = bytes.count - needle.count
        var i = start
        var work = 0
        defer { scratch.charge(bytes: work) }
        while i <= last {
            work += 1
            if bytes[i] == first {
                var k = 1
                while k < needle.count, bytes[i + k] == needle[k] { k += 1 }
                if k == needle.count { return i }
                work += k
            }
            i += 1
        }
        return nil
    }

    /// Every occurrence from left to right; the empty text occurs around each character.
    private static func replace(
        _ bytes: [UInt8],
        _ old: [UInt8],
        _ new: [UInt8],
        _ scratch: inout FunctionScratch
    ) -> Value {
        var output: [UInt8] = []
        var i = 0
        if old.isEmpty {
            output += new
            for (index, byte) in bytes.enumerated() {
                output.append(byte)
                let next = index + 1
                if next == bytes.count || bytes[next] & 0xC0 != 0x80 { output += new }
                guard output.count <= scratch.limits.stringBytes else { break }
            }
        } else {
            while let found = find(old, in: bytes, from: i, &scratch) {
                output += bytes[i..<found]
                output += new
                i = found + old.count
                guard output.count <= scratch.limits.stringBytes, scratch.failure == nil else {
                    break
                }
            }
            output += bytes[i...]
        }
        return scratch.string(String(decoding: output, as: UTF8.self))
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Regular expressions from data

    /// The three functions with a pattern that is known only now.
    private static func regexp(
        _ id: FunctionID,
        _ text: String,
        _ source: String,
        _ arguments: [Value],
        _ scratch: inout FunctionScratch
    ) -> Value? {
        guard id == .regexpMatches || id == .regexpSubstr || id == .regexpReplace else {
            return nil
        }
        guard let pattern = pattern(source, &scratch) else { return .undefined }
        var replacement: Replacement?
        if id == .regexpReplace {
            guard case .string(let new) = arguments[2] else { return .undefined }
            replacement = Replacement(new, for: pattern)
            if replacement == nil { return .undefined }
        }
        return regexp(id, text, pattern, replacement, &scratch)
    }

    private static func pattern(_ source: String, _ scratch: inout FunctionScratch) -> Pattern? {
        if let known = scratch.dynamicPattern, known.text.utf8.elementsEqual(source.utf8) {
            return known.pattern
        }
        var compiled: Pattern?
        do throws(PatternError) {
            compiled = try Pattern(source)
        } catch {
            if case .unsupported(let what) = error {
                scratch.notes.append("the regular expression uses \(what)")
            }
        }
        // Compiling costs about as much as it makes instructions.
        scratch.charge(bytes: source.utf8.count * 64 + (compiled?.code.count ?? 0) * 64)
        scratch.dynamicPattern = (source, compiled)
        return compiled
    }

    /// The three functions with a compiled pattern.
    static func regexp(
        _ id: FunctionID,
        _ text: String,
        _ pattern: Pattern,
        _ replacement: Replacement?,
        _ scratch: inout FunctionScratch
    ) -> Value {
        let bytes = Array(text.utf8)
        if let replacement {
            let outcome = scratch.machine.replaceAll(
                pattern,
                in: bytes,
                with: replacement,
                limit: scratch.limits.stringBytes,
                steps: &scratch.steps
            )
            switch outcome {
            case .text(let output): return .string(String(decoding: output, as: UTF8.self))
            case .tooLong: scratch.fail(.limit(.stringBytes))
            case .exhausted: scratch.fail(.limit(.steps))
            }
            return .undefined
        }
        let outcome = scratch.machine.search(
            pattern,
            in: bytes,
            wantsGroups: false,
            steps: &scratch.steps
        )
        switch outcome {
        case .exhausted:
            scratch.fail(.limit(.steps))
            return .undefined
        case .noMatch: return id == .regexpMatches ? .bool(false) : .undefined
        case .match(let groups):
            if id == .regexpMatches { return .bool(true) }
            return .string(String(decoding: bytes[groups[0]..<groups[1]], as: UTF8.self))
        }
    }
}
