#if Endpoint
/// The policies of the story.
enum StagePolicies {
    /// Names and documents.
    static let all = [("device", device), ("console", console)]

    /// What a device may do: connect under its own name, and speak below its own topics.
    private static let device = """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iot:Connect",
           "Resource": "arn:aws:iot:local:000000000000:client/${iot:Connection.Thing.ThingName}",
           "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}},
          {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": [
            "arn:aws:iot:local:000000000000:topic/device/${iot:Connection.Thing.ThingName}/*",
            "arn:aws:iot:local:000000000000:topic/$aws/things/${iot:Connection.Thing.ThingName}/shadow/*"]},
          {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": [
            "arn:aws:iot:local:000000000000:topicfilter/device/${iot:Connection.Thing.ThingName}/*",
            "arn:aws:iot:local:000000000000:topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/shadow/*"]}
        ]}
        """

    /// What the operator's console may do.
    private static let console = """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
        """
}
#endif
