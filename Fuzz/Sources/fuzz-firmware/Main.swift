import FuzzFirmware
import FuzzSupport

private let entry = FuzzEntryPoint.chosen(from: firmwareEntries)

#if FUZZING
/// libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    entry.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}
#else
@main
enum Main {
    static func main() { FuzzEntryPoint.list(firmwareEntries) }
}
#endif
