/// Builds resource names (ARNs) of one account in storage that is used again.
///
/// `arn:aws:iot:REGION:ACCOUNT:TYPE/NAME`. The name is copied as it is, never looked into.
public struct ResourceNameBuilder: Sendable {
    /// The kinds of resource a device's request is about.
    public enum Kind: String, Sendable {
        /// A client identifier.
        case client
        /// A topic name.
        case topic
        /// A topic filter, as text.
        case topicFilter = "topicfilter"
        /// A thing, or a thing and `/` and a shadow's name.
        case thing
    }

    private var buffer: [UInt8]
    private let prefixLength: Int

    /// Names resources of one region and account.
    public init(partition: String = "aws", region: String, account: String) {
        buffer = Array("arn:\(partition):iot:\(region):\(account):".utf8)
        prefixLength = buffer.count
    }

    /// Hands the resource name of `name` to `body`.
    ///
    /// Allocates only where the storage has to grow.
    public mutating func withName<Result, Failure: Error>(
        _ kind: Kind,
        _ name: Span<UInt8>,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        buffer.removeSubrange(prefixLength...)
        buffer.append(contentsOf: kind.rawValue.utf8)
        buffer.append(UInt8(ascii: "/"))
        for index in name.indices { buffer.append(name[index]) }
        return try body(buffer.span)
    }

    /// The resource name of a text.
    public func name(_ kind: Kind, _ name: String) -> String {
        String(decoding: buffer[..<prefixLength], as: UTF8.self) + kind.rawValue + "/" + name
    }
}
