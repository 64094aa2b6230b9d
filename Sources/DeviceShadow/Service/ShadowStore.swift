/// Says which content of a store a caller has seen; a store gives each stored value its own.
///
/// Not the shadow's version: a deletion and a new start have revisions too.
public struct ShadowRevision: RawRepresentable, Hashable, Sendable {
    /// The store's number.
    public let rawValue: UInt64

    /// A revision.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The revision of what is not there.
    public static var absent: ShadowRevision { ShadowRevision(rawValue: 0) }
}

/// A store that could not do what it was asked for.
public struct ShadowStoreFailure: Error, Hashable, Sendable {
    /// What went wrong, for an operator; never sent to a client.
    public let reason: String

    /// A failure.
    public init(_ reason: String) { self.reason = reason }
}

/// Keeps shadows; the one thing that several writers share.
///
/// A write names the revision that it was computed from and fails where that is no longer the
/// current one. Nothing else is asked of a store, so that any engine with compare-and-set can be one.
public protocol ShadowStore: Sendable {
    /// Reads a shadow and its revision.
    func load(
        _ key: ShadowKey
    ) async throws(ShadowStoreFailure) -> (shadow: StoredShadow, revision: ShadowRevision)

    /// Replaces a shadow, if its revision still is `revision`.
    ///
    /// - Returns: whether it was replaced. What was stored lasts as long as the store promises before
    ///   this returns.
    func store(
        _ shadow: StoredShadow,
        for key: ShadowKey,
        ifRevision revision: ShadowRevision
    ) async throws(ShadowStoreFailure) -> Bool

    /// Names of a thing's live named shadows in the order of their bytes.
    ///
    /// - Parameters:
    ///   - thing: whose shadows.
    ///   - name: only names behind this one; `nil` starts with the first.
    ///   - limit: names at most.
    /// - Returns: fewer than `limit` names only where there are no more.
    /// - Throws: ``ShadowStoreFailure`` where the store could not read.
    func names(
        of thing: String,
        after name: String?,
        limit: Int
    ) async throws(ShadowStoreFailure) -> [String]
}
