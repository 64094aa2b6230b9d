public import FuzzSupport

/// The targets of this family.
public let policyEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("policy-document", fuzzPolicy),
    FuzzEntryPoint("policy-pattern", fuzzPolicyPattern),
]
