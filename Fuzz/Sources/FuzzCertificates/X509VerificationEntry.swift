internal import IoTTime
internal import X509Verification
internal import X509VerificationOpenSSL

// Properties of the certificate readers and of path validation over any bytes.

/// Signatures by a rule that a fuzzer can satisfy: the last octet of a signature chooses the answer, so
/// that chains of mutated parts get past the signature check.
private struct StubCrypto: CryptoProvider {
    func sha256(_ bytes: Span<UInt8>) -> [UInt8] { [UInt8](repeating: 0, count: 32) }

    func validate(_ key: SubjectPublicKey, verifies: Bool) -> KeyProblem? { nil }

    func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        algorithm: SignatureAlgorithm,
        key: SubjectPublicKey
    ) -> Bool {
        signature.count > 0 && signature[signature.count - 1] & 7 != 7
    }
}

private func copy(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { [UInt8](bytes) }

/// Reads a certificate, then everything that is decoded on demand.
public func fuzzCertificate(_ bytes: UnsafeRawBufferPointer) {
    guard let certificate = try? Certificate(der: copy(bytes)) else { return }
    exercise(certificate)
    // What is accepted here must be DER that libcrypto reads as well, apart from keys, which its parser
    // judges by the algorithms it knows.
    #if FUZZ_DIFFERENTIAL
    precondition(
        NativeParser.accepts(certificate.der),
        "accepted here, refused by libcrypto"
    )
    #endif
}

private func exercise(_ certificate: Certificate) {
    _ = certificate.subject.description
    _ = certificate.issuer.canonicalForm
    precondition(certificate.subject == certificate.subject)
    for name in certificate.alternativeNames { _ = name.description }
    _ = certificate.nameConstraints
    _ = certificate.policies
    for item in certificate.extensions { _ = item.identifier.description }
    _ = certificate.publicKey.description
    for finding in certificate.findings {
        precondition(finding.offset <= certificate.der.count)
        precondition(finding.rule.rawValue.nonzeroBitCount == 1)
    }
    precondition(
        (try? SubjectPublicKey(der: certificate.publicKey.der)) == certificate.publicKey
    )
    precondition((try? DistinguishedName(der: certificate.subject.der)) == certificate.subject)
    _ = ExpectedName.dns("a.example.com").matches(certificate)
    _ = ExpectedName.rfc822("a@example.com").matches(certificate)
    _ = CertificateFacts(certificate, crypto: StubCrypto())
}

/// Reads a revocation list and looks up its own entries.
public func fuzzRevocationList(_ bytes: UnsafeRawBufferPointer) {
    guard let list = try? CertificateRevocationList(der: copy(bytes)) else { return }
    _ = list.issuer.description
    _ = list.number
    for entry in list.entries.prefix(16) {
        precondition(list.entry(serialNumber: entry.serialNumber) != nil)
    }
}

/// Reads a request.
public func fuzzSigningRequest(_ bytes: UnsafeRawBufferPointer) {
    guard let request = try? CertificateSigningRequest(der: copy(bytes)) else { return }
    _ = request.subject.description
    for name in request.alternativeNames { _ = name.description }
    _ = request.refusal(crypto: StubCrypto())
}

/// Reads PEM; a block that is written again and read again is the same.
public func fuzzPEM(_ bytes: UnsafeRawBufferPointer) {
    let input = copy(bytes)
    guard let blocks = try? PEM.decode(input.span) else { return }
    for block in blocks {
        let again = try? PEM.decode(PEM.encode(block.der, label: block.label))
        precondition(again?.count == 1 && again?[0].der == block.der)
        precondition(again?[0].label == block.label)
    }
}

/// Validates a chain put together from the input: elements, each after two octets of length and one of
/// its role, with signatures by ``StubCrypto``.
public func fuzzChain(_ bytes: UnsafeRawBufferPointer) {
    var certificates: [Certificate] = []
    var anchors: [TrustAnchor] = []
    var lists: [CertificateRevocationList] = []
    var rest = copy(bytes)[...]
    var flags: UInt8 = 0
    while rest.count > 3, certificates.count + anchors.count + lists.count < 16 {
        let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        let role = rest[rest.startIndex + 2]
        rest = rest.dropFirst(3)
        let element = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        flags ^= role
        if role & 3 == 3 {
            if let list = try? CertificateRevocationList(der: element) { lists.append(list) }
        } else if let certificate = try? Certificate(der: element) {
            if role & 3 == 2 {
                anchors.append(TrustAnchor(certificate))
            } else {
                certificates.append(certificate)
            }
        }
    }
    guard let leaf = certificates.first else { return }
    var profile: Profile =
        switch flags >> 2 & 3 {
        case 0: .iotClient
        case 1: .rfc5280
        case 2: .webServer
        default: .pathValidationOnly
        }
    if flags & 0x10 != 0 { profile.requiresExplicitPolicy = true }
    if flags & 0x20 != 0 { profile.revocation = .required }
    let validator = PathValidator(anchors: anchors, profile: profile, crypto: StubCrypto())
    let outcome = validator.validate(
        leaf,
        intermediates: Array(certificates.dropFirst()),
        crls: CRLSet(lists),
        at: WallClock(seconds: 1_780_272_000)
    )
    check(outcome, validator)
}

/// What holds for every outcome.
private func check(_ outcome: Outcome, _ validator: PathValidator<StubCrypto>) {
    let budget = validator.budget
    precondition(outcome.work.signatureChecks <= budget.signatureChecks)
    precondition(outcome.work.nameComparisons <= budget.nameComparisons + 1)
    precondition(outcome.trace.count <= budget.traceSteps)
    _ = outcome.explain()
    guard case .success(let chain) = outcome.result else { return }
    precondition(chain.validUntil >= WallClock(seconds: 1_780_272_000))
    precondition(validator.anchors.indices.contains(chain.anchorIndex))
    for (below, above) in zip(chain.certificates, chain.certificates.dropFirst()) {
        precondition(below.issuer == above.subject)
        precondition(above.basicConstraints?.isCA == true)
    }
    precondition(chain.certificates.last?.issuer == chain.anchor.name)
}
