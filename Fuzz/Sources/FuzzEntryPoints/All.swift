import FuzzBroker
import FuzzCertificates
import FuzzCodec
import FuzzFiles
import FuzzFirmware
import FuzzJSON
import FuzzPolicy
import FuzzRegistration
import FuzzRules
import FuzzShadow
public import FuzzSupport
import FuzzTopics

extension FuzzEntryPoint {
    /// Every target of this package.
    public static let all: [FuzzEntryPoint] = [
        jsonEntries,
        codecEntries,
        topicsEntries,
        brokerEntries,
        rulesEntries,
        shadowEntries,
        policyEntries,
        certificatesEntries,
        registrationEntries,
        filesEntries,
        firmwareEntries,
    ].flatMap(\.self)

    /// The target called `name`.
    public static func named(_ name: String) -> FuzzEntryPoint? { all.first { $0.name == name } }
}
