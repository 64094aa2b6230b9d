internal import CBORCodec

/// SUIT_Text_Map: what people may read; nothing in it is acted on.
public struct ManifestText: Hashable, Sendable {
    /// The texts of one language.
    public struct Language: Hashable, Sendable {
        /// The language tag, such as `en-US`.
        public var tag: String
        /// Texts of the manifest by label: 1 description, 2 update description, 3 JSON source,
        /// 4 YAML source.
        public var texts: [UInt64: String]
        /// Texts of components by label: 1 vendor name, 2 model name, 3 vendor domain, 4 model
        /// information, 5 description, 6 version.
        public var components: [ComponentIdentifier: [UInt64: String]]

        /// Collects texts.
        public init(
            tag: String,
            texts: [UInt64: String] = [:],
            components: [ComponentIdentifier: [UInt64: String]] = [:]
        ) {
            self.tag = tag
            self.texts = texts
            self.components = components
        }
    }

    /// One or more languages.
    public var languages: [Language]

    /// Takes languages.
    public init(_ languages: [Language]) { self.languages = languages }
}

extension ManifestText {
    static func read(
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> ManifestText {
        let start = reader.position
        var languages: [Language] = []
        var map = try reader.map()
        guard map.count > 0, map.count <= limits.entries else {
            throw FirmwareError(.unexpectedCount(map.count), at: start)
        }
        while try reader.nextKey(&map) {
            let offset = reader.position
            let tag = try reader.text(limit: 64)
            guard isLanguageTag(tag) else {
                throw FirmwareError(.forbiddenCharacter, at: offset)
            }
            languages.append(try language(tag, &reader, limits))
        }
        return ManifestText(languages)
    }

    /// Whether a tag has the form of a language tag.
    ///
    /// `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`
    private static func isLanguageTag(_ tag: String) -> Bool {
        let parts = tag.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            guard (1...8).contains(part.count) else { return false }
            for byte in part {
                let isLetter = (0x41...0x5A).contains(byte & 0xDF)
                let isDigit = (0x30...0x39).contains(byte)
                guard isLetter || (index > 0 && isDigit) else { return false }
            }
        }
        return true
    }

    private static func language(
        _ tag: String,
        _ reader: inout FirmwareReader,
        _ limits: FirmwareLimits
    ) throws(FirmwareError) -> Language {
        var result = Language(tag: tag)
        var map = try reader.map()
        while try reader.nextKey(&map) {
            if try reader.peek() == .array {
                let component = try reader.component(limits)
                result.components[component] = try texts(&reader, upTo: 6)
            } else {
                try text(&reader, upTo: 4, into: &result.texts)
            }
        }
        return result
    }

    private static func texts(
        _ reader: inout FirmwareReader,
        upTo last: UInt64
    ) throws(FirmwareError) -> [UInt64: String] {
        var result: [UInt64: String] = [:]
        var map = try reader.map()
        while try reader.nextKey(&map) { try text(&reader, upTo: last, into: &result) }
        return result
    }

    private static func text(
        _ reader: inout FirmwareReader,
        upTo last: UInt64,
        into result: inout [UInt64: String]
    ) throws(FirmwareError) {
        let start = reader.position
        let label = try reader.unsigned()
        guard (1...last).contains(label) else {
            throw FirmwareError(.unknownMember(Int64(clamping: label)), at: start)
        }
        result[label] = try reader.text(limit: 65_536, allowsLines: true)
    }

    /// The encoded map.
    var encoded: [UInt8] {
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        for language in languages {
            pairs.append(
                (
                    CBOREncoder.encode { $0.append(textString: language.tag) },
                    Self.map(
                        Self.pairs(language.texts)
                            + language.components.map { ($0.encoded, Self.map(Self.pairs($1))) }
                    )
                )
            )
        }
        return Self.map(pairs)
    }

    private static func pairs(_ texts: [UInt64: String]) -> [(key: [UInt8], value: [UInt8])] {
        texts.map { label, text in
            (
                CBOREncoder.encode { $0.append(unsigned: label) },
                CBOREncoder.encode { $0.append(textString: text) }
            )
        }
    }

    private static func map(_ pairs: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
        var encoder = CBOREncoder()
        let sorted = pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        encoder.append(mapCount: sorted.count)
        for pair in sorted {
            encoder.append(encoded: pair.key)
            encoder.append(encoded: pair.value)
        }
        return encoder.bytes
    }
}
