#if Endpoint
internal import AccessPolicy
internal import Foundation
internal import JSONDocument

/// Reads a folder of policies: `NAME.json` is the policy NAME, `principals.json` says to whom they
/// are attached.
///
/// ```json
/// {
///   "anonymous": {"policies": ["read-only"]},
///   "*": {"policies": ["device"]},
///   "5d41…64 hexadecimal digits": {
///     "policies": ["gateway"],
///     "things": [{"name": "lamp-1", "type": "lamp", "attributes": {"floor": "2"}}]
///   }
/// }
/// ```
public struct PolicyFolder: Sendable {
    /// Why a folder cannot be used.
    public typealias Failure = FolderFailure

    /// Files of one folder.
    public static let maximumFiles = 10_000
    /// Bytes of `principals.json`.
    public static let maximumPrincipalsBytes = 64 << 20

    private static let principalsFile = "principals.json"

    private let folder: JSONFolder

    /// Where it is.
    public var path: String { folder.path }

    /// Names a folder.
    public init(path: String) {
        folder = JSONFolder(path: path, maximumFiles: Self.maximumFiles)
    }

    /// Reads everything; a policy that is malformed refuses the folder.
    ///
    /// - Throws: ``Failure`` for the first file that cannot be used.
    public func load(into directory: PolicyDirectory) throws(Failure) {
        var policies: [String: PolicyDocument] = [:]
        for file in try folder.files() where file != Self.principalsFile {
            let bytes = try folder.contents(of: file, limit: PolicyLimits.default.bytes)
            do throws(MalformedPolicy) {
                policies[String(file.dropLast(".json".count))] = try PolicyDocument(bytes.span)
            } catch {
                throw Failure(file: file, problem: "\(error)")
            }
        }
        directory.replaceAll(policies: policies, attachments: try attachments())
    }

    /// Changes when a file is added, removed or written.
    func fingerprint() -> [String: Date] { folder.fingerprint() }

    private func attachments() throws(Failure) -> [String: PolicyDirectory.Attachment] {
        let file = Self.principalsFile
        guard FileManager.default.fileExists(atPath: path + "/" + file) else { return [:] }
        let text = String(
            decoding: try folder.contents(of: file, limit: Self.maximumPrincipalsBytes),
            as: UTF8.self
        )
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: text)
        } catch {
            throw Failure(file: file, problem: "\(error)")
        }
        guard let principals = value.object else {
            throw Failure(file: file, problem: "the top level is not an object")
        }
        var result: [String: PolicyDirectory.Attachment] = [:]
        for member in principals.members {
            guard let attachment = Self.attachment(member.value) else {
                let name = String(reflecting: member.name)
                throw Failure(file: file, problem: "\(name) is not {policies?, things?}")
            }
            result[member.name] = attachment
        }
        return result
    }

    private static func attachment(_ value: JSONValue) -> PolicyDirectory.Attachment? {
        guard let object = value.object else { return nil }
        var result = PolicyDirectory.Attachment()
        for member in object.members {
            guard let values = member.value.array else { return nil }
            for value in values {
                switch member.name {
                case "policies":
                    guard let name = value.string else { return nil }
                    result.policies.append(name)
                case "things":
                    guard let thing = AttachedThing(value) else { return nil }
                    result.things.append(thing)
                default:
                    return nil
                }
            }
        }
        return result
    }
}
#endif
