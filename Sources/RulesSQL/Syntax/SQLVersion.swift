/// The version of the rules language a statement is written in.
///
/// A rule created without a version is a `2015-10-08` rule; the console has always set
/// `2016-03-23`.
public enum SQLVersion: String, Hashable, Sendable, CaseIterable {
    /// The first language: no literals for arrays and objects, no nested queries.
    case v2015 = "2015-10-08"
    /// Array and object literals, nested queries, whole decimals are integers.
    case v2016 = "2016-03-23"
    /// Like ``v2016``; `sql_version()` reports `beta`.
    case beta = "beta"

    /// Whether the constructs that came with `2016-03-23` exist.
    public var hasNestedQueries: Bool { self != .v2015 }
}
