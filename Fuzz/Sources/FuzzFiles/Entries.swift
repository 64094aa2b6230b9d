public import FuzzSupport

/// The targets of this family.
public let filesEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("age-header", FileEncryptionEntry.ageHeader),
    FuzzEntryPoint("age-armor", FileEncryptionEntry.ageArmor),
    FuzzEntryPoint("bech32", FileEncryptionEntry.bech32),
    FuzzEntryPoint("segmented-file", FileEncryptionEntry.segmentedFile),
    FuzzEntryPoint("segmented-edits", FileEncryptionEntry.segmentedEdits),
    FuzzEntryPoint("http-files", HTTPFilesEntry.fields),
    FuzzEntryPoint("resume-state", SegmentTransferEntry.resumeState),
]
