internal import IoTCOpenSSL

/// libcrypto's own certificate parser, as a second opinion for differential tests.
public enum NativeParser {
    /// What libcrypto read in a certificate.
    public struct Reading: Hashable, Sendable {
        /// One extension.
        public struct Extension: Hashable, Sendable {
            /// Whether it is critical.
            public let isCritical: Bool
            /// The content of its OCTET STRING.
            public let value: [UInt8]
        }

        /// 1, 2 or 3.
        public let version: Int
        /// The content octets of the serial number.
        public let serialNumber: [UInt8]
        /// The issuer as DER.
        public let issuer: [UInt8]
        /// The subject as DER.
        public let subject: [UInt8]
        /// The SubjectPublicKeyInfo as DER.
        public let publicKey: [UInt8]
        /// Seconds since 1970.
        public let notBefore: Int64
        /// Seconds since 1970.
        public let notAfter: Int64
        /// The extensions in order.
        public let extensions: [Extension]
        /// The octets of the signature.
        public let signature: [UInt8]
    }

    /// Whether `d2i_X509` takes the whole of `der`.
    public static func accepts(_ der: [UInt8]) -> Bool {
        unsafe iot_x509_parses(der, der.count) == 1
    }

    /// Reads a certificate by `d2i_X509`.
    ///
    /// - Returns: `nil` where it does not take the whole of `der`, or cannot say what it read.
    public static func read(_ der: [UInt8]) -> Reading? {
        guard let certificate = unsafe iot_x509_decode(der, der.count) else { return nil }
        defer { unsafe iot_x509_free(certificate) }
        var extensions: [Reading.Extension] = []
        for index in 0..<max(0, unsafe iot_x509_extension_count(certificate)) {
            var isCritical: CInt = 0
            let value = unsafe field { out in
                unsafe iot_x509_extension(certificate, index, &isCritical, out)
            }
            extensions.append(Reading.Extension(isCritical: isCritical != 0, value: value))
        }
        var notBefore: Int64 = 0
        var notAfter: Int64 = 0
        guard unsafe iot_x509_validity(certificate, &notBefore, &notAfter) == 1 else { return nil }
        return Reading(
            version: Int(unsafe iot_x509_version(certificate)),
            serialNumber: unsafe field { unsafe iot_x509_field(certificate, 0, $0) },
            issuer: unsafe field { unsafe iot_x509_field(certificate, 1, $0) },
            subject: unsafe field { unsafe iot_x509_field(certificate, 2, $0) },
            publicKey: unsafe field { unsafe iot_x509_field(certificate, 3, $0) },
            notBefore: notBefore,
            notAfter: notAfter,
            extensions: extensions,
            signature: unsafe field { unsafe iot_x509_field(certificate, 4, $0) }
        )
    }

    /// Copies what `body` points to: it returns a count, and libcrypto's memory in its argument.
    private static func field(
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> CInt
    ) -> [UInt8] {
        var pointer: UnsafeMutablePointer<UInt8>?
        let count = unsafe body(&pointer)
        guard count >= 0, let start = unsafe pointer else { return [] }
        defer { unsafe iot_openssl_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }
}
