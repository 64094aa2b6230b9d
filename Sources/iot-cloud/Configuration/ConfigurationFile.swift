#if Endpoint
internal import ArgumentParser
internal import JSONDocument

/// What a configuration file must be: one JSON object, of keys that are known, with values of their
/// kind.
///
/// A reader of configurations takes what it is asked for and passes over the rest; a misspelt key
/// would be ignored, and its option would have its default.
enum ConfigurationFile {
    /// Bytes of a file.
    static let maximumBytes = 1 << 20

    /// Looks at every member.
    ///
    /// - Throws: `ValidationError` with the place of the first mistake.
    static func check(_ bytes: [UInt8], named path: String) throws {
        guard bytes.count <= maximumBytes else {
            throw ValidationError("\(path) has more than \(maximumBytes) bytes")
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes.span)
        } catch {
            throw ValidationError(
                "\(path): line \(error.line), column \(error.column): \(error.violation)"
            )
        }
        guard let object = value.object else {
            throw ValidationError("\(path): the file must be one JSON object")
        }
        for member in object {
            guard let key = ServeKey.all.first(where: { $0.name == member.name }) else {
                let known = ServeKey.all.map(\.name).joined(separator: ", ")
                let name = String(reflecting: member.name)
                throw ValidationError("\(path): unknown key \(name); known are: \(known)")
            }
            guard key.kind.takes(member.value) else {
                throw ValidationError("\(path): \(key.name) must be \(key.kind.expectation)")
            }
        }
    }
}

/// What the environment must be: variables that are known, with values of their kind.
enum EnvironmentCheck {
    /// Looks at every variable of this program.
    ///
    /// - Throws: `ValidationError` for the first that cannot be used.
    static func check(_ variables: [String: String]) throws {
        for (name, value) in variables.sorted(by: { $0.key < $1.key })
        where name != ServeKey.fileVariable {
            guard let key = ServeKey.all.first(where: { $0.variable == name }) else {
                throw ValidationError("the environment variable \(name) is no option of serve")
            }
            let isUsable =
                switch key.kind {
                case .number: Int(value) != nil
                case .flag: ["true", "false"].contains(value)
                default: !value.isEmpty
                }
            guard isUsable else {
                throw ValidationError("\(name) must be \(key.kind.expectation)")
            }
        }
    }
}

extension ServeKey.Kind {
    /// Whether a member of a file is of this kind.
    func takes(_ value: JSONValue) -> Bool {
        switch self {
        case .number: value.number?.int64.flatMap { Int(exactly: $0) } != nil
        case .flag: value.bool != nil
        case .text, .path: value.string?.isEmpty == false
        case .texts, .paths:
            value.array?.allSatisfy { $0.string?.isEmpty == false } == true
        }
    }

    /// For messages.
    var expectation: String {
        switch self {
        case .number: "a whole number"
        case .flag: "true or false"
        case .text: "a text"
        case .path: "a name of a file or folder"
        case .texts: "a list of texts"
        case .paths: "a list of names of files"
        }
    }
}
#endif
