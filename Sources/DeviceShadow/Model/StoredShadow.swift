public import IoTTime

/// What a store keeps of one shadow.
public enum StoredShadow: Hashable, Sendable {
    /// There is none, and none is remembered.
    case absent
    /// There is one.
    case live(Shadow)
    /// There was one. Until `expires` a new one goes on from `version`, so that a device does not
    /// take its first messages for old ones.
    case tombstone(version: UInt64, expires: WallClock)

    /// The shadow, where there is one.
    public var shadow: Shadow? { if case .live(let shadow) = self { shadow } else { nil } }

    /// The version that the next accepted update goes on from.
    func base(at now: WallClock) -> UInt64 {
        switch self {
        case .absent: 0
        case .live(let shadow): shadow.version
        case .tombstone(let version, let expires): now > expires ? 0 : version
        }
    }

    /// Whether nothing needs to be kept any more.
    public func isForgotten(at now: WallClock) -> Bool {
        switch self {
        case .absent: true
        case .live: false
        case .tombstone(_, let expires): now > expires
        }
    }
}

/// Bytes that are no stored shadow.
public struct ShadowStorageError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The first byte names no format that this version knows.
        case unknownFormat(UInt8)
        /// A version of 0, or above 2^63 - 1.
        case invalidVersion
        /// The bytes break the format.
        case malformed
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start to the part that is wrong.
    public let offset: Int

    /// A violation and where it is.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

extension StoredShadow {
    private static let liveFormat: UInt8 = 0x11
    private static let tombstoneFormat: UInt8 = 0x12

    /// The bytes to keep in a file, a database or another engine; empty for ``absent``.
    ///
    /// The format is described in Docs/Formats/stored-shadow.md.
    public var serialized: [UInt8] {
        switch self {
        case .absent: return []
        case .live(let shadow):
            var builder = ByteBuilder(capacity: shadow.bytes.count + 9)
            builder.append(Self.liveFormat)
            builder.appendLittleEndian(shadow.version, length: 8)
            builder.append(shadow.bytes.span)
            return builder.array()
        case .tombstone(let version, let expires):
            var builder = ByteBuilder(capacity: 17)
            builder.append(Self.tombstoneFormat)
            builder.appendLittleEndian(version, length: 8)
            builder.appendLittleEndian(UInt64(bitPattern: expires.milliseconds), length: 8)
            return builder.array()
        }
    }

    /// Reads what ``serialized`` gave.
    ///
    /// The bytes are checked whole: none of them can make the engine trap or write anything but JSON.
    /// - Throws: ``ShadowStorageError``.
    /// - Complexity: O(*n* log *n*).
    public init(serialized: Span<UInt8>) throws(ShadowStorageError) {
        guard !serialized.isEmpty else {
            self = .absent
            return
        }
        let format = serialized[0]
        guard format == Self.liveFormat || format == Self.tombstoneFormat else {
            throw ShadowStorageError(.unknownFormat(format), at: 0)
        }
        guard serialized.count >= 9 else { throw ShadowStorageError(.malformed, at: 1) }
        let version = serialized.littleEndian(at: 1)
        guard version > 0, version <= UInt64(Int64.max) else {
            throw ShadowStorageError(.invalidVersion, at: 1)
        }
        if format == Self.tombstoneFormat {
            guard serialized.count == 17 else { throw ShadowStorageError(.malformed, at: 9) }
            let expires = Int64(bitPattern: serialized.littleEndian(at: 9))
            self = .tombstone(version: version, expires: WallClock(milliseconds: expires))
            return
        }
        let packed = serialized.extracting(9..<serialized.count)
        self = .live(try Shadow(checking: packed, version: version))
    }
}

extension Shadow {
    /// Checks packed bytes, and marks the delta again.
    init(checking packed: Span<UInt8>, version: UInt64) throws(ShadowStorageError) {
        var check = PackedCheck(maximumDepth: ShadowLimits.highestDepth)
        guard let middle = check.object(at: 0, in: packed) else {
            throw ShadowStorageError(.malformed, at: 9)
        }
        guard let end = check.object(at: middle, in: packed), end == packed.count else {
            throw ShadowStorageError(.malformed, at: 9 + middle)
        }
        var builder = ByteBuilder(capacity: packed.count)
        builder.append(packed)
        PackedDelta.markAll(0, middle, in: &builder)
        var length = 0
        for offset in [0, middle] where !packed.node(at: offset).isEmpty {
            length += packed.textLength(packed.node(at: offset))
        }
        self.init(bytes: builder.array(), version: version, stateLength: length)
    }
}

extension Span<UInt8> {
    /// A number of eight bytes, the lowest one first.
    fileprivate func littleEndian(at offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for k in 0..<8 { value |= UInt64(self[offset + k]) << UInt64(8 * k) }
        return value
    }
}
