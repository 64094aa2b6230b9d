/// Identifiers in the packed form of ``Swift/Span/packed(_:)``: their length in the top byte, then
/// their content.
enum KnownOID {
    /// 1.2.840.113549.1.9.1.
    static let emailAddress: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_0901

    // Public keys.
    /// 1.2.840.10045.2.1.
    static let ecPublicKey: UInt128 = 0x0700_0000_0000_0000_002A_8648_CE3D_0201
    /// 1.2.840.113549.1.1.1.
    static let rsaEncryption: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_0101
    /// 1.3.101.112.
    static let ed25519: UInt128 = 0x0300_0000_0000_0000_0000_0000_002B_6570
    /// 1.2.840.10045.3.1.7.
    static let p256: UInt128 = 0x0800_0000_0000_0000_2A86_48CE_3D03_0107
    /// 1.3.132.0.34.
    static let p384: UInt128 = 0x0500_0000_0000_0000_0000_002B_8104_0022
    /// 1.3.132.0.35.
    static let p521: UInt128 = 0x0500_0000_0000_0000_0000_002B_8104_0023

    // Signatures.
    /// 1.2.840.10045.4.3.2.
    static let ecdsaSHA256: UInt128 = 0x0800_0000_0000_0000_2A86_48CE_3D04_0302
    /// 1.2.840.10045.4.3.3.
    static let ecdsaSHA384: UInt128 = 0x0800_0000_0000_0000_2A86_48CE_3D04_0303
    /// 1.2.840.10045.4.3.4.
    static let ecdsaSHA512: UInt128 = 0x0800_0000_0000_0000_2A86_48CE_3D04_0304
    /// 1.2.840.113549.1.1.11.
    static let rsaSHA256: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_010B
    /// 1.2.840.113549.1.1.12.
    static let rsaSHA384: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_010C
    /// 1.2.840.113549.1.1.13.
    static let rsaSHA512: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_010D
    /// 1.2.840.113549.1.1.10.
    static let rsaPSS: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_010A
    /// 1.2.840.113549.1.1.8.
    static let mgf1: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_0108

    // Digests.
    /// 2.16.840.1.101.3.4.2.1.
    static let sha256: UInt128 = 0x0900_0000_0000_0060_8648_0165_0304_0201
    /// 2.16.840.1.101.3.4.2.2.
    static let sha384: UInt128 = 0x0900_0000_0000_0060_8648_0165_0304_0202
    /// 2.16.840.1.101.3.4.2.3.
    static let sha512: UInt128 = 0x0900_0000_0000_0060_8648_0165_0304_0203

    // Extensions outside 2.5.29.
    /// 1.3.6.1.5.5.7.1.1.
    static let authorityInfoAccess: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0101
    /// 1.3.6.1.5.5.7.1.11.
    static let subjectInfoAccess: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_010B

    // Key purposes; id-kp is 1.3.6.1.5.5.7.3.
    /// 1.3.6.1.5.5.7.3.1.
    static let serverAuth: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0301
    /// 1.3.6.1.5.5.7.3.2.
    static let clientAuth: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0302
    /// 1.3.6.1.5.5.7.3.3.
    static let codeSigning: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0303
    /// 1.3.6.1.5.5.7.3.4.
    static let emailProtection: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0304
    /// 1.3.6.1.5.5.7.3.8.
    static let timeStamping: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0308
    /// 1.3.6.1.5.5.7.3.9.
    static let ocspSigning: UInt128 = 0x0800_0000_0000_0000_2B06_0105_0507_0309
    /// 2.5.29.37.0.
    static let anyExtendedKeyUsage: UInt128 = 0x0400_0000_0000_0000_0000_0000_551D_2500

    // Policies.
    /// 2.5.29.32.0.
    static let anyPolicy: UInt128 = 0x0400_0000_0000_0000_0000_0000_551D_2000

    // PKCS #9 attributes of requests.
    /// 1.2.840.113549.1.9.14.
    static let extensionRequest: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_090E
    /// 1.2.840.113549.1.9.7.
    static let challengePassword: UInt128 = 0x0900_0000_0000_002A_8648_86F7_0D01_0907
}

extension Span<UInt8> {
    /// Up to 15 bytes as a number, with their count in the top byte; 0 for more.
    func packed(_ range: Range<Int>) -> UInt128 {
        guard range.count <= 15 else { return 0 }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for i in range {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(self[i])
        }
        return UInt128(UInt64(range.count) << 56 | high) << 64 | UInt128(low)
    }
}
