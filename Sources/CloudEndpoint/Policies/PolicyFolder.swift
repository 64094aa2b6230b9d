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
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The file, below the folder.
        public let file: String
        /// What is wrong with it.
        public let problem: String

        /// The file and the problem.
        public var description: String { "\(file): \(problem)" }
    }

    /// Files of one folder.
    public static let maximumFiles = 10_000
    /// Bytes of `principals.json`.
    public static let maximumPrincipalsBytes = 64 << 20

    private static let principalsFile = "principals.json"

    /// Where it is.
    public let path: String

    /// Names a folder.
    public init(path: String) { self.path = path }

    /// Reads everything; a policy that is malformed refuses the folder.
    ///
    /// - Throws: ``Failure`` for the first file that cannot be used.
    public func load(into directory: PolicyDirectory) throws(Failure) {
        var policies: [String: PolicyDocument] = [:]
        for file in try files() where file != Self.principalsFile {
            let bytes = [UInt8](try contents(of: file, limit: PolicyLimits.default.bytes))
            do throws(MalformedPolicy) {
                policies[String(file.dropLast(".json".count))] = try PolicyDocument(bytes.span)
            } catch {
                throw Failure(file: file, problem: "\(error)")
            }
        }
        directory.replaceAll(policies: policies, attachments: try attachments())
    }

    /// Changes when a file is added, removed or written.
    func fingerprint() -> [String: Date] {
        var result: [String: Date] = [:]
        for file in (try? files()) ?? [] {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/" + file)
            result[file] = attributes?[.modificationDate] as? Date
        }
        return result
    }

    private func files() throws(Failure) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw Failure(file: path, problem: "cannot be listed")
        }
        let files = names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
        guard files.count <= Self.maximumFiles else {
            throw Failure(file: path, problem: "more than \(Self.maximumFiles) files")
        }
        return files
    }

    private func contents(of file: String, limit: Int) throws(Failure) -> Data {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path).appendingPathComponent(file))
        } catch {
            throw Failure(file: file, problem: "cannot be read")
        }
        guard data.count <= limit else {
            throw Failure(file: file, problem: "more than \(limit) bytes")
        }
        return data
    }

    private func attachments() throws(Failure) -> [String: PolicyDirectory.Attachment] {
        let file = Self.principalsFile
        guard FileManager.default.fileExists(atPath: path + "/" + file) else { return [:] }
        let text = String(
            decoding: try contents(of: file, limit: Self.maximumPrincipalsBytes),
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
                    guard let thing = thing(value) else { return nil }
                    result.things.append(thing)
                default:
                    return nil
                }
            }
        }
        return result
    }

    private static func thing(_ value: JSONValue) -> AttachedThing? {
        guard let name = value["name"]?.string else { return nil }
        var thing = AttachedThing(name: name, typeName: value["type"]?.string)
        guard let attributes = value["attributes"] else { return thing }
        guard let members = attributes.object?.members else { return nil }
        for member in members {
            guard let text = member.value.string else { return nil }
            thing.attributes[member.name] = text
        }
        return thing
    }
}
#endif
