public import FuzzSupport

/// The targets of this family.
public let certificatesEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("x509-certificate", fuzzCertificate),
    FuzzEntryPoint("x509-crl", fuzzRevocationList),
    FuzzEntryPoint("x509-csr", fuzzSigningRequest),
    FuzzEntryPoint("x509-pem", fuzzPEM),
    FuzzEntryPoint("x509-chain", fuzzChain),
    FuzzEntryPoint("x509-differential", fuzzCertificateDifferential),
]
