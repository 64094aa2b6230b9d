import CBORCodec

/// Writes an item again from typed reads; recursion ends at the decoder's depth limit.
private func copyItem(_ decoder: inout CBORDecoder, to encoder: inout CBOREncoder) throws(CBORError)
{
    switch try decoder.peekMajorType() {
    case .unsigned: encoder.append(unsigned: try decoder.readUnsigned())
    case .negative:
        let start = decoder.position
        do throws(CBORError) {
            encoder.append(integer: try decoder.readInteger())
        } catch {
            // Below −2⁶³ the typed read says so, and nothing else is wrong with the item.
            precondition(error.violation == .integerOutOfRange && decoder.position == start)
            encoder.append(encoded: decoder.bytes(in: try decoder.skipItem()))
        }
    case .byteString: encoder.append(byteString: decoder.bytes(in: try decoder.readByteString()))
    case .textString: encoder.append(textString: decoder.text(in: try decoder.readTextString()))
    case .array:
        let count = try decoder.readArrayCount()
        encoder.append(arrayCount: count)
        for _ in 0..<count { try copyItem(&decoder, to: &encoder) }
    case .map:
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        var map = try decoder.readMap()
        while try decoder.nextKey(of: &map) {
            var key = CBOREncoder()
            try copyItem(&decoder, to: &key)
            var value = CBOREncoder()
            try copyItem(&decoder, to: &value)
            pairs.append((key.bytes, value.bytes))
        }
        try encoder.append(map: pairs)
    case .tag:
        encoder.append(tag: try decoder.readTag())
        try copyItem(&decoder, to: &encoder)
    case .simple:
        let start = decoder.position
        do throws(CBORError) {
            let value = try decoder.readSimple()
            encoder.append(encoded: value < 24 ? [0xE0 | value] : [0xF8, value])
        } catch {
            precondition(decoder.position == start)
            encoder.append(float: try decoder.readFloat())
        }
    }
}

/// What the strict profile takes is what the encoder writes, and the loose one takes it as well.
func fuzzCBOR(_ input: UnsafeRawBufferPointer) {
    let bytes = [UInt8](input)
    var strict = CBORDecoder(bytes.span)
    var loose = CBORDecoder(bytes.span, profile: .wellFormed)
    let isStrict: Bool
    do throws(CBORError) {
        try strict.skipItem()
        isStrict = true
    } catch {
        precondition((0...bytes.count).contains(error.offset))
        precondition(strict.position == 0)
        isStrict = false
    }
    let isLoose: Bool
    do throws(CBORError) {
        try loose.skipItem()
        isLoose = true
    } catch {
        precondition((0...bytes.count).contains(error.offset))
        isLoose = false
    }
    precondition(!isStrict || (isLoose && strict.position == loose.position))
    // Describing costs more than all the rest: an eighth of the inputs is enough.
    if isLoose, bytes[0] & 7 == UInt8(truncatingIfNeeded: bytes.count) & 7 {
        let item = Array(bytes[..<loose.position])
        precondition(isDescribed(item), "a well-formed item was not described")
    }
    guard isStrict else { return }
    let item = Array(bytes[..<strict.position])
    precondition((try? rewritten(item)) == item)
}

private func isDescribed(_ item: [UInt8]) -> Bool {
    let notation = CBORDiagnosticNotation(expandsEmbedded: true, maximumOutput: 4_096)
    return (try? notation.describe(item.span)) != nil
}

private func rewritten(_ item: [UInt8]) throws(CBORError) -> [UInt8] {
    var encoder = CBOREncoder()
    var decoder = CBORDecoder(item.span)
    try copyItem(&decoder, to: &encoder)
    return encoder.bytes
}
