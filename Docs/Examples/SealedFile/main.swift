// FileTool: the logic of `iot-cloud file`, from key to verified file.

import FileTool

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

let folder = "/tmp/iot-example-\(UInt64.random(in: 0...UInt64.max))"
guard mkdir(folder, 0o700) == 0 else { exit(1) }

var keys = KeyGeneration()
keys.output = folder + "/key"
let recipient = try keys.run()
print("public key \(recipient.prefix(8))…")

var encryption = FileEncryptionCommand()
encryption.recipients = [recipient]
encryption.isSegmented = true
encryption.isSealed = true
encryption.input = folder + "/key"  // any file will do
encryption.output = folder + "/sealed"
try encryption.run()
for line in try FileInspection(folder + "/sealed").run() { print(line) }

var decryption = FileDecryptionCommand()
decryption.identityFiles = [folder + "/key"]
decryption.input = folder + "/sealed"
decryption.output = folder + "/opened"
try decryption.run()
for name in ["key", "sealed", "opened"] { _ = unlink(folder + "/" + name) }
_ = rmdir(folder)
