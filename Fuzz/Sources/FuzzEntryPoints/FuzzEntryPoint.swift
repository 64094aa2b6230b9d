/// One fuzz target: a name and a function that asserts properties over any bytes.
///
/// The name is also the folder of its seeds (`Corpora/<name>`) and of its kept crashes
/// (`Regressions/<name>`), and of its dictionary (`Dictionaries/<name>.dict`).
public struct FuzzEntryPoint: Sendable {
    /// Lower case words joined by `-`, such as `mqtt-decode`.
    public let name: String
    /// Traps when a property does not hold.
    public let run: @Sendable (UnsafeRawBufferPointer) -> Void

    /// Names a function.
    public init(_ name: String, _ run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.run = run
    }

    /// Every target of this package.
    public static let all: [FuzzEntryPoint] = [
        FuzzEntryPoint("json-parse", fuzzJSONParse),
        FuzzEntryPoint("json-lookup", fuzzJSONLookup),
        FuzzEntryPoint("json-write", fuzzJSONWrite),
        FuzzEntryPoint("decimal", fuzzDecimal),
        FuzzEntryPoint("policy-document", fuzzPolicy),
        FuzzEntryPoint("policy-pattern", fuzzPolicyPattern),
        FuzzEntryPoint("age-header", FileEncryptionEntry.ageHeader),
        FuzzEntryPoint("age-armor", FileEncryptionEntry.ageArmor),
        FuzzEntryPoint("bech32", FileEncryptionEntry.bech32),
        FuzzEntryPoint("segmented-file", FileEncryptionEntry.segmentedFile),
        FuzzEntryPoint("segmented-edits", FileEncryptionEntry.segmentedEdits),
        FuzzEntryPoint("resume-state", SegmentTransferEntry.resumeState),
        .init("mqtt-decode", MQTTCodecEntry.decode),
        .init("mqtt-round-trip", MQTTCodecEntry.roundTrip),
        .init("mqtt-properties", MQTTCodecEntry.properties),
        broker,
        FuzzEntryPoint("topics-match", fuzzTopicsMatch),
        FuzzEntryPoint("topics-index", fuzzTopicsIndex),
        FuzzEntryPoint("rules-sql-parse", fuzzRulesSQLParse),
        FuzzEntryPoint("rules-sql-evaluate", fuzzRulesSQLEvaluate),
        FuzzEntryPoint("rules-sql-template", fuzzRulesSQLTemplate),
        FuzzEntryPoint("rules-sql-regex", fuzzRulesSQLRegex),
        FuzzEntryPoint("x509-certificate", fuzzCertificate),
        FuzzEntryPoint("x509-crl", fuzzRevocationList),
        FuzzEntryPoint("x509-csr", fuzzSigningRequest),
        FuzzEntryPoint("x509-pem", fuzzPEM),
        FuzzEntryPoint("x509-chain", fuzzChain),
        FuzzEntryPoint("x509-differential", fuzzCertificateDifferential),
        FuzzEntryPoint("provisioning-template", fuzzProvisioningTemplate),
        FuzzEntryPoint("cbor", fuzzCBOR),
        FuzzEntryPoint("cose", fuzzCOSE),
        FuzzEntryPoint("suit-envelope", fuzzEnvelope),
        FuzzEntryPoint("trust-documents", fuzzTrustDocuments),
        FuzzEntryPoint("chunk-tree", fuzzChunkTree),
        FuzzEntryPoint("firmware-state", fuzzResumeState),
        FuzzEntryPoint("shadow-request", fuzzShadowRequest),
    ]

    /// The target called `name`.
    public static func named(_ name: String) -> FuzzEntryPoint? { all.first { $0.name == name } }
}
