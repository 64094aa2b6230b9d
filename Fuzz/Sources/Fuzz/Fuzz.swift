import FuzzEntryPoints

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

// libFuzzer's main; the variable IOT_FUZZ chooses the target, so that one binary serves all.

private let target: FuzzEntryPoint = {
    let name = getenv("IOT_FUZZ").map { String(cString: $0) } ?? ""
    guard let target = FuzzEntryPoint.named(name) else {
        print("set IOT_FUZZ to one of: " + FuzzEntryPoint.all.map(\.name).joined(separator: " "))
        exit(2)
    }
    return target
}()

#if FUZZING
/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}
#else
/// Without libFuzzer: lists the targets, one a line.
@main
enum Fuzz {
    static func main() {
        for entry in FuzzEntryPoint.all { print(entry.name) }
    }
}
#endif
