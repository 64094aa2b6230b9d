#if Endpoint
public import DeviceRegistration
internal import Synchronization

/// The provisioning templates of a folder: `NAME.json` for fleets, `NAME.jitp.json` for devices that a
/// CA registers by their first connection.
public final class TemplateFolder: Sendable {
    /// Why a folder cannot be used.
    public typealias Failure = FolderFailure

    /// Files of one folder.
    public static let maximumFiles = 1_000

    /// Where it is.
    public var path: String { folder.path }
    private let folder: JSONFolder
    private let templates = Mutex<[Key: ProvisioningTemplate]>([:])

    private struct Key: Hashable {
        let kind: ProvisioningTemplate.Kind
        let name: String
    }

    /// Names a folder; ``load()`` reads it.
    public init(path: String) {
        folder = JSONFolder(path: path, maximumFiles: Self.maximumFiles)
    }

    /// Whether templates can have a name. API model, `TemplateName`
    static func isName(_ name: String) -> Bool {
        (1...36).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || $0 == 0x5F || $0 == 0x2D
            }
    }

    /// The template of a name and a kind.
    public func template(
        _ name: String,
        _ kind: ProvisioningTemplate.Kind
    ) -> ProvisioningTemplate? {
        templates.withLock { $0[Key(kind: kind, name: name)] }
    }

    /// Reads everything; a template that is malformed refuses the folder, and what was read before
    /// stays.
    ///
    /// - Throws: ``Failure`` for the first file that cannot be used.
    public func load() throws(Failure) {
        var read: [Key: ProvisioningTemplate] = [:]
        for file in try folder.files() {
            var name = String(file.dropLast(".json".count))
            var kind = ProvisioningTemplate.Kind.fleet
            if name.hasSuffix(".jitp") {
                name = String(name.dropLast(".jitp".count))
                kind = .jitp
            }
            guard Self.isName(name) else {
                throw Failure(file: file, problem: "a name has 1 to 36 of A-Z a-z 0-9 _ -")
            }
            // Four bytes for each character.
            let text = try folder.contents(
                of: file,
                limit: TemplateLimits.default.characters * 4
            )
            do throws(TemplateError) {
                read[Key(kind: kind, name: name)] = try ProvisioningTemplate(
                    text.span,
                    kind: kind
                )
            } catch {
                throw Failure(file: file, problem: "\(error)")
            }
        }
        templates.withLock { $0 = read }
    }

    /// Has the folder read again when a file changes.
    public var source: FileReloader.Source {
        FileReloader.Source(
            name: "provisioning templates",
            fingerprint: { [folder] in folder.fingerprint() },
            load: { try self.load() }
        )
    }
}
#endif
