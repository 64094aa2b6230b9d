/// Lengths of one to four bytes, seven bits each. MQTT 5.0 §1.5.5
@usableFromInline
enum VariableByteInteger {
    /// The largest value, 268 435 455.
    @usableFromInline static var maximum: Int { 268_435_455 }

    /// Bytes of the shortest form of 0...268 435 455. [MQTT-1.5.5-1]
    @inlinable
    static func size(_ value: Int) -> Int {
        value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4
    }
}
