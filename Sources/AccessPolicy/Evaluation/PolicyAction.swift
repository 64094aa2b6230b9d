/// What a request does: `iot:Publish`, `iot:Connect`, ….
///
/// Source: AWS IoT Core developer guide, "AWS IoT Core policy actions". Names compare without case.
public struct PolicyAction: Hashable, Sendable, CustomStringConvertible {
    /// The name in small letters.
    let bytes: [UInt8]
    /// The position among ``known``; `nil` for another action.
    let index: Int?
    /// The name as it was given.
    public let description: String

    /// Names an action, such as `iot:Publish`.
    public init(_ name: String) {
        let small = name.utf8.map(\.asciiLowercased)
        bytes = small
        description = name
        index = Self.knownNames.firstIndex(of: small)
    }

    /// Names compare without case.
    public static func == (a: PolicyAction, b: PolicyAction) -> Bool { a.bytes == b.bytes }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The actions that ``PolicySet`` keeps an index for.
    static let known = names.map(PolicyAction.init)
    private static let knownNames = names.map { $0.utf8.map(\.asciiLowercased) }

    private static let names = [
        "iot:Connect", "iot:Publish", "iot:RetainPublish", "iot:Receive", "iot:Subscribe",
        "iot:GetRetainedMessage", "iot:ListRetainedMessages", "iot:GetThingShadow",
        "iot:UpdateThingShadow", "iot:DeleteThingShadow", "iot:ListNamedShadowsForThing",
        "iot:DescribeJobExecution", "iot:GetPendingJobExecutions", "iot:UpdateJobExecution",
        "iot:StartNextPendingJobExecution", "iot:AssumeRoleWithCertificate",
    ]

    /// A CONNECT; the resource is `client/ID`.
    public static let connect = PolicyAction("iot:Connect")
    /// A PUBLISH; the resource is `topic/NAME`.
    public static let publish = PolicyAction("iot:Publish")
    /// A PUBLISH or a will with RETAIN, in addition to ``publish``.
    public static let retainPublish = PolicyAction("iot:RetainPublish")
    /// A delivery to a subscriber; the resource is `topic/NAME`.
    public static let receive = PolicyAction("iot:Receive")
    /// A SUBSCRIBE; the resource is `topicfilter/FILTER`, the filter's text.
    public static let subscribe = PolicyAction("iot:Subscribe")
    /// Reading a retained message over HTTP; the resource is `topic/NAME`.
    public static let getRetainedMessage = PolicyAction("iot:GetRetainedMessage")
    /// Listing retained messages over HTTP; the resource is `*`.
    public static let listRetainedMessages = PolicyAction("iot:ListRetainedMessages")
    /// Reading a shadow over HTTP; the resource is `thing/NAME` or `thing/NAME/SHADOW`.
    public static let getThingShadow = PolicyAction("iot:GetThingShadow")
    /// Updating a shadow over HTTP; resources as for ``getThingShadow``.
    public static let updateThingShadow = PolicyAction("iot:UpdateThingShadow")
    /// Deleting a shadow over HTTP; resources as for ``getThingShadow``.
    public static let deleteThingShadow = PolicyAction("iot:DeleteThingShadow")
    /// Listing the named shadows of a thing over HTTP; the resource is `*`.
    public static let listNamedShadowsForThing = PolicyAction("iot:ListNamedShadowsForThing")
}
