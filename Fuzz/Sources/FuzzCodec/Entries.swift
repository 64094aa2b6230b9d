public import FuzzSupport

/// The targets of this family.
public let codecEntries: [FuzzEntryPoint] = [
    FuzzEntryPoint("mqtt-decode", MQTTCodecEntry.decode),
    FuzzEntryPoint("mqtt-round-trip", MQTTCodecEntry.roundTrip),
    FuzzEntryPoint("mqtt-properties", MQTTCodecEntry.properties),
]
