/// What libsodium refuses and libcrypto does not, decided on the bytes alone.
enum Ed25519Precheck {
    /// Whether S is below the group order, A is canonical, and neither A nor R has low order.
    static func accepts(signature: [UInt8], key: [UInt8]) -> Bool {
        guard signature.count == 64, key.count == 32 else { return false }
        let r = Array(signature[..<32])
        return isBelow(Array(signature[32...]), order) && isCanonical(key)
            && !hasLowOrder(r) && !hasLowOrder(key)
    }

    /// The group order, little-endian: 2²⁵² + 27742317777372353535851937790883648493.
    private static let order: [UInt8] = [
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]

    /// y coordinates of the points whose order divides eight, little-endian, in every encoding.
    private static let lowOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF,
            0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88,
            0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10,
            0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77,
            0x92, 0xAC, 0x03, 0x7A,
        ],
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    ]

    private static func hasLowOrder(_ point: [UInt8]) -> Bool {
        var y = point
        y[31] &= 0x7F
        return lowOrder.contains(y)
    }

    private static func isCanonical(_ point: [UInt8]) -> Bool {
        var y = point
        y[31] &= 0x7F
        return isBelow(y, [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])
    }

    /// Little-endian comparison; everything compared here is public.
    private static func isBelow(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.reversed().lexicographicallyPrecedes(b.reversed())
    }
}
