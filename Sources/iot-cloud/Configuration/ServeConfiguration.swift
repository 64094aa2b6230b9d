#if Endpoint
internal import ArgumentParser
internal import Configuration
internal import Foundation

/// Options of `serve` from a file and from the environment, as if they had been typed.
///
/// The command line counts first, then the environment, then the file. What comes of it goes through
/// the command line's own checks, so that a value is valid or refused wherever it came from.
struct ServeConfiguration {
    /// Puts the options that were not typed in front of those that were.
    ///
    /// - Parameters:
    ///   - arguments: what was typed, the program's name left out; other commands stay as they are.
    ///   - environment: the variables of the process.
    /// - Returns: what to parse.
    /// - Throws: `ValidationError` for a file or a variable that cannot be used.
    static func expand(
        _ arguments: [String],
        environment: [String: String]
    ) async throws -> [String] {
        guard arguments.first == "serve", !asksForHelp(arguments) else { return arguments }
        let typed = Array(arguments.dropFirst())
        let own = environment.filter { $0.key.hasPrefix(ServeKey.prefix) }
        try EnvironmentCheck.check(own)
        let path = file(typed) ?? own[ServeKey.fileVariable]
        let file = try await reader(of: path)
        let variables = ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: own)
        ).scoped(to: "iotCloud")
        let folder = path.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        var result: [String] = []
        for key in ServeKey.all where !isTyped(key, typed) {
            let given = values(of: key, in: variables)
            result += given ?? file.flatMap { values(of: key, in: $0, from: folder) } ?? []
        }
        return ["serve"] + result + typed
    }

    private static func asksForHelp(_ arguments: [String]) -> Bool {
        arguments.contains { ["-h", "--help", "--help-hidden"].contains($0) }
    }

    /// The value of `--config`.
    private static func file(_ arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == "--config", index + 1 < arguments.count { return arguments[index + 1] }
            if argument.hasPrefix("--config=") { return String(argument.dropFirst(9)) }
        }
        return nil
    }

    private static func isTyped(_ key: ServeKey, _ arguments: [String]) -> Bool {
        arguments.contains {
            $0 == key.option || $0.hasPrefix(key.option + "=")
                || key.option == "--port" && ($0 == "-p" || $0.hasPrefix("-p="))
        }
    }

    private static func reader(of path: String?) async throws -> ConfigReader? {
        guard let path else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path) cannot be read")
        }
        try ConfigurationFile.check([UInt8](data), named: path)
        do {
            let name = InMemoryProvider(values: ["filePath": ConfigValue(stringLiteral: path)])
            let provider = try await FileProvider<JSONSnapshot>(
                config: ConfigReader(provider: name)
            )
            return ConfigReader(provider: provider)
        } catch { throw ValidationError("\(path): \(error)") }
    }

    /// An option with its value, as it would be typed; `nil` where the reader has none.
    private static func values(
        of key: ServeKey,
        in reader: ConfigReader,
        from folder: URL? = nil
    ) -> [String]? {
        let name = ConfigKey(key.name)
        let path = { (text: String) in
            guard let folder, !text.hasPrefix("/") else { return text }
            return folder.appendingPathComponent(text).path
        }
        switch key.kind {
        case .number: return reader.int(forKey: name).map { ["\(key.option)=\($0)"] }
        case .text: return reader.string(forKey: name).map { ["\(key.option)=\($0)"] }
        case .path: return reader.string(forKey: name).map { ["\(key.option)=\(path($0))"] }
        case .flag: return reader.bool(forKey: name).map { $0 ? [key.option] : [] }
        case .texts: return reader.stringArray(forKey: name)?.map { "\(key.option)=\($0)" }
        case .paths:
            return reader.stringArray(forKey: name)?.map { "\(key.option)=\(path($0))" }
        }
    }
}
#endif
