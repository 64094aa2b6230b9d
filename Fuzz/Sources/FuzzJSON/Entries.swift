public import FuzzSupport

/// The targets of this family.
public let jsonEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("json-parse", fuzzJSONParse),
    FuzzEntryPoint("json-lookup", fuzzJSONLookup),
    FuzzEntryPoint("json-write", fuzzJSONWrite),
    FuzzEntryPoint("decimal", fuzzDecimal),
]
