public import FuzzSupport

/// The targets of this family.
public let topicsEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("topics-match", fuzzTopicsMatch),
    FuzzEntryPoint("topics-index", fuzzTopicsIndex),
]
