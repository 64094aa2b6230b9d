#if Endpoint
internal import ArgumentParser
internal import DeviceShadow
internal import Foundation
internal import IoTTime
internal import JSONDocument

/// `iot-cloud shadow`: shadow documents in files.
struct ShadowCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shadow",
        abstract: "Compare shadow documents and apply updates to them.",
        subcommands: [Diff.self, Apply.self]
    )

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the update that makes one document's state of another's.",
            discussion: "Prints nothing and ends with 0 where both are equal, else ends with 1."
        )

        @Argument(help: "The document to start from.")
        var old: String

        @Argument(help: "The document to arrive at.")
        var new: String

        @Flag(help: "Print the steps of RFC 6902 instead of an update.")
        var steps = false

        func run() throws {
            let (old, new) = (try ShadowCommands.document(old), try ShadowCommands.document(new))
            guard let update = old.difference(to: new) else { return }
            print(steps ? old.patch(to: new).description : update.description)
            throw ExitCode(1)
        }
    }

    struct Apply: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what an update makes of a document, as the service would.",
            discussion: "Ends with 1 where the update is refused, and says why."
        )

        @Argument(help: "The document.")
        var document: String

        @Argument(help: "The update: {\"state\":…}.")
        var update: String

        @Flag(help: "Print the delta instead of the document.")
        var delta = false

        func run() throws {
            let file = try ShadowCommands.document(document)
            let payload = try ShadowCommands.bytes(update)
            let now = WallClock(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            do throws(ShadowRejection) {
                let change = try file.applying(payload.span, at: now)
                let text = delta ? change.delta() ?? [] : ShadowFile(change.next).text
                FileHandle.standardOutput.write(Data(text))
            } catch {
                try ShadowCommands.refuse(update, error)
            }
        }
    }

    fileprivate static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    fileprivate static func document(_ path: String) throws -> ShadowFile {
        let text = try bytes(path)
        do throws(ShadowRejection) {
            return try ShadowFile(parsing: text.span)
        } catch {
            try refuse(path, error)
            throw ExitCode(1)
        }
    }

    private static func refuse(_ path: String, _ rejection: ShadowRejection) throws {
        let place = rejection.offset.map { " at byte \($0)" } ?? ""
        let text = "\(path): \(rejection.message)\(place)\n"
        FileHandle.standardError.write(Data(text.utf8))
        throw ExitCode(1)
    }
}
#endif
