extension ObjectIdentifier {
    /// id-at-*: X.520 attribute types are 2.5.4.n.
    private static func attribute(_ number: UInt8) -> ObjectIdentifier {
        ObjectIdentifier(checked: [0x55, 0x04, number])
    }

    /// commonName, 2.5.4.3.
    public static var commonName: ObjectIdentifier { attribute(3) }
    /// surname, 2.5.4.4..
    public static var surname: ObjectIdentifier { attribute(4) }
    /// serialNumber of the subject (not of the certificate), 2.5.4.5.
    public static var subjectSerialNumber: ObjectIdentifier { attribute(5) }
    /// countryName, 2.5.4.6.
    public static var country: ObjectIdentifier { attribute(6) }
    /// localityName, 2.5.4.7.
    public static var locality: ObjectIdentifier { attribute(7) }
    /// stateOrProvinceName, 2.5.4.8.
    public static var stateOrProvince: ObjectIdentifier { attribute(8) }
    /// organizationName, 2.5.4.10.
    public static var organization: ObjectIdentifier { attribute(10) }
    /// organizationalUnitName, 2.5.4.11.
    public static var organizationalUnit: ObjectIdentifier { attribute(11) }
    /// title, 2.5.4.12.
    public static var title: ObjectIdentifier { attribute(12) }
    /// givenName, 2.5.4.42.
    public static var givenName: ObjectIdentifier { attribute(42) }
    /// initials, 2.5.4.43.
    public static var initials: ObjectIdentifier { attribute(43) }
    /// generationQualifier, 2.5.4.44.
    public static var generationQualifier: ObjectIdentifier { attribute(44) }
    /// dnQualifier, 2.5.4.46.
    public static var distinguishedNameQualifier: ObjectIdentifier { attribute(46) }
    /// pseudonym, 2.5.4.65.
    public static var pseudonym: ObjectIdentifier { attribute(65) }
    /// domainComponent, 0.9.2342.19200300.100.1.25.
    public static var domainComponent: ObjectIdentifier {
        ObjectIdentifier(
            checked: [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19]
        )
    }
    /// emailAddress of PKCS #9, 1.2.840.113549.1.9.1.
    public static var emailAddress: ObjectIdentifier {
        ObjectIdentifier(
            checked: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01]
        )
    }

    /// The short name of RFC 4514 §3 and RFC 5280 appendix A.
    var attributeName: String? {
        switch self {
        case .commonName: "CN"
        case .surname: "SN"
        case .subjectSerialNumber: "serialNumber"
        case .country: "C"
        case .locality: "L"
        case .stateOrProvince: "ST"
        case .organization: "O"
        case .organizationalUnit: "OU"
        case .title: "title"
        case .givenName: "GN"
        case .initials: "initials"
        case .generationQualifier: "generationQualifier"
        case .distinguishedNameQualifier: "dnQualifier"
        case .pseudonym: "pseudonym"
        case .domainComponent: "DC"
        case .emailAddress: "emailAddress"
        default: nil
        }
    }
}
