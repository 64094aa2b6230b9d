internal import RulesSQL

/// One TZif file. RFC 9636
struct ZoneTable: Sendable {
    private struct Kind: Sendable {
        var seconds: Int
        var isDaylight: Bool
        var abbreviation: String
    }

    private var times: [Int64] = []
    private var indices: [UInt8] = []
    private var kinds: [Kind] = []
    private var footer: ZoneRule?

    /// Reads a file of version 2 or later, or the first block of an older one.
    init?(_ bytes: [UInt8]) {
        guard let first = Header(bytes, at: 0) else { return nil }
        var start = 44
        var header = first
        var width = 4
        if first.version >= 0x32 {
            start += first.length(width: 4)
            guard let second = Header(bytes, at: start) else { return nil }
            header = second
            start += 44
            width = 8
        }
        let end = start + header.length(width: width)
        guard end <= bytes.count, header.kinds > 0 else { return nil }
        guard read(bytes, start, header, width) else { return nil }
        if width == 8, end < bytes.count, bytes[end] == 0x0A,
            let close = bytes[(end + 1)...].firstIndex(of: 0x0A)
        {
            footer = ZoneRule(Array(bytes[(end + 1)..<close]))
        }
    }

    private struct Header {
        var version: UInt8
        var utc: Int
        var standard: Int
        var leaps: Int
        var times: Int
        var kinds: Int
        var names: Int

        init?(_ bytes: [UInt8], at start: Int) {
            guard start + 44 <= bytes.count, bytes[start..<(start + 4)].elementsEqual("TZif".utf8)
            else { return nil }
            version = bytes[start + 4]
            func count(_ index: Int) -> Int {
                let at = start + 20 + index * 4
                return bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
            }
            (utc, standard, leaps) = (count(0), count(1), count(2))
            (times, kinds, names) = (count(3), count(4), count(5))
            // Larger counts than any file has room for would only overflow the sums.
            for count in [utc, standard, leaps, times, kinds, names] where count > 1 << 20 {
                return nil
            }
        }

        func length(width: Int) -> Int {
            times * (width + 1) + kinds * 6 + names + leaps * (width + 4) + standard + utc
        }
    }

    private mutating func read(
        _ bytes: [UInt8],
        _ start: Int,
        _ header: Header,
        _ width: Int
    ) -> Bool {
        func integer(_ at: Int, _ width: Int) -> Int64 {
            var value: Int64 = bytes[at] >= 0x80 ? -1 : 0
            for index in at..<(at + width) { value = value << 8 | Int64(bytes[index]) }
            return value
        }
        for index in 0..<header.times { times.append(integer(start + index * width, width)) }
        let indexStart = start + header.times * width
        indices = Array(bytes[indexStart..<(indexStart + header.times)])
        let kindStart = indexStart + header.times
        let nameStart = kindStart + header.kinds * 6
        let names = bytes[nameStart..<(nameStart + header.names)]
        for index in 0..<header.kinds {
            let at = kindStart + index * 6
            let name = names.dropFirst(Int(bytes[at + 5])).prefix { $0 != 0 }
            kinds.append(
                Kind(
                    seconds: Int(integer(at, 4)),
                    isDaylight: bytes[at + 4] != 0,
                    abbreviation: String(decoding: name, as: UTF8.self)
                )
            )
        }
        return indices.allSatisfy { Int($0) < kinds.count }
    }

    /// The offset at a moment in seconds since 1970.
    func offset(at second: Int64) -> ZoneOffset {
        if let footer, second >= times.last ?? .min { return footer.offset(at: second) }
        var low = 0
        var high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= second { low = middle + 1 } else { high = middle }
        }
        let kind =
            low > 0
            ? kinds[Int(indices[low - 1])] : kinds.first { !$0.isDaylight } ?? kinds[0]
        return ZoneOffset(seconds: kind.seconds, abbreviation: kind.abbreviation)
    }
}
