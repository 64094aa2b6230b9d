public import FuzzSupport

/// The targets of this family.
public let firmwareEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("cbor", fuzzCBOR),
    FuzzEntryPoint("cose", fuzzCOSE),
    FuzzEntryPoint("suit-envelope", fuzzEnvelope),
    FuzzEntryPoint("trust-documents", fuzzTrustDocuments),
    FuzzEntryPoint("chunk-tree", fuzzChunkTree),
    FuzzEntryPoint("firmware-state", fuzzResumeState),
]
