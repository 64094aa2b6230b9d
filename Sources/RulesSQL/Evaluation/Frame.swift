internal import JSONDocument

/// What a payload is.
enum PayloadForm {
    /// A JSON object: its members are the fields.
    case object
    /// No bytes at all: an object without members, to which items may be added.
    case empty
    /// A JSON array: passes through `*`, has no fields.
    case array
    /// Anything else, scalars too: `*` is the bytes, there are no fields.
    case raw
}

/// One message while rules run on it: borrowed, nothing copied.
struct Frame: ~Escapable {
    /// The payload's fields; an empty object where it has none.
    let root: JSONView
    let payload: Span<UInt8>
    /// The topic as `topic()` sees it: without the prefix of Basic Ingest.
    let topic: Span<UInt8>
    let form: PayloadForm

    @_lifetime(copy root, copy payload, copy topic)
    init(root: JSONView, payload: Span<UInt8>, topic: Span<UInt8>, form: PayloadForm) {
        self.root = root
        self.payload = payload
        self.topic = topic
        self.form = form
    }

    /// A value below the payload's root.
    @inline(__always)
    @_lifetime(copy self)
    func lookup(_ path: Int32, _ code: Code) -> JSONView? {
        if let name = code.shortPaths[Int(path)] { return root.member(name) }
        return root.value(at: code.paths[Int(path)])
    }

    /// The bytes of a level of the topic, counted from 1.
    func level(_ number: Int) -> Range<Int>? {
        guard number >= 1 else { return nil }
        var level = 1
        var start = 0
        for index in topic.indices where topic[index] == 0x2F {
            if level == number { return start..<index }
            level += 1
            start = index + 1
        }
        return level == number ? start..<topic.count : nil
    }
}

/// The topic of Basic Ingest: `$aws/rules/<rule>/<rest>`.
enum BasicIngest {
    private static let prefix = Array("$aws/rules/".utf8)

    /// The rule's name and where the rest begins; `nil` for other topics.
    static func parse(_ topic: Span<UInt8>) -> (name: Range<Int>, rest: Int)? {
        guard topic.count > 11, topic[0] == 0x24 else { return nil }
        for index in prefix.indices where topic[index] != prefix[index] { return nil }
        var end = prefix.count
        while end < topic.count, topic[end] != 0x2F { end += 1 }
        guard end > prefix.count else { return nil }
        return (prefix.count..<end, min(end + 1, topic.count))
    }
}
