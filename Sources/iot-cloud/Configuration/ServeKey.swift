#if Endpoint
/// An option of `serve` as a configuration file and the environment know it.
///
/// The option `--tls-port` is the key `tlsPort` of a file and the variable `IOT_CLOUD_TLS_PORT`.
struct ServeKey: Sendable {
    /// What a value is.
    enum Kind: Sendable {
        /// A whole number.
        case number
        /// Text.
        case text
        /// True or false.
        case flag
        /// The name of a file or folder, from a file's own folder on where it is relative.
        case path
        /// Several texts.
        case texts
        /// Several names of files.
        case paths
    }

    /// The option, such as `--tls-port`.
    let option: String
    /// What its value is.
    let kind: Kind

    /// The key in a file, such as `tlsPort`.
    var name: String {
        let words = option.dropFirst(2).split(separator: "-")
        return words.enumerated().map { index, word in
            index == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
        }.joined()
    }

    /// The variable of the environment, such as `IOT_CLOUD_TLS_PORT`.
    var variable: String {
        Self.prefix + option.dropFirst(2).uppercased().replacing("-", with: "_")
    }

    /// What the variables of this program begin with.
    static let prefix = "IOT_CLOUD_"
    /// Names the file, beside the option `--config`.
    static let fileVariable = prefix + "CONFIG"

    private init(_ option: String, _ kind: Kind) {
        self.option = option
        self.kind = kind
    }

    /// Every option of `serve` but `--config`, in the order of its help.
    static let all = [
        ServeKey("--host", .text),
        ServeKey("--port", .number),
        ServeKey("--http-port", .number),
        ServeKey("--https-port", .number),
        ServeKey("--files", .path),
        ServeKey("--rules", .path),
        ServeKey("--rules-data", .path),
        ServeKey("--admin-token-file", .path),
        ServeKey("--tls-port", .number),
        ServeKey("--websocket-port", .number),
        ServeKey("--websocket-tls-port", .number),
        ServeKey("--certificate", .path),
        ServeKey("--key", .path),
        ServeKey("--client-ca", .path),
        ServeKey("--crl", .paths),
        ServeKey("--registry", .path),
        ServeKey("--register-ca", .paths),
        ServeKey("--activate-with", .texts),
        ServeKey("--activate-url", .text),
        ServeKey("--provisioning-templates", .path),
        ServeKey("--provisioning-ca", .path),
        ServeKey("--provisioning-ca-key", .path),
        ServeKey("--provisioning-hook-url", .text),
        ServeKey("--client-certificate-optional", .flag),
        ServeKey("--policies", .path),
        ServeKey("--allow-client-id", .texts),
        ServeKey("--shadows", .path),
        ServeKey("--allow-anonymous", .flag),
        ServeKey("--dialect", .text),
        ServeKey("--event-loops", .number),
        ServeKey("--sys-interval", .number),
        ServeKey("--refuse-filter", .texts),
        ServeKey("--max-connections", .number),
        ServeKey("--max-connect-rate", .number),
        ServeKey("--max-sessions", .number),
        ServeKey("--handshake-timeout", .number),
        ServeKey("--max-packet-size", .number),
        ServeKey("--max-connect-packet-size", .number),
        ServeKey("--max-subscriptions", .number),
        ServeKey("--max-topic-levels", .number),
        ServeKey("--max-qos", .number),
        ServeKey("--max-inflight", .number),
        ServeKey("--receive-maximum", .number),
        ServeKey("--topic-alias-maximum", .number),
        ServeKey("--max-queued-messages", .number),
        ServeKey("--max-queued-bytes", .number),
        ServeKey("--queue-overflow", .text),
        ServeKey("--max-retained", .number),
        ServeKey("--max-retained-bytes", .number),
        ServeKey("--max-keep-alive", .number),
        ServeKey("--max-session-expiry", .number),
        ServeKey("--durable", .path),
        ServeKey("--durable-sync", .text),
        ServeKey("--log-level", .text),
    ]
}
#endif
