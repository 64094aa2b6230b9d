// CertificateTool: the logic of `iot-cloud cert`, for a program of your own.

import CertificateTool
import IoTTime
import X509Verification
import X509VerificationOpenSSL

let key = try OpenSSLPrivateKey.generate(.ec(.p256))
let name = DistinguishedName([(.organization, "Lamps"), (.commonName, "Factory")])
let template = CertificateTemplate(
    serialNumber: [1],
    issuer: name,
    subject: name,
    notBefore: WallClock(seconds: 1_700_000_000),
    notAfter: WallClock(seconds: 1_800_000_000),
    publicKey: key.publicKey
)
let pem = Array(try template.sign(with: key).pem.utf8)
let commands = CertificateCommands()
let report = commands.inspect(pem)
print(report.text.split(separator: "\n").prefix(4).joined(separator: "\n"))

var request = CertificateCommands.Request(
    chain: pem,
    anchors: pem,
    time: WallClock(seconds: 1_750_000_000)
)
request.profile = .iotClient
let verdict = commands.verify(request)
print(verdict.text, "status \(verdict.status)")
