public import X509Verification

/// Why a CA was not registered, or not changed.
public struct AuthorityError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Reason: Hashable, Sendable {
        /// The CA certificate cannot be an anchor. `CertificateValidationException`
        case authority(PathValidationError)
        /// The verification certificate is not signed by the CA, or not valid.
        /// `CertificateValidationException`
        case verification(PathValidationError)
        /// ``CertificateMode/default`` needs a verification certificate. `InvalidRequestException`
        case verificationMissing
        /// ``CertificateMode/sniOnly`` must have none. `InvalidRequestException`
        case verificationNotAllowed
        /// No registration code was given out yet. `RegistrationCodeValidationException`
        case noRegistrationCode
        /// The verification certificate has no common name. `RegistrationCodeValidationException`
        case registrationCodeMissing
        /// Its common name is not the code. `RegistrationCodeValidationException`
        case registrationCodeMismatch
        /// It has more than one common name. `RegistrationCodeValidationException`
        case registrationCodeAmbiguous
        /// The CA is registered. `ResourceAlreadyExistsException`
        case alreadyRegistered(CertificateID)
        /// ``RegistrationLimits/authoritiesPerSubject``. `LimitExceededException`
        case tooManyOfSubject(limit: Int)
        /// There is no such CA. `ResourceNotFoundException`
        case notFound
        /// An active CA cannot be deleted. `CertificateStateException`
        case stillActive
        /// The record was changed again and again meanwhile. `ConflictingResourceUpdateException`
        case changedMeanwhile
    }

    /// The rule that was broken.
    public let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// A stable word for logs and metrics, such as `registration_code_mismatch`.
    public var code: String {
        switch reason {
        case .authority(let error), .verification(let error): error.code
        case .verificationMissing: "verification_missing"
        case .verificationNotAllowed: "verification_not_allowed"
        case .noRegistrationCode: "registration_code_not_issued"
        case .registrationCodeMissing: "registration_code_missing"
        case .registrationCodeMismatch: "registration_code_mismatch"
        case .registrationCodeAmbiguous: "registration_code_ambiguous"
        case .alreadyRegistered: "already_registered"
        case .tooManyOfSubject: "limit_exceeded"
        case .notFound: "not_found"
        case .stillActive: "authority_active"
        case .changedMeanwhile: "changed_meanwhile"
        }
    }
}

extension AuthorityError: CustomStringConvertible {
    /// The code, and the validator's words where there are some.
    public var description: String {
        switch reason {
        case .authority(let error), .verification(let error): "\(code): \(error)"
        default: code
        }
    }
}
