import HTTPFiles

/// Entry points over what HTTPFiles reads from clients.
enum HTTPFilesEntry {
    /// Range fields, dates, conditions, paths and queries.
    static func fields(_ raw: UnsafeRawBufferPointer) {
        guard let kind = raw.first else { return }
        let text = String(decoding: raw.dropFirst(), as: UTF8.self)
        switch kind % 4 {
        case 0: ranges(text, length: UInt64(kind) * 37)
        case 1:
            if let time = HTTPDate.parse(text, now: 1_700_000_000), time >= 0 {
                precondition(HTTPDate.parse(HTTPDate.format(time), now: 0) == time, "date differs")
            }
        case 2:
            let conditions = Preconditions(ifMatch: text, ifNoneMatch: text, ifRange: text)
            _ = conditions.evaluate(entityTag: "\"a\"", modified: 1, now: 2)
        default:
            if let path = RequestPath(text) {
                precondition(path.components.count <= RequestPath.maximumComponents)
            }
            _ = RequestQuery(text)
        }
    }

    private static func ranges(_ text: String, length: UInt64) {
        let field = "bytes=" + text
        guard case .parts(let parts) = ByteRangeSet(field, length: length, limit: 16) else {
            return
        }
        var total: UInt64 = 0
        for part in parts {
            precondition(!part.isEmpty && part.upperBound <= length, "range outside the file")
            total += part.upperBound - part.lowerBound
        }
        precondition(!parts.isEmpty && total <= length, "more bytes than the file has")
    }
}
