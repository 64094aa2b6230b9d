#if Endpoint
internal import ArgumentParser
internal import CloudEndpoint

/// What `serve` offers over HTTP.
struct HTTPOptions: ParsableArguments {
    @Option(help: "TCP port for HTTP; 0 lets the system choose. Without it there is no HTTP.")
    var httpPort: Int?

    @Option(help: ArgumentHelp("Serve this folder's files below /files/.", valueName: "folder"))
    var files: String?

    func validate() throws {
        if let httpPort, !(0...65_535).contains(httpPort) {
            throw ValidationError("--http-port is 0...65535, not \(httpPort)")
        }
        if files != nil, httpPort == nil {
            throw ValidationError("--files needs --http-port")
        }
    }

    func configuration(host: String) -> CloudEndpoint.HTTPConfiguration? {
        guard let httpPort else { return nil }
        var configuration = CloudEndpoint.HTTPConfiguration(
            listeners: [.init(host: host, port: httpPort)]
        )
        configuration.filesFolder = files
        return configuration
    }
}
#endif
