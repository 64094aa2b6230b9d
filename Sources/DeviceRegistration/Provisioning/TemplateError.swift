public import JSONDocument

/// A text that is no provisioning template, or one that cannot be evaluated.
///
/// Errors name members and parameters of the template, never the values of parameters.
public struct TemplateError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The text is no JSON.
        case json(JSONError.Violation)
        /// More characters than ``TemplateLimits/characters``.
        case tooLong(limit: Int)
        /// More parameters, resources or nested functions than may be.
        case tooMany(String, limit: Int)
        /// A member that must be there is not.
        case missingMember(String)
        /// A member that the grammar does not have here.
        case unknownMember(String)
        /// Something else than the grammar asks for.
        case wrongKind(expected: String)
        /// A function that does not exist, or that is not alone in its object.
        case unknownFunction(String)
        /// A function with a wrong number of arguments.
        case wrongArguments(function: String)
        /// `Ref`, or `${…}` in `Fn::Sub`, names a parameter that is not declared.
        case unknownParameter(String)
        /// `Fn::FindInMap` finds nothing.
        case unknownMapping
        /// A `${` without its end.
        case unterminatedVariable
        /// A second resource of a type that may be there once.
        case duplicateResource(type: String)
        /// Of several members exactly one must be there.
        case exactlyOne(of: [String])
        /// An override setting that the property does not have.
        case overrideNotAllowed(String)

        /// A declared parameter has neither a value nor a default.
        case parameterMissing(String)
        /// A parameter of the service's own, such as `AWS::IoT::Certificate::Id`, given by the caller.
        case reservedParameter(String)
        /// A value is longer than ``TemplateLimits/valueBytes``.
        case valueTooLong(parameter: String, limit: Int)
        /// All that is put together is longer than ``TemplateLimits/evaluationBytes``.
        case evaluationTooLarge(limit: Int)
        /// `Fn::Select` outside of its list, or with something that is no index.
        case selectOutOfRange
        /// An empty delimiter in `Fn::Split`.
        case emptyDelimiter
        /// A value with `* ? $ { } + #` or a control character where it could widen a policy or a name.
        case forbiddenCharacter(in: String)
        /// A value where only the template's own text may stand, such as `Effect`.
        case valueNotAllowed(in: String)
        /// A name or attribute that its resource cannot have.
        case invalidName(String)
        /// A status other than ACTIVE and INACTIVE.
        case invalidStatus
        /// A character of plane 16 in the text of a policy.
        case reservedCharacter
        /// The text of a policy is no JSON.
        case policyDocument(JSONError.Violation)
        /// The template needs the certificate that is to be provisioned, and there is none.
        case certificateMissing
        /// `CertificateId` names another certificate than the one that is to be provisioned.
        case otherCertificate
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the template to the value, member or function that is wrong.
    public let offset: Int
    /// Its line, from 1.
    public let line: Int
    /// Its column in Unicode scalars, from 1.
    public let column: Int

    init(_ fault: TemplateFault, in text: Span<UInt8>) {
        violation = fault.violation
        offset = fault.offset
        var line = 1
        var column = 1
        for i in 0..<min(fault.offset, text.count) {
            if text[i] == 0x0A {
                line += 1
                column = 1
            } else if text[i] & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}

extension TemplateError: CustomStringConvertible {
    /// The rule and where it was broken.
    public var description: String { "\(line):\(column): \(violation)" }
}

/// A violation and its offset, before its line is known.
struct TemplateFault: Error {
    var violation: TemplateError.Violation
    var offset: Int

    init(_ violation: TemplateError.Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

/// How large a template and what it makes may be.
public struct TemplateLimits: Hashable, Sendable {
    /// Characters of the text.
    public var characters = 10_240
    /// Nested functions.
    public var depth = 16
    /// Nested arrays and objects, those of policies included.
    public var nesting = 32
    /// Parameters.
    public var parameters = 100
    /// Resources.
    public var resources = 16
    /// Bytes of one parameter's value.
    public var valueBytes = 65_536
    /// Bytes of everything that one evaluation puts together.
    public var evaluationBytes = 262_144

    /// The values above.
    public static let `default` = TemplateLimits()

    /// The defaults, to be changed member by member.
    public init() {}
}
