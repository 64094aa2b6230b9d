// FileEncryption: age files, and the segment format that can be read from anywhere.

import FileEncryption

let identity = Identity.generate()
guard let recipient = identity.recipient else { preconditionFailure("a key has a public half") }
let plain = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }

let file = try Encryptor.encrypt(plain.span, as: .age, to: [recipient])
let again = try Decryptor.decrypt(file.span, with: [identity])
print("\(plain.count) bytes, encrypted \(file.count), the same again: \(again == plain)")

let reader = try SeekableDecryptor(MemorySource(file), identities: [identity])
let part = [UInt8](capacity: 10) { output in
    try? reader.read(at: 100_000, count: 10, into: &output)
}
print("bytes from 100,000 on: \(part)")

var damaged = file
damaged[file.count / 2] ^= 1
do {
    _ = try Decryptor.decrypt(damaged.span, with: [identity])
} catch {
    print("refused: \(error)")
}
