import FirmwareManifest

/// Says that every digest is zero and that signatures with an odd first byte are right, so that the
/// fuzzer gets past both.
private struct StubCryptography: FirmwareCryptography {
    struct Zero: RunningSHA256 {
        mutating func update(_ bytes: Span<UInt8>) {}
        mutating func finish() -> SUITDigest { SUITDigest(bigEndianWords: 0, 0, 0, 0) }
    }
    func makeSHA256() -> Zero { Zero() }
    func sha256(_ bytes: Span<UInt8>) -> SUITDigest { SUITDigest(bigEndianWords: 0, 0, 0, 0) }
    func verify(_ signature: Span<UInt8>, over message: Span<UInt8>, by key: PinnedKey) -> Bool {
        signature[0] & 1 == 1
    }
}

/// A small hash that mixes, for properties about which bytes pass.
private struct MixingCryptography: FirmwareCryptography {
    struct Mix: RunningSHA256 {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        var count: UInt64 = 0
        mutating func update(_ bytes: Span<UInt8>) {
            for i in bytes.indices {
                state = (state ^ UInt64(bytes[i])) &* 0x0000_0100_0000_01B3
                state ^= state >> 29
            }
            count &+= UInt64(bytes.count)
        }
        mutating func finish() -> SUITDigest {
            let result = SUITDigest(
                bigEndianWords: state,
                state &* 0x9E37_79B9_7F4A_7C15,
                count,
                ~state
            )
            self = Mix()
            return result
        }
    }
    func makeSHA256() -> Mix { Mix() }
    func sha256(_ bytes: Span<UInt8>) -> SUITDigest {
        var mix = Mix()
        mix.update(bytes)
        return mix.finish()
    }
    func verify(_ signature: Span<UInt8>, over message: Span<UInt8>, by key: PinnedKey) -> Bool {
        true
    }
}

private let stub = StubCryptography()

private func key(_ byte: UInt8) -> PinnedKey {
    guard let key = try? PinnedKey(.ed25519, bytes: [UInt8](repeating: byte, count: 32)) else {
        preconditionFailure("a constant key")
    }
    return key
}

private let vendor = HardwareIdentifier([UInt8](repeating: 1, count: 16))
private let zero = SUITDigest(bigEndianWords: 0, 0, 0, 0)

private let state: DeviceState = {
    guard let one = try? RoleKeys(threshold: 1, keys: [key(1), key(2)]) else {
        preconditionFailure("constant keys")
    }
    let header = TrustDocumentHeader(
        version: 1,
        environment: "f",
        issued: FirmwareTime(seconds: 1),
        expires: FirmwareTime(seconds: 1 << 40)
    )
    let author = TrustRoot.author(header, roles: [.root: one, .release: one, .manifest: one])
    guard let root = try? TrustRoot(provisioned: author.encoded()) else {
        preconditionFailure("a constant root")
    }
    return DeviceState(root: root)
}()

private let device: DeviceDescription = {
    guard let vendor else { preconditionFailure("a constant identifier") }
    return DeviceDescription(
        vendor: .uuid(vendor),
        classIdentifier: vendor,
        device: vendor,
        components: [
            DeviceComponent(ComponentIdentifier([[0]]), capacity: 1 << 20),
            DeviceComponent(ComponentIdentifier([[1]]), capacity: 1 << 20, isRunning: true),
        ]
    )
}()

/// Headers and signature structures.
func fuzzCOSE(_ input: UnsafeRawBufferPointer) {
    let bytes = [UInt8](input)
    do throws(FirmwareError) {
        let signatures = try COSESignature.read(bytes.span)
        precondition((1...16).contains(signatures.count))
        for signature in signatures {
            precondition(signature.signature.count <= 512 && signature.offset < bytes.count)
            let message = signature.toBeSigned(payload: bytes.span)
            precondition(message.count > bytes.count + signature.protected.count)
        }
    } catch {
        precondition((0...bytes.count).contains(error.offset ?? 0))
        _ = error.code
    }
}

/// What parses is written again as the same bytes; what verifies stays within its limits.
func fuzzEnvelope(_ input: UnsafeRawBufferPointer) {
    let bytes = [UInt8](input)
    guard let envelope = try? Envelope(bytes) else { return }
    if let again = try? envelope.encodedAgain() {
        precondition(again == bytes)
    }
    var policy = VerificationPolicy()
    policy.requiresReleaseSet = false
    policy.requiresImageSize = false
    guard
        let verified = try? envelope.verified(
            for: device,
            state: state,
            policy: policy,
            using: stub
        )
    else { return }
    precondition(!verified.signers.isEmpty)
    precondition(verified.installPlan.steps.count + verified.bootPlan.steps.count <= 4 * 2_048)
    for payload in verified.installPlan.payloads {
        precondition(payload.component == ComponentIdentifier([[0]]))
        precondition(payload.imageSize ?? 0 <= 1 << 20)
    }
}

/// Roots, release sets and delegations from one input each.
func fuzzTrustDocuments(_ input: UnsafeRawBufferPointer) {
    guard let kind = input.first else { return }
    let bytes = [UInt8](input.dropFirst())
    switch kind % 3 {
    case 0:
        guard let root = try? TrustRoot(provisioned: bytes) else { return }
        precondition(root.bytes == bytes && root.roles.count == 3)
        for role in root.roles.values {
            precondition(role.threshold >= 1 && role.threshold <= role.keys.count)
        }
        if let next = try? state.applyingRoot(bytes, using: stub) {
            precondition(next.root.version == 2 && next.revision == state.revision + 1)
            precondition((try? next.applyingRoot(bytes, using: stub)) == next)
        }
    case 1:
        guard let set = try? VerifiedReleaseSet(bytes, for: state, at: nil, using: stub) else {
            return
        }
        precondition(set.releaseSet.header.environment == "f" && !set.releaseSet.entries.isEmpty)
    default:
        _ = try? VerifiedDelegations([bytes], for: state, at: nil, using: stub)
    }
}

/// A payload under a chunk tree: whatever is fed, only the signed bytes ever count as verified.
///
/// Input: size, resume place, a place to damage in the nodes, one in the payload, piece length, payload.
func fuzzChunkTree(_ input: UnsafeRawBufferPointer) {
    guard input.count >= 6 else { return }
    let crypto = MixingCryptography()
    var payload = [UInt8](input.dropFirst(6))
    // Stretched, so that short inputs reach several chunks.
    let stretch = Int(input[0]) * 16
    if !payload.isEmpty { payload = (0..<stretch).map { payload[$0 % payload.count] } }
    guard var builder = try? ChunkTreeBuilder(chunkSize: 256, using: crypto) else {
        preconditionFailure("a constant chunk size")
    }
    builder.update(payload.span)
    guard let (root, nodes) = try? builder.finish() else {
        preconditionFailure("a tree of a valid chunk size")
    }
    let tree = ChunkTree(payloadSize: UInt64(payload.count), chunkSize: 256)
    precondition(UInt64(nodes.count) == tree.nodeCount * 64)
    guard
        var verifier = try? ChunkTreeVerifier(
            root: root,
            payloadSize: UInt64(payload.count),
            firstChunk: UInt64(input[1] % 20),
            using: crypto
        )
    else { return }
    var damaged = nodes
    if !damaged.isEmpty, input[2] > 0 { damaged[Int(input[2]) * 7 % damaged.count] ^= 1 }
    var fed = payload
    if !fed.isEmpty, input[3] > 0 { fed[Int(input[3]) * 11 % fed.count] ^= 0x40 }
    let piece = Int(input[4]) + 1
    var steps = 0
    do throws(FirmwareError) {
        while true {
            steps += 1
            precondition(steps < 100_000)
            switch verifier.need {
            case .node(let index):
                precondition(index < tree.nodeCount)
                let at = Int(index) * 64
                try verifier.supply(node: damaged.span.extracting(at..<at + 64))
            case .bytes(let count):
                let at = Int(verifier.offset)
                let take = min(piece, Int(count) + Int(input[5] & 3), fed.count - at)
                precondition(take > 0)
                let taken = try verifier.update(fed.span.extracting(at..<at + take))
                precondition(taken > 0 && taken <= take)
            case .nothing:
                try verifier.finish()
                let start = Int(min(UInt64(payload.count), UInt64(input[1] % 20) * 256))
                precondition(fed[min(start, fed.count)...] == payload[min(start, payload.count)...])
                return
            }
        }
    } catch {
        let isExpected = input[2] > 0 || input[3] > 0 || input[5] & 3 > 0
        precondition(isExpected, "an undamaged payload was refused")
    }
}

/// Stored states: what decodes is written again as the same bytes, and events never trap.
func fuzzResumeState(_ input: UnsafeRawBufferPointer) {
    guard let kind = input.first else { return }
    let bytes = [UInt8](input.dropFirst())
    if kind & 1 == 0 {
        guard let resume = try? ResumeState(bytes.span) else { return }
        precondition(resume.encoded == bytes)
        _ = resume.verifiedBytes
        return
    }
    guard let state = try? DeviceState(bytes, using: stub) else { return }
    // Order in the file is the writer's; after one round it is stable.
    let encoded = state.encoded(using: stub)
    guard let again = try? DeviceState(encoded, using: stub) else {
        preconditionFailure("a written state was not read")
    }
    precondition(again == state && again.encoded(using: stub) == encoded)
    let booted = state.booting()
    precondition(booted.slot == state.slot || booted.slot == state.installation?.target)
    precondition(booted.state.accepted == state.accepted)
    for event in [
        InstallEvent.staged([]), .trial, .confirmed(running: .a), .confirmed(running: .b),
        .failed(.cancelled),
    ] {
        guard let next = try? state.applying(event) else { continue }
        precondition((try? next.applying(event)) == next)
        precondition(next.securityCounter >= state.securityCounter)
        precondition(next.timeFloor >= state.timeFloor)
    }
}
