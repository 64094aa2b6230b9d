public import FileEncryption
internal import SegmentTransfer

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// `file resume`: fetches a segmented file, and goes on where an interrupted run stopped.
///
/// The unfinished file is `OUTPUT.part`, its state `OUTPUT.part.state` (`….new` while it is written);
/// all vanish when the file is whole. Without a key only a sealed file can be fetched: its root is checked at the end.
public struct FileResumption: Sendable {
    /// Where the file shall appear.
    public var output: String
    /// Key files, to check each segment when it arrives.
    public var identityFiles: [String] = []
    /// For key files with a passphrase.
    public var passphrase: PassphraseSource?
    /// The context the file must belong to, where keys are given.
    public var context: FileContext?
    /// After how many segments the data is synced.
    public var segmentsPerSave = 64
    /// Shows a bar on a terminal.
    public var showsProgress = true

    /// Fetches into `output`.
    public init(output: String) { self.output = output }

    private var partPath: String { output + ".part" }
    private var statePath: String { output + ".part.state" }
    /// Where a new state stands until it replaces the old one.
    private var stagedStatePath: String { output + ".part.state.new" }

    /// Fetches what is missing.
    ///
    /// - Returns: how many segments came from an earlier run.
    /// - Throws: ``FileToolError``; what was fetched stays for the next run.
    @discardableResult
    public func run(_ source: inout some RangeSource) throws(FileToolError) -> UInt64 {
        guard unsafe access(output, F_OK) != 0 else {
            throw FileToolError(.exists, "\(output) exists: not overwritten")
        }
        let offer = try discover(&source)
        let authenticator = try makeAuthenticator(offer)
        var receiver: SegmentReceiver<SodiumSegmentHash, KeyedAuthenticator>
        do throws(TransferError) {
            receiver = try SegmentReceiver(
                offer,
                resuming: try? readState(),
                hash: SodiumSegmentHash(),
                authenticator: authenticator,
                segmentsPerSave: segmentsPerSave
            )
        } catch { throw refuse(error) }
        let resumed = receiver.receivedSegments
        let part = unsafe open(partPath, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard part >= 0 else {
            throw FileToolError(.system, "cannot open \(partPath): \(describe(errno))")
        }
        defer { close(part) }
        guard ftruncate(part, off_t(offer.layout.fileLength)) == 0 else {
            throw FileToolError(.system, "cannot size \(partPath): \(describe(errno))")
        }
        try drive(&receiver, &source, part)
        return resumed
    }

    private func drive(
        _ receiver: inout SegmentReceiver<SodiumSegmentHash, KeyedAuthenticator>,
        _ source: inout some RangeSource,
        _ part: Int32
    ) throws(FileToolError) {
        let layout = receiver.offer.layout
        let bar = ProgressBar(total: receiver.segmentCount, isWanted: showsProgress)
        let file: DescriptorIO
        do { file = try DescriptorIO(part) } catch { throw failed("open", error) }
        while true {
            guard let output = receiver.nextOutput() else {
                if receiver.isComplete { return bar.finish() }
                if let failure = receiver.failure { throw refuse(failure) }
                receiver.requestMissing()
                continue
            }
            switch output {
            case .write(let bytes, let offset):
                do { try file.write(bytes.span, at: offset) } catch { throw failed("write", error) }
            case .request(let request):
                for range in RangeBody.ranges(for: request, in: layout) {
                    for part in Self.parts(of: range, in: layout) {
                        try fetch(part, &receiver, &source, file)
                        bar.update(receiver.receivedSegments)
                    }
                }
            case .synchronize:
                guard fdatasync(part) == 0 else {
                    throw FileToolError(.system, "cannot sync: \(describe(errno))")
                }
                receiver.didSynchronize()
            case .saveState(let state): try save(state)
            case .readBack(let index, let range):
                var failure: SystemFailure?
                let count = Int(range.upperBound - range.lowerBound)
                let bytes = [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) in
                    do throws(SystemFailure) {
                        try file.read(at: range.lowerBound, count: count, into: &output)
                    } catch { failure = error }
                }
                if let failure { throw failed("read", failure) }
                do { try receiver.check(bytes.span, segment: index) } catch { throw refuse(error) }
            case .install: try install(part)
            }
        }
    }

    /// Whole segments of about 256 KiB: what an interruption costs, and what is held in memory.
    private static func parts(
        of range: Range<UInt64>,
        in layout: SegmentLayout
    ) -> [Range<UInt64>] {
        let segment = UInt64(layout.segmentSize)
        let step = max(1, 262_144 / segment) * segment
        return stride(from: range.lowerBound, to: range.upperBound, by: Int(step)).map {
            $0..<min($0 + step, range.upperBound)
        }
    }

    private func fetch(
        _ range: Range<UInt64>,
        _ receiver: inout SegmentReceiver<SodiumSegmentHash, KeyedAuthenticator>,
        _ source: inout some RangeSource,
        _ file: DescriptorIO
    ) throws(FileToolError) {
        let answer = try source.read(range)
        guard
            answer.length == receiver.offer.layout.fileLength,
            UInt64(answer.bytes.count) == range.upperBound - range.lowerBound
        else { throw FileToolError(.refused, "the source changed during the transfer") }
        var failure: SystemFailure?
        do throws(TransferError) {
            var body = try RangeBody(range, in: receiver.offer.layout)
            try body.receive(answer.bytes.span) { (index, segment) throws(TransferError) in
                guard let offset = try receiver.receive(segment, segment: index) else { return }
                do throws(SystemFailure) { try file.write(segment, at: offset) } catch {
                    failure = error
                }
            }
        } catch { throw refuse(error) }
        if let failure { throw failed("write", failure) }
    }

    private func discover(_ source: inout some RangeSource) throws(FileToolError) -> TransferOffer {
        var discovery = OfferDiscovery()
        while let range = discovery.nextRange {
            let answer = try source.read(range)
            do { try discovery.receive(answer.bytes, of: answer.length) } catch {
                throw refuse(error)
            }
        }
        guard let offer = discovery.offer else {
            throw FileToolError(.refused, "the source offers no segmented file")
        }
        return offer
    }

    private func makeAuthenticator(
        _ offer: TransferOffer
    ) throws(FileToolError) -> KeyedAuthenticator? {
        guard !identityFiles.isEmpty else { return nil }
        let identities = try readIdentities(identityFiles, passphrase: passphrase)
        do throws(DecryptionError) {
            let verifier = try SegmentVerifier(
                header: offer.header.span,
                identities: identities,
                policy: DecryptionPolicy(context: context)
            )
            if !offer.seal.isEmpty { try verifier.checkSeal(offer.seal) }
            return KeyedAuthenticator(verifier)
        } catch { throw explain(error) }
    }

    private func readState() throws(FileToolError) -> [UInt8] {
        let bytes = try readSecretFile(statePath, limit: 2_097_152)
        return bytes.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    }

    private func save(_ state: [UInt8]) throws(FileToolError) {
        let file = try AtomicOutput(
            statePath,
            mode: 0o600,
            replaces: true,
            staging: stagedStatePath
        )
        do throws(SystemFailure) {
            let io = try DescriptorIO(file.descriptor)
            try io.write(state.span, at: 0)
        } catch { throw failed("write", error) }
        try file.commit()
    }

    private func install(_ part: Int32) throws(FileToolError) {
        guard fsync(part) == 0 else {
            throw FileToolError(.system, "cannot sync: \(describe(errno))")
        }
        // link refuses an existing name, rename would not.
        guard unsafe link(partPath, output) == 0 else {
            throw FileToolError(
                errno == EEXIST ? .exists : .system,
                "cannot create \(output): \(describe(errno))"
            )
        }
        unsafe _ = unlink(partPath)
        unsafe _ = unlink(statePath)
        unsafe _ = unlink(stagedStatePath)
        let folder = output.utf8.lastIndex(of: 0x2F).map { String(output[...$0]) } ?? "."
        syncFolder(folder)
    }

    private func failed(_ what: String, _ error: SystemFailure) -> FileToolError {
        FileToolError(.system, "\(what) failed: \(describe(error.code))")
    }

    private func refuse(_ error: TransferError) -> FileToolError {
        FileToolError(.refused, "transfer refused: \(error.violation) at \(error.offset)")
    }
}
