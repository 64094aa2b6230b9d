// CBORCodec: deterministic encoding, strict decoding, diagnostic notation.

import CBORCodec

let bytes = CBOREncoder.encode { encoder in
    encoder.append(mapCount: 2)
    encoder.append(unsigned: 1)
    encoder.append(textString: "lamp-7")
    encoder.append(unsigned: 2)
    encoder.append(byteString: [1, 2, 3])
}
print(try CBORDiagnosticNotation().describe(bytes.span))

/// Reads the map; a decoder borrows the bytes, so it lives in a function.
func read(_ bytes: [UInt8]) throws(CBORError) {
    var decoder = CBORDecoder(bytes.span)
    var map = try decoder.readMap()
    while try decoder.nextKey(of: &map) {
        switch try decoder.readInteger() {
        case 1: print("name", decoder.text(in: try decoder.readTextString()))
        case 2: print("bytes", try decoder.readByteString())  // a range of the input
        default: try decoder.skipItem()
        }
    }
    try decoder.finish()
}

try read(bytes)
do {
    try read([0xA1, 0x18, 0x01, 0x00])  // the key 1, in one byte more than needed
} catch {
    print("byte \(error.offset): \(error.violation)")
}
