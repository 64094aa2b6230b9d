public import FuzzSupport

/// The targets of this family.
public let registrationEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("provisioning-template", fuzzProvisioningTemplate)
]
