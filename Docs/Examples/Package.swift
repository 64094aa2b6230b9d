// swift-tools-version: 6.2
import PackageDescription

// Programs to copy from, one for each module. `swift run --package-path Docs/Examples MatchTopics`.
// They depend on the package as an app would, without its endpoint: nothing else is fetched.

let swift: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A program and the modules that it imports.
func example(_ name: String, _ modules: String...) -> Target {
    .executableTarget(
        name: name,
        dependencies: modules.map { .product(name: $0, package: "swift-iot") },
        path: name,
        swiftSettings: swift
    )
}

let package = Package(
    name: "swift-iot-examples",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-iot", path: "../..", traits: [])],
    targets: [
        example("MatchTopics", "MQTTTopics"),
        example("FramePackets", "MQTTCodec"),
        example("ExplainCapture", "MQTTPacketDump", "MQTTCodec"),
        example("BrokerInMemory", "MQTTBroker", "MQTTCodec", "IoTTime"),
        example("ExactJSON", "JSONDocument"),
        example("CodableReading", "JSONDocument", "JSONDocumentCodable"),
        example("EvaluateRule", "RulesSQL", "RulesSQLSystem", "IoTTime"),
        example("DecideRequest", "AccessPolicy", "IoTTime"),
        example("SteerShadow", "DeviceShadow", "IoTTime"),
        example("VerifyCertificate", "X509Verification", "X509VerificationOpenSSL", "IoTTime"),
        example(
            "RegisterDevice",
            "DeviceRegistration",
            "X509Verification",
            "X509VerificationOpenSSL",
            "IoTTime"
        ),
        example(
            "InspectCertificate",
            "CertificateTool",
            "X509Verification",
            "X509VerificationOpenSSL",
            "IoTTime"
        ),
        example("EncryptFile", "FileEncryption"),
        example("SealedFile", "FileTool"),
        example("ResumeTransfer", "SegmentTransfer", "FileEncryption", "FileTool"),
        example("StrictCBOR", "CBORCodec"),
        example(
            "SignManifest",
            "FirmwareManifest",
            "FirmwareManifestOpenSSL",
            "FirmwareManifestSodium"
        ),
        example("ServeRanges", "HTTPFiles"),
        example("FetchRange", "HTTPRangeClient"),
        example("ClockValues", "IoTTime"),
    ]
)
