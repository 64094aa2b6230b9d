internal import IoTTime
public import X509Verification
internal import X509VerificationOpenSSL

/// What `cert inspect` prints: every field of a certificate, and the rules it breaks.
///
/// Reports hold public facts only; control characters in names are replaced.
public struct CertificateReport: Sendable {
    /// The certificate that is reported on.
    public let certificate: Certificate
    /// Its id, digest, names and serial number.
    public let facts: CertificateFacts

    /// Gathers a report.
    public init(_ certificate: Certificate) {
        self.certificate = certificate
        facts = CertificateFacts(certificate, crypto: OpenSSLCrypto(cachedKeys: 0))
    }

    /// The report in lines for people.
    public var text: String {
        var lines = [
            "id          \(facts.id)",
            "version     \(certificate.version)",
            "serial      \(facts.serialNumber)",
            "subject     \(Self.name(certificate.subject))",
            "issuer      \(Self.name(certificate.issuer))",
            "valid from  \(certificate.notBefore.rfc3339() ?? "?")",
            "valid until \(certificate.notAfter.rfc3339() ?? "?")",
            "key         \(certificate.publicKey)",
            "signature   \(certificate.signatureAlgorithm)",
        ]
        if let basic = certificate.basicConstraints {
            let length = basic.pathLength.map { ", path length \($0)" } ?? ""
            lines.append("ca          \(basic.isCA ? "yes" + length : "no")")
        }
        if let usage = certificate.keyUsage { lines.append("key usage   \(usage)") }
        if let purposes = certificate.extendedKeyUsage { lines.append("purposes    \(purposes)") }
        for name in certificate.alternativeNames { lines.append("alt name    \(name)") }
        for item in certificate.extensions {
            let mark = item.isCritical ? " critical" : ""
            lines.append("extension   \(item.identifier)\(mark), \(item.value.count) bytes")
        }
        for finding in relevantFindings {
            lines.append(
                "finding     byte \(finding.offset): \(finding.rule.summary) "
                    + "(\(finding.rule.clause))"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The findings of RFC 5280; those of the web's rules alone would only distract.
    private var relevantFindings: [Finding] {
        certificate.findings.filter { ConformanceRules.rfc5280.contains($0.rule) }
    }

    private static func name(_ name: DistinguishedName) -> String {
        name.isEmpty ? "(empty)" : name.description
    }
}
