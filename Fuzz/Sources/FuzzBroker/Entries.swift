public import FuzzSupport

/// The targets of this family.
public let brokerEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("broker", fuzzBroker)
]
