#if Endpoint
/// Names as Prometheus allows them.
enum MetricName {
    /// A name of letters, digits, `_` and `:`, not beginning with a digit.
    static func metric(_ name: String) -> String { replaced(name, allowingColon: true) }

    /// A name of letters, digits and `_`, not beginning with a digit or with `__`.
    static func label(_ name: String) -> String {
        let name = replaced(name, allowingColon: false)
        // Two of them are Prometheus' own.
        return name.hasPrefix("__") ? "_" + name.drop { $0 == "_" } : name
    }

    private static func replaced(_ name: String, allowingColon: Bool) -> String {
        var result: [UInt8] = []
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": result.append(UInt8(scalar.value))
            case ":" where allowingColon: result.append(0x3A)
            default: result.append(0x5F)
            }
        }
        if result.first.map({ (0x30...0x39).contains($0) }) ?? true { result.insert(0x5F, at: 0) }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text between the braces: labels sorted by name, each name once.
    ///
    /// - Parameters:
    ///   - dimensions: names and values; the first of equal names counts.
    ///   - kind: a histogram has a label `le` of its own: one that was given becomes `exported_le`.
    ///   - maximumBytes: where values are cut.
    /// - Returns: `name="value"`, with commas between.
    static func labels(
        _ dimensions: [(String, String)],
        of kind: MetricKind,
        maximumBytes: Int
    ) -> String {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            var name = label(name)
            if name == "le", kind == .histogram { name = "exported_le" }
            if values[name] == nil { values[name] = cut(value, to: maximumBytes) }
        }
        return values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
            .joined(separator: ",")
    }

    /// The longest beginning of whole scalars that has no more bytes.
    private static func cut(_ value: String, to maximumBytes: Int) -> String {
        guard value.utf8.count > maximumBytes else { return value }
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in value.unicodeScalars {
            count += UTF8.width(scalar)
            if count > maximumBytes { break }
            result.append(scalar)
        }
        return String(result)
    }

    /// A text with `\`, line feeds and, in values of labels, `"` escaped.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
#endif
