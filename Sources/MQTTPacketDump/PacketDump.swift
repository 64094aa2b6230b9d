/// The text of a capture.
public struct PacketDump: Sendable {}
