#if Endpoint
internal import JSONDocument
internal import RulesSQL

/// Reads members of a rule's document and knows where it is, for errors.
struct RuleReader {
    let object: JSONObject
    let path: String

    init(_ value: JSONValue?, at path: String) throws(RuleConfigurationError) {
        guard let object = value?.object else {
            throw RuleConfigurationError(.invalid, path, "must be an object")
        }
        self.object = object
        self.path = path
    }

    func error(
        _ name: String,
        _ message: String,
        _ kind: RuleConfigurationError.Kind = .invalid
    ) -> RuleConfigurationError {
        RuleConfigurationError(kind, path + "." + name, message)
    }

    /// Refuses members that nobody reads: a misspelt one must not be ignored.
    func allow(_ names: Set<String>) throws(RuleConfigurationError) {
        for member in object where !names.contains(member.name) {
            throw error(member.name, "is not known here")
        }
    }

    func string(_ name: String) throws(RuleConfigurationError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw error(name, "must be a string") }
        return text
    }

    func required(_ name: String) throws(RuleConfigurationError) -> String {
        guard let text = try string(name) else { throw error(name, "is missing") }
        return text
    }

    func bool(_ name: String) throws(RuleConfigurationError) -> Bool? {
        guard let value = object[name] else { return nil }
        guard let flag = value.bool else { throw error(name, "must be true or false") }
        return flag
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(RuleConfigurationError) -> Int?
    {
        guard let value = object[name] else { return nil }
        guard let number = value.number?.int64, let integer = Int(exactly: number),
            range.contains(integer)
        else {
            throw error(name, "must be a whole number, \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func array(_ name: String) throws(RuleConfigurationError) -> [JSONValue]? {
        guard let value = object[name] else { return nil }
        guard let array = value.array else { throw error(name, "must be an array") }
        return array
    }

    /// A string with `${…}` parts.
    func template(
        _ name: String,
        of statement: SelectStatement
    ) throws(RuleConfigurationError) -> Template? {
        guard let text = try string(name) else { return nil }
        return try Self.template(text, of: statement, at: path + "." + name)
    }

    static func template(
        _ text: String,
        of statement: SelectStatement,
        at path: String
    ) throws(RuleConfigurationError) -> Template {
        do throws(SQLSyntaxError) {
            return try Template(
                parsing: text,
                version: statement.version,
                variablesOf: statement
            )
        } catch {
            throw RuleConfigurationError(.syntax, path, error.rendered(in: text))
        }
    }
}
#endif
