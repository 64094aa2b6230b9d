// MQTTPacketDump: explain captured bytes, and point at the first that is wrong.

import MQTTPacketDump

let text = Array("30 06 00 01 74 61 62 63  c0 00  36 03 00 01 74".utf8)
let capture = try CaptureText.bytes(ofHexadecimal: text.span)
let dump = PacketDump(capture.span)
print(dump.text)
print("\(dump.packetCount) packets are whole")
if let error = dump.error, let offset = dump.errorOffset {
    print("byte \(offset): \(error)")
}
