public import FuzzSupport

/// The targets of this family.
public let shadowEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("shadow-request", fuzzShadowRequest)
]
