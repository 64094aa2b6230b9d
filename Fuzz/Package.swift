// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Products of swift-iot that have fuzz entry points.
let fuzzed: [String] = [
    "AccessPolicy",
    "CBORCodec",
    "DeviceRegistration",
    "DeviceShadow",
    "FileEncryption",
    "FirmwareManifest",
    "IoTTime",
    "JSONDocument",
    "MQTTBroker",
    "MQTTCodec",
    "MQTTTopics",
    "RulesSQL",
    "SegmentTransfer",
    "X509Verification",
    "X509VerificationOpenSSL",
]

let package = Package(
    name: "swift-iot-fuzz",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-iot", path: "..", traits: [])],
    targets: [
        .target(
            name: "FuzzEntryPoints",
            dependencies: fuzzed.map { .product(name: $0, package: "swift-iot") },
            swiftSettings: swift
        ),
        .executableTarget(name: "Fuzz", dependencies: ["FuzzEntryPoints"], swiftSettings: swift),
        .testTarget(
            name: "CorpusReplayTests",
            dependencies: ["FuzzEntryPoints"],
            swiftSettings: swift
        ),
    ]
)
