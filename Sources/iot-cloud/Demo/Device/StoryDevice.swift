#if Endpoint
internal import MQTTCodec

/// The device of the story: its identity, and its connection while it has one.
final class StoryDevice {
    /// What the endpoint says on behalf of a device that was cut off.
    static let will = #"{"status":"offline"}"#

    /// What is missing.
    struct Unconnected: Error {}

    let identity: ClientIdentity
    private let stage: Stage
    private var connection: DeviceClient?
    /// Whether the last connection continued an earlier session.
    private(set) var sessionWasPresent = false

    init(identity: ClientIdentity, stage: Stage) {
        self.identity = identity
        self.stage = stage
    }

    /// The connection.
    ///
    /// - Throws: ``Unconnected``.
    func client() throws -> DeviceClient {
        guard let connection else { throw Unconnected() }
        return connection
    }

    /// Tries to connect.
    ///
    /// - Parameters:
    ///   - name: the client identifier, its own unless said otherwise.
    ///   - cleanStart: whether an earlier session is thrown away.
    /// - Returns: `nil` where it is connected now, else why not.
    func attempt(as name: String = Stage.device, cleanStart: Bool = true) async -> String? {
        do {
            let connect = Connect(
                clientIdentifier: name,
                cleanStart: cleanStart,
                keepAlive: 60,
                will: Will(
                    topicName: "device/\(name)/status",
                    payload: Array(Self.will.utf8),
                    qos: .atLeastOnce
                ),
                properties: try Properties([.sessionExpiryInterval(300)])
            )
            let (client, present) = try await DeviceClient.connect(
                identity,
                to: stage.mqtt,
                connect,
                stage.timeline
            )
            connection = client
            sessionWasPresent = present
            return nil
        } catch {
            return "\(error)"
        }
    }
}
#endif
