#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// One fuzz target: a name and a function that asserts properties over any bytes.
///
/// The name is also the folder of its seeds (`Corpora/<name>`) and of its kept crashes
/// (`Regressions/<name>`), and of its dictionary (`Dictionaries/<name>.dict`).
public struct FuzzEntryPoint: Sendable {
    /// Lower case words joined by `-`, such as `mqtt-decode`.
    public let name: String
    /// Traps when a property does not hold.
    public let run: @Sendable (UnsafeRawBufferPointer) -> Void

    /// Names a function.
    public init(_ name: String, _ run: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.run = run
    }

    /// The target that the variable `IOT_FUZZ` names; without it the program lists `entries` and ends
    /// with status 2.
    public static func chosen(from entries: [FuzzEntryPoint]) -> FuzzEntryPoint {
        let name = getenv("IOT_FUZZ").map { String(cString: $0) } ?? ""
        guard let entry = entries.first(where: { $0.name == name }) else {
            list(entries)
            fflush(nil)
            _exit(2)  // past libFuzzer, which takes an exit for a finding
        }
        return entry
    }

    /// Prints the names, one a line.
    public static func list(_ entries: [FuzzEntryPoint]) {
        for entry in entries { print(entry.name) }
    }
}
