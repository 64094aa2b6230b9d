internal import IoTCAllocationCounter

extension Row {
    /// A line that the program itself measured: memory, a percentile, a time without a peer.
    public static func measured(
        _ name: String,
        _ value: Double,
        _ unit: String,
        atMost bar: Double? = nil
    ) -> Row {
        Row(
            name: name,
            ours: value,
            unit: unit,
            bar: bar.map { "<= \(Int($0))" },
            meetsBar: bar.map { value <= $0 }
        )
    }

    /// A line with a peer that the program itself measured.
    public static func measured(
        _ name: String,
        _ value: Double,
        _ unit: String,
        peer: (name: String, value: Double)
    ) -> Row {
        Row(
            name: name,
            ours: value,
            unit: unit,
            peerName: peer.name,
            peer: peer.value,
            ratio: value / peer.value
        )
    }
}

/// Bytes that the C library's allocator has handed out and not got back; 0 where it does not say.
public func heapBytes() -> Int { Int(iot_heap_bytes()) }
