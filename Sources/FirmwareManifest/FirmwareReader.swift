internal import CBORCodec

/// The codec with this module's error and the small structures every document uses.
struct FirmwareReader: ~Escapable {
    var decoder: CBORDecoder

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { decoder = CBORDecoder(bytes) }

    @_lifetime(copy decoder)
    init(decoder: consuming CBORDecoder) { self.decoder = decoder }

    var position: Int { decoder.position }

    @_lifetime(copy self)
    func nested(_ range: Range<Int>) throws(FirmwareError) -> FirmwareReader {
        do {
            return FirmwareReader(decoder: try decoder.nested(in: range))
        } catch {
            throw FirmwareError(error)
        }
    }

    func finish() throws(FirmwareError) {
        do { try decoder.finish() } catch { throw FirmwareError(error) }
    }

    func peek() throws(FirmwareError) -> CBORMajorType {
        do { return try decoder.peekMajorType() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func unsigned() throws(FirmwareError) -> UInt64 {
        do { return try decoder.readUnsigned() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func integer() throws(FirmwareError) -> Int64 {
        do { return try decoder.readInteger() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func byteString() throws(FirmwareError) -> Range<Int> {
        do { return try decoder.readByteString() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func bytes() throws(FirmwareError) -> [UInt8] {
        decoder.bytes(in: try byteString())
    }

    @_lifetime(self: copy self)
    mutating func bool() throws(FirmwareError) -> Bool {
        do { return try decoder.readBool() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func tag() throws(FirmwareError) -> UInt64 {
        do { return try decoder.readTag() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func null() -> Bool { decoder.readNullIfPresent() }

    @_lifetime(self: copy self)
    mutating func skip() throws(FirmwareError) -> Range<Int> {
        do { return try decoder.skipItem() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func array() throws(FirmwareError) -> Int {
        do { return try decoder.readArrayCount() } catch { throw FirmwareError(error) }
    }

    /// An array of exactly `count` items.
    @_lifetime(self: copy self)
    mutating func array(of count: Int) throws(FirmwareError) {
        let start = position
        let found = try array()
        guard found == count else { throw FirmwareError(.unexpectedCount(found), at: start) }
    }

    @_lifetime(self: copy self)
    mutating func map() throws(FirmwareError) -> CBORMap {
        do { return try decoder.readMap() } catch { throw FirmwareError(error) }
    }

    @_lifetime(self: copy self)
    mutating func nextKey(_ map: inout CBORMap) throws(FirmwareError) -> Bool {
        do { return try decoder.nextKey(of: &map) } catch { throw FirmwareError(error) }
    }

    /// The next integer label of a map; `nil` after the last pair.
    @_lifetime(self: copy self)
    mutating func label(_ map: inout CBORMap) throws(FirmwareError) -> Int64? {
        try nextKey(&map) ? try integer() : nil
    }

    /// A reader over the item inside of a byte string.
    @_lifetime(copy self)
    mutating func embedded() throws(FirmwareError) -> FirmwareReader {
        try nested(try byteString())
    }

    /// Text without controls; `limit` in bytes.
    @_lifetime(self: copy self)
    mutating func text(limit: Int, allowsLines: Bool = false) throws(FirmwareError) -> String {
        let start = position
        let range: Range<Int>
        do { range = try decoder.readTextString() } catch { throw FirmwareError(error) }
        guard range.count <= limit else {
            throw FirmwareError(.limitExceeded(.text), at: start)
        }
        let span = decoder.span(in: range)
        for i in span.indices where span[i] < 32 || span[i] == 127 {
            guard allowsLines, [9, 10, 13].contains(span[i]) else {
                throw FirmwareError(.forbiddenCharacter, at: start)
            }
        }
        return decoder.text(in: range)
    }

    /// SUIT_Digest: an array of the algorithm and the bytes.
    @_lifetime(self: copy self)
    mutating func digest() throws(FirmwareError) -> SUITDigest {
        try array(of: 2)
        let start = position
        let algorithm = try integer()
        guard algorithm == SUITLabel.sha256 else {
            throw FirmwareError(.unsupportedDigestAlgorithm(algorithm), at: start)
        }
        return try digestBytes()
    }

    /// A byte string of 32 bytes.
    @_lifetime(self: copy self)
    mutating func digestBytes() throws(FirmwareError) -> SUITDigest {
        let start = position
        let range = try byteString()
        guard let digest = SUITDigest(decoder.span(in: range)) else {
            throw FirmwareError(.unsupportedDigestAlgorithm(SUITLabel.sha256), at: start)
        }
        return digest
    }

    /// A 16-byte identifier.
    @_lifetime(self: copy self)
    mutating func identifier() throws(FirmwareError) -> HardwareIdentifier {
        let start = position
        guard let identifier = HardwareIdentifier(try bytes()) else {
            throw FirmwareError(.valueOutOfRange, at: start)
        }
        return identifier
    }

    /// SUIT_Component_Identifier: an array of byte strings.
    @_lifetime(self: copy self)
    mutating func component(_ limits: FirmwareLimits) throws(FirmwareError) -> ComponentIdentifier {
        let start = position
        let count = try array()
        guard count <= 16 else { throw FirmwareError(.limitExceeded(.text), at: start) }
        var parts: [[UInt8]] = []
        for _ in 0..<count { parts.append(try bytes()) }
        guard parts.reduce(0, { $0 + $1.count }) <= limits.textBytes else {
            throw FirmwareError(.limitExceeded(.text), at: start)
        }
        return ComponentIdentifier(parts)
    }
}
