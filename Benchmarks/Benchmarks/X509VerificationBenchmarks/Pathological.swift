import BenchmarkSupport
import IoTTime
import X509Verification
import X509VerificationOpenSSL

/// Inputs that are made to cost time: each must end within 50 ms, by budget.
func pathological(_ program: BenchmarkProgram) throws {
    let key = try OpenSSLPrivateKey.generate(.ec(.p256))
    try clique(program, key)
    try lookAlikes(program, key)
    try manyNames(program, key)
}

private func authority(
    _ subject: String,
    _ issuer: String,
    _ key: OpenSSLPrivateKey,
    _ signer: OpenSSLPrivateKey,
    _ serial: Int,
    _ more: [CertificateTemplate.Extension] = []
) throws -> Certificate {
    var template = CertificateTemplate(
        serialNumber: [1, UInt8(serial >> 8), UInt8(serial & 255)],
        issuer: DistinguishedName([(.commonName, issuer)]),
        subject: DistinguishedName([(.commonName, subject)]),
        notBefore: now.adding(seconds: -60),
        notAfter: now.adding(seconds: 60),
        publicKey: key.publicKey
    )
    template.extensions =
        [
            .basicConstraints(isCA: true), .keyUsage(.keyCertSign),
            .subjectKeyIdentifier([1]), .authorityKeyIdentifier([1]),
        ] + more
    return try template.sign(with: signer)
}

private func run(
    _ program: BenchmarkProgram,
    _ name: String,
    anchor: Certificate,
    leaf: Certificate,
    pool: [Certificate]
) {
    let validator = PathValidator(
        anchors: [TrustAnchor(anchor)],
        profile: .rfc5280,
        crypto: OpenSSLCrypto()
    )
    program.compare("x509/pathological " + name, count: 4, rounds: 5, bar: 50_000_000) { n in
        count(n) { !validator.validate(leaf, intermediates: pool, at: now).isAccepted }
    }
}

/// Eight CAs that all signed each other, and no way to the anchor.
private func clique(_ program: BenchmarkProgram, _ root: OpenSSLPrivateKey) throws {
    let keys = try (0..<8).map { _ in try OpenSSLPrivateKey.generate(.ec(.p256)) }
    var pool: [Certificate] = []
    for a in 0..<8 {
        for b in 0..<8 where a != b {
            pool.append(try authority("CA \(a)", "CA \(b)", keys[a], keys[b], pool.count))
        }
    }
    run(
        program,
        "clique of cross-signed CAs",
        anchor: try authority("Root", "Root", root, root, 900),
        leaf: try authority("leaf", "CA 0", keys[0], keys[0], 901),
        pool: pool
    )
}

/// Sixty issuers of one name and sixty keys, none of which signed.
private func lookAlikes(_ program: BenchmarkProgram, _ root: OpenSSLPrivateKey) throws {
    let pool = try (0..<60).map { i in
        let key = try OpenSSLPrivateKey.generate(.ec(.p256))
        return try authority("Same", "Same", key, key, i)
    }
    run(
        program,
        "sixty issuers of one name",
        anchor: try authority("Root", "Root", root, root, 900),
        leaf: try authority("leaf", "Same", root, root, 901),
        pool: pool
    )
}

/// Two thousand names against two thousand constraints.
private func manyNames(_ program: BenchmarkProgram, _ root: OpenSSLPrivateKey) throws {
    guard let constraints = ObjectIdentifier("2.5.29.30") else { return }
    let trees = (0..<1000).map { i in
        DERWriter.sequence(DERWriter.element(0x82, Array("x\(i).test".utf8)))
    }
    let value = DERWriter.sequence(DERWriter.element(0xA1, trees.flatMap { $0 }))
    let anchor = try authority(
        "Root",
        "Root",
        root,
        root,
        900,
        [.init(identifier: constraints, isCritical: true, value: value)]
    )
    let names = (0..<2000).map { GeneralName.dns("t\($0).test") }
    let leaf = try authority("leaf", "Root", root, root, 901, [.subjectAltName(names)])
    run(program, "two thousand names, a thousand constraints", anchor: anchor, leaf: leaf, pool: [])
}
