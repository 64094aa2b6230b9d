import FileTool

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Fetches a segmented file as `iot-cloud file resume` does; a test kills it at random moments.
///
/// Arguments: source, output, key file.
@main
enum TransferHelper {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else { exit(64) }
        do throws(FileToolError) {
            var source = try LocalRangeSource(arguments[1])
            var command = FileResumption(output: arguments[2])
            command.identityFiles = [arguments[3]]
            command.segmentsPerSave = 4
            command.showsProgress = false
            try command.run(&source)
        } catch {
            print(error)
            exit(1)
        }
    }
}
