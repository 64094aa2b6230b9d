/// A text that is no policy document.
///
/// The service answers such a document with `MalformedPolicyException` when the policy is created.
public struct MalformedPolicy: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The text is no JSON text, or breaks a limit of the JSON reader.
        case notJSON
        /// The element must be of another JSON type.
        case wrongType(element: String)
        /// The element must be there.
        case missing(element: String)
        /// There is no such element in a policy document.
        case unknownElement(String)
        /// Both forms of an element that excludes its opposite: `Action` and `NotAction`.
        case both(String, String)
        /// `Version` is neither `2012-10-17` nor `2008-10-17`.
        case unknownVersion
        /// `Effect` is neither `Allow` nor `Deny`, in exactly these letters.
        case unknownEffect
        /// A list that names nothing, so that the statement could not mean anything.
        case emptyList(element: String)
        /// An action without `service:` in front.
        case notAnAction
        /// A resource that is neither `*` nor starts with `arn:` and has six fields.
        case notAResourceName
        /// There is no such operator.
        case unknownOperator(String)
        /// A condition key that is no name.
        case badConditionKey
        /// A value that the operator cannot compare with: a word for a number, half an address.
        case badConditionValue(operator: String)
        /// `${` without `}`.
        case unterminatedVariable
        /// `${…}` around something that is no name.
        case badVariableName
        /// Two statements of the same `Sid`.
        case duplicateStatementID(String)
        /// A `Sid` or `Id` that is too long.
        case identifierTooLong(limit: Int)
        /// More characters than the limit, white space not counted.
        case tooLong(limit: Int)
        /// More statements than the limit.
        case tooManyStatements(limit: Int)
        /// More entries in one list than the limit.
        case tooManyValues(limit: Int)
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the document to the value that breaks it.
    public let offset: Int

    /// A violation and where it is.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

/// What a policy document may cost.
public struct PolicyLimits: Hashable, Sendable {
    /// Characters of a document, white space not counted.
    ///
    /// The service's quota: 2,048.
    public var characters: Int
    /// Bytes of a document with its white space.
    public var bytes: Int
    /// Statements of a document.
    public var statements: Int
    /// Entries of a list: actions, resources, values of a condition.
    public var values: Int
    /// Bytes of a `Sid` or `Id`.
    public var identifierBytes: Int

    /// Limits; each has the default of the service or one that a document of 2,048 characters
    /// cannot reach.
    public init(
        characters: Int = 2_048,
        bytes: Int = 65_536,
        statements: Int = 256,
        values: Int = 1_024,
        identifierBytes: Int = 256
    ) {
        self.characters = characters
        self.bytes = bytes
        self.statements = statements
        self.values = values
        self.identifierBytes = identifierBytes
    }

    /// The service's quota of 2,048 characters.
    public static var `default`: PolicyLimits { PolicyLimits() }
}
