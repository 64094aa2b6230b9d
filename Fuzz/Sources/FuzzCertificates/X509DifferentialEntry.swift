internal import IoTTime
internal import X509Verification
internal import X509VerificationOpenSSL

/// Reads a certificate with both parsers; where both accept, they must have read the same.
///
/// The input is one certificate, or several as in `x509-chain`: elements after two octets of length and
/// one that is not looked at.
public func fuzzCertificateDifferential(_ bytes: UnsafeRawBufferPointer) {
    let input = [UInt8](bytes)
    if input.first == 0x30 {
        compare(input)
        return
    }
    var rest = input[...]
    var count = 0
    while rest.count > 3, count < 4 {
        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        rest = rest.dropFirst(3)
        compare(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
        count += 1
    }
}

private func compare(_ der: [UInt8]) {
    guard let ours = try? Certificate(der: der), let theirs = NativeParser.read(der) else { return }
    precondition(theirs.version == ours.version, "version")
    precondition(theirs.serialNumber == ours.serialNumber, "serial number")
    precondition(theirs.issuer == ours.issuer.der, "issuer")
    precondition(theirs.subject == ours.subject.der, "subject")
    switch ours.publicKey.algorithm {
    case .malformed, .unsupported:
        // Refused as a key; libcrypto rewrites parameters that it does not know.
        break
    default: precondition(theirs.publicKey == ours.publicKey.der, "public key")
    }
    precondition(theirs.notBefore == ours.notBefore.seconds, "notBefore")
    precondition(theirs.notAfter == ours.notAfter.seconds, "notAfter")
    precondition(theirs.extensions.count == ours.extensions.count, "extensions")
    for (theirs, ours) in zip(theirs.extensions, ours.extensions) {
        precondition(theirs.isCritical == ours.isCritical, "critical")
        precondition(theirs.value == ours.value, "extension value")
    }
    let signature = ours.withSignature { span in span.indices.map { span[$0] } }
    precondition(theirs.signature == signature, "signature")
}
