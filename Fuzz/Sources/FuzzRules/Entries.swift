public import FuzzSupport

/// The targets of this family.
public let rulesEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("rules-sql-parse", fuzzRulesSQLParse),
    FuzzEntryPoint("rules-sql-evaluate", fuzzRulesSQLEvaluate),
    FuzzEntryPoint("rules-sql-template", fuzzRulesSQLTemplate),
    FuzzEntryPoint("rules-sql-regex", fuzzRulesSQLRegex),
]
