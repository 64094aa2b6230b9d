/// Reads an age header from pieces of any size, line by line, in memory bounded by the limits.
struct AgeHeaderParser: Sendable {
    /// The finished header; `nil` until its last line was read.
    private(set) var header: AgeHeader?
    private let limits: DecryptionLimits
    private var state = State.version
    private var text: [UInt8] = []
    private var lineStart = 0
    private var stanzas: [AgeStanza] = []
    private var arguments: [[UInt8]] = []
    private var body: [UInt8] = []
    private var stanzaStart = 0

    private enum State {
        case version, stanzaOrEnd, body
    }

    init(limits: DecryptionLimits) { self.limits = limits }

    /// Consumes bytes up to the header's end.
    ///
    /// - Returns: how many bytes of `bytes` belong to the header.
    mutating func feed(_ bytes: Span<UInt8>) throws(DecryptionError) -> Int {
        var i = 0
        while header == nil, i < bytes.count {
            let byte = bytes[i]
            i += 1
            if byte == 0x0A {
                try endLine()
                continue
            }
            guard text.count < limits.headerBytes else {
                throw DecryptionError(.limit(.headerBytes), at: text.count)
            }
            text.append(byte)
            if state == .version { try checkVersion() }
        }
        return i
    }

    /// Refuses a file of another kind at its first byte that differs, not at a far line end.
    private func checkVersion() throws(DecryptionError) {
        let i = text.count - 1
        guard i < AgeHeader.version.count, text[i] == AgeHeader.version[i] else {
            let isAge = i >= AgeHeader.version.count - 1
            throw DecryptionError(
                .header(isAge ? .unsupportedVersion : .unknownFormat),
                at: i
            )
        }
    }

    private mutating func endLine() throws(DecryptionError) {
        let line = lineStart..<text.count
        switch state {
        case .version:
            guard line.count == AgeHeader.version.count else {
                throw DecryptionError(.header(.unknownFormat), at: line.upperBound)
            }
            state = .stanzaOrEnd
        case .stanzaOrEnd:
            if starts(line, with: "---") {
                return try end(line)
            }
            try beginStanza(line)
            state = .body
        case .body:
            try bodyLine(line)
        }
        text.append(0x0A)
        lineStart = text.count
    }

    private func starts(_ line: Range<Int>, with prefix: StaticString) -> Bool {
        guard line.count >= prefix.utf8CodeUnitCount else { return false }
        for i in 0..<prefix.utf8CodeUnitCount {
            guard unsafe text[line.lowerBound + i] == prefix.utf8Start[i] else { return false }
        }
        return true
    }

    private mutating func beginStanza(_ line: Range<Int>) throws(DecryptionError) {
        guard starts(line, with: "-> ") else {
            throw DecryptionError(.header(.line), at: line.lowerBound)
        }
        guard stanzas.count < limits.recipients else {
            throw DecryptionError(.limit(.recipients), at: line.lowerBound)
        }
        stanzaStart = line.lowerBound
        arguments = []
        body = []
        var argument: [UInt8] = []
        for i in line.dropFirst(3) {
            if text[i] == 0x20 {
                guard !argument.isEmpty else { throw DecryptionError(.header(.arguments), at: i) }
                arguments.append(argument)
                argument = []
                continue
            }
            guard (33...126).contains(text[i]) else {
                throw DecryptionError(.header(.arguments), at: i)
            }
            argument.append(text[i])
        }
        guard !argument.isEmpty else {
            throw DecryptionError(.header(.arguments), at: line.upperBound)
        }
        arguments.append(argument)
    }

    private mutating func bodyLine(_ line: Range<Int>) throws(DecryptionError) {
        guard line.count <= 64 else {
            throw DecryptionError(.header(.bodyLine), at: line.lowerBound + 64)
        }
        do { body += try Base64.decode(text.span.extracting(line)) } catch {
            // A stanza's start here means that the short last line is missing.
            let missing = starts(line, with: "-")
            throw DecryptionError(.header(missing ? .bodyLine : .base64), at: line.lowerBound)
        }
        guard line.count < 64 else { return }
        let stanza = try AgeStanza(arguments: arguments, body: body, offset: stanzaStart)
        try AgeKeyWrap.check(stanza, limits: limits)
        stanzas.append(stanza)
        state = .stanzaOrEnd
    }

    private mutating func end(_ line: Range<Int>) throws(DecryptionError) {
        guard line.count == 4 + 43, text[line.lowerBound + 3] == 0x20 else {
            throw DecryptionError(.header(.line), at: line.lowerBound)
        }
        guard !stanzas.isEmpty else {
            throw DecryptionError(.header(.line), at: line.lowerBound)
        }
        let mac: [UInt8]
        do { mac = try Base64.decode(text.span.extracting(line.dropFirst(4))) } catch {
            throw DecryptionError(.header(.base64), at: line.lowerBound + 4)
        }
        let passphrases = stanzas.count { $0.type == AgeKeyWrap.scryptType }
        guard passphrases == 0 || stanzas.count == 1 else {
            throw DecryptionError(.header(.passphraseNotAlone), at: stanzas[0].offset)
        }
        header = AgeHeader(
            stanzas: stanzas,
            mac: mac,
            authenticated: [UInt8](text[..<(line.lowerBound + 3)])
        )
    }
}
