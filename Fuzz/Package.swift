// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Entry points that share modules: a library for the replay and a libFuzzer program of their own,
/// which carries the coverage counters of these modules and of no others.
struct Family {
    let name: String
    let modules: [String]

    init(_ name: String, _ modules: [String]) {
        self.name = name
        self.modules = modules
    }

    var targets: [Target] {
        [
            .target(
                name: "Fuzz\(name)",
                dependencies: ["FuzzSupport"]
                    + modules.map { .product(name: $0, package: "swift-iot") },
                swiftSettings: swift
            ),
            .executableTarget(
                name: "fuzz-\(name.lowercased())",
                dependencies: ["FuzzSupport", .target(name: "Fuzz\(name)")],
                swiftSettings: swift
            ),
        ]
    }
}

let families = [
    Family("JSON", ["JSONDocument"]),
    Family("Codec", ["MQTTCodec"]),
    Family("Topics", ["MQTTTopics"]),
    Family("Broker", ["IoTTime", "MQTTBroker", "MQTTCodec", "MQTTTopics"]),
    Family("Rules", ["IoTTime", "JSONDocument", "RulesSQL"]),
    Family("Shadow", ["DeviceShadow", "IoTTime", "JSONDocument"]),
    Family("Policy", ["AccessPolicy", "IoTTime"]),
    Family("Certificates", ["IoTTime", "X509Verification", "X509VerificationOpenSSL"]),
    Family("Registration", ["DeviceRegistration", "JSONDocument", "X509Verification"]),
    Family("Files", ["FileEncryption", "SegmentTransfer", "HTTPFiles"]),
    Family("Firmware", ["CBORCodec", "FirmwareManifest"]),
]

let package = Package(
    name: "swift-iot-fuzz",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-iot", path: "..", traits: [])],
    targets: families.flatMap(\.targets) + [
        .target(name: "FuzzSupport", swiftSettings: swift),
        .target(
            name: "FuzzEntryPoints",
            dependencies: ["FuzzSupport"] + families.map { .target(name: "Fuzz\($0.name)") },
            swiftSettings: swift
        ),
        .testTarget(
            name: "CorpusReplayTests",
            dependencies: ["FuzzEntryPoints", "FuzzSupport"],
            swiftSettings: swift
        ),
    ]
)
