internal import CBORCodec

/// When a transfer is too slow to go on with; the state to resume from is kept.
public struct TransferPolicy: Hashable, Sendable {
    /// Bytes that must arrive in each window.
    ///
    /// Default 1 024.
    public var bytesPerWindow: UInt64 = 1_024
    /// Nanoseconds of a window.
    ///
    /// Default 30 s.
    public var window: UInt64 = 30_000_000_000
    /// Nanoseconds for all of it.
    ///
    /// Default one day.
    public var deadline: UInt64 = 86_400_000_000_000

    /// The defaults.
    public init() {}
}

/// Watches over a transfer with the caller's steady clock.
public struct TransferWatch: Hashable, Sendable {
    private let policy: TransferPolicy
    private let start: UInt64
    private var windowStart: UInt64
    private var windowBytes: UInt64 = 0

    /// Starts at a time.
    ///
    /// - Parameters:
    ///   - policy: when to give up.
    ///   - now: nanoseconds of a clock that never goes back.
    public init(_ policy: TransferPolicy = TransferPolicy(), at now: UInt64) {
        self.policy = policy
        start = now
        windowStart = now
    }

    /// Notes bytes that arrived, or (with 0) that none did.
    ///
    /// - Parameters:
    ///   - bytes: since the last call.
    ///   - now: nanoseconds.
    /// - Throws: ``FirmwareError/Violation/tooSlow``.
    public mutating func received(_ bytes: UInt64, at now: UInt64) throws(FirmwareError) {
        windowBytes = windowBytes.addingReportingOverflow(bytes).partialValue
        guard now >= start, now - start <= policy.deadline else {
            throw FirmwareError(.tooSlow)
        }
        guard now - windowStart >= policy.window else { return }
        guard windowBytes >= policy.bytesPerWindow else { throw FirmwareError(.tooSlow) }
        windowStart = now
        windowBytes = 0
    }
}

/// A payload's place relative to its server or its folder; a name that leaves it is refused.
public struct PayloadLocation: Hashable, Sendable {
    /// The parts of the path, joined by slashes.
    public let path: String

    /// Takes the path of a URI, or a relative path.
    ///
    /// - Parameter uri: `http://host/path`, `https://host/path`, or `path`.
    /// - Throws: ``FirmwareError/Violation/unsafePath``: empty parts, `.` and `..`, a backslash, a
    ///   per cent sign, controls, an absolute path, another scheme.
    public init(_ uri: String) throws(FirmwareError) {
        var rest = uri[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(of: "/") else {
                throw FirmwareError(.unsafePath)
            }
            rest = rest[rest.index(after: slash)...]
            break
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        for part in parts {
            let isPlain = part.unicodeScalars.allSatisfy {
                $0.value > 32 && $0.value != 127 && !["\\", "%", ":", "?", "#"].contains($0)
            }
            guard isPlain, !part.isEmpty, part != ".", part != ".." else {
                throw FirmwareError(.unsafePath)
            }
        }
        path = String(rest)
    }
}

/// The context that an encrypted payload is bound to: facts that do not depend on the manifest's
/// digest, because the manifest contains the ciphertext's.
public enum PayloadContext {
    /// The context as one item.
    ///
    /// `[vendor, class, component, sequence number, image digest, image size]`
    ///
    /// - Parameters:
    ///   - vendor: parameter 1.
    ///   - classIdentifier: parameter 2.
    ///   - component: where the image goes.
    ///   - sequenceNumber: the manifest's.
    ///   - imageDigest: of the plaintext.
    ///   - imageSize: of the plaintext.
    /// - Returns: one encoded array.
    public static func encoded(
        vendor: VendorIdentifier,
        classIdentifier: HardwareIdentifier,
        component: ComponentIdentifier,
        sequenceNumber: UInt64,
        imageDigest: SUITDigest,
        imageSize: UInt64
    ) -> [UInt8] {
        CBOREncoder.encode {
            $0.append(arrayCount: 6)
            switch vendor {
            case .uuid(let identifier): $0.append(byteString: identifier.bytes)
            case .privateEnterprise(let bytes):
                $0.append(tag: 112)
                $0.append(byteString: bytes)
            }
            $0.append(byteString: classIdentifier.bytes)
            component.encode(into: &$0)
            $0.append(unsigned: sequenceNumber)
            $0.append(byteString: imageDigest.bytes)
            $0.append(unsigned: imageSize)
        }
    }
}
