internal import IoTCOpenSSL

/// libcrypto's own certificate parser, as a second opinion for differential tests.
public enum NativeParser {
    /// Whether `d2i_X509` takes the whole of `der`.
    public static func accepts(_ der: [UInt8]) -> Bool {
        unsafe iot_x509_parses(der, der.count) == 1
    }
}
