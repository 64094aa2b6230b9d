/// Why a regular expression was not compiled.
enum PatternError: Error, Hashable {
    /// Java would refuse it too: the call's value is Undefined.
    case invalid
    /// Java would take it; this engine, which promises linear time, does not.
    case unsupported(String)
}
