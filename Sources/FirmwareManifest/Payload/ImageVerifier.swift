/// An image that was read back from where it was written, and is the signed one.
public struct VerifiedImage: Hashable, Sendable {
    /// Its component.
    public let component: ComponentIdentifier
    /// The manifest that names it.
    public let manifestDigest: SUITDigest
    /// Its digest.
    public let imageDigest: SUITDigest
}

/// Verifies an image as it is installed: what is read back from the slot, or what a decoder writes.
///
/// It refuses the first byte beyond the signed size, so that nothing a decoder does can fill a slot.
public struct ImageVerifier<Crypto: FirmwareCryptography>: ~Copyable {
    private let component: ComponentIdentifier
    private let manifestDigest: SUITDigest
    private let imageDigest: SUITDigest
    private let size: UInt64?
    private let limit: UInt64
    private var running: Crypto.SHA256
    private var count: UInt64 = 0

    /// Starts with nothing.
    ///
    /// - Parameters:
    ///   - manifest: names the image.
    ///   - component: which one.
    ///   - crypto: hashes.
    /// - Throws: ``FirmwareError/Violation/unknownComponent(_:)``.
    public init(
        _ manifest: VerifiedManifest,
        component: ComponentIdentifier,
        using crypto: Crypto
    ) throws(FirmwareError) {
        guard let payload = manifest.payload(component) else {
            throw FirmwareError(.unknownComponent(component))
        }
        self.init(payload, manifest.digest, crypto)
    }

    init(_ payload: PlannedPayload, _ manifestDigest: SUITDigest, _ crypto: Crypto) {
        component = payload.component
        self.manifestDigest = manifestDigest
        imageDigest = payload.imageDigest
        size = payload.imageSize
        limit = payload.imageSize ?? payload.capacity
        running = crypto.makeSHA256()
    }

    /// Takes more of the image.
    ///
    /// - Parameter bytes: any number.
    /// - Throws: ``FirmwareError/Violation/payloadSize(expected:found:)`` for a byte too many.
    public mutating func update(_ bytes: Span<UInt8>) throws(FirmwareError) {
        let (total, overflow) = count.addingReportingOverflow(UInt64(bytes.count))
        guard !overflow, total <= limit else {
            throw FirmwareError(.payloadSize(expected: limit, found: total))
        }
        running.update(bytes)
        count = total
    }

    /// Demands that the image is whole and the signed one.
    ///
    /// - Returns: what the installation takes.
    /// - Throws: ``FirmwareError/Violation/payloadSize(expected:found:)``,
    ///   ``FirmwareError/Violation/payloadDigestMismatch(chunk:)``.
    public consuming func finish() throws(FirmwareError) -> VerifiedImage {
        if let size, size != count {
            throw FirmwareError(.payloadSize(expected: size, found: count))
        }
        guard running.finish() == imageDigest else {
            throw FirmwareError(.payloadDigestMismatch(chunk: nil))
        }
        return VerifiedImage(
            component: component,
            manifestDigest: manifestDigest,
            imageDigest: imageDigest
        )
    }
}

/// Turns what is transported into the image: a patch applied to its base, a decompressor.
public protocol PayloadDecoder {
    /// Takes input and emits what it can.
    ///
    /// - Parameters:
    ///   - input: verified bytes, in order.
    ///   - emit: takes output; what it throws must be passed on.
    /// - Throws: ``FirmwareError`` where the input cannot be decoded.
    mutating func decode(
        _ input: Span<UInt8>,
        emit: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError)
    /// Emits what is left after the last input.
    mutating func finish(
        emit: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError)
}

/// Runs a decoder, never further than the signed size of the image.
public struct DecodedImage<Decoder: PayloadDecoder>: ~Copyable {
    private var decoder: Decoder
    private var remaining: UInt64

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - payload: names the image's size; without one the slot's capacity is the limit.
    ///   - base: the base, checked before the first byte of the delta is applied.
    ///   - decoder: applies it.
    /// - Throws: ``FirmwareError/Violation/baseMismatch``.
    public init(
        _ payload: PlannedPayload,
        base: VerifiedBase?,
        decoder: Decoder
    ) throws(FirmwareError) {
        guard payload.baseDigest == base?.digest else { throw FirmwareError(.baseMismatch) }
        self.decoder = decoder
        remaining = payload.imageSize ?? payload.capacity
    }

    /// Decodes more input.
    ///
    /// - Parameters:
    ///   - input: verified bytes, in order.
    ///   - sink: takes the image's bytes.
    /// - Throws: ``FirmwareError/Violation/payloadSize(expected:found:)`` before a byte too many is
    ///   handed out; whatever the decoder and the sink throw.
    public mutating func update(
        _ input: Span<UInt8>,
        to sink: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError) {
        var left = remaining
        try decoder.decode(input) { output throws(FirmwareError) in
            try Self.pass(output, &left, sink)
        }
        remaining = left
    }

    /// Decodes what is left.
    ///
    /// - Parameter sink: takes the image's bytes.
    /// - Throws: as ``update(_:to:)``.
    public mutating func finish(
        to sink: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError) {
        var left = remaining
        try decoder.finish { output throws(FirmwareError) in
            try Self.pass(output, &left, sink)
        }
        remaining = left
    }

    private static func pass(
        _ output: Span<UInt8>,
        _ left: inout UInt64,
        _ sink: (Span<UInt8>) throws(FirmwareError) -> Void
    ) throws(FirmwareError) {
        guard UInt64(output.count) <= left else {
            throw FirmwareError(.payloadSize(expected: left, found: UInt64(output.count)))
        }
        left -= UInt64(output.count)
        try sink(output)
    }
}
