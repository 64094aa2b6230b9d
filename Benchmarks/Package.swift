// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// One executable per module under `Benchmarks/<name>`.
func benchmark(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["BenchmarkSupport"] + dependencies,
        path: "Benchmarks/" + name,
        swiftSettings: swift
    )
}

/// A product of swift-iot.
func iot(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-iot") }

let package = Package(
    name: "swift-iot-benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-iot", path: "..", traits: [])],
    targets: [
        // Counts every malloc of the process (glibc); never part of a library product.
        .target(name: "IoTCAllocationCounter"),
        .target(
            name: "BenchmarkSupport",
            dependencies: ["IoTCAllocationCounter"],
            swiftSettings: swift
        ),
        // Servers under measurement, in processes of their own.
        .target(name: "BenchmarkServer", swiftSettings: swift),
        // Peers and yardsticks of the same run.
        .systemLibrary(
            name: "IoTCMosquitto",
            pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]
        ),
        .target(name: "IoTCYardstickSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "IoTCYardstickSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "IoTCYardstickFile", linkerSettings: [.linkedLibrary("sodium")]),
        .target(name: "IoTCYardstickX509", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "IoTCYardstickCBOR"),
        // Drives MQTT brokers in processes of their own.
        .target(
            name: "IoTCBrokerLoad",
            linkerSettings: [
                .linkedLibrary("pthread"), .linkedLibrary("ssl"), .linkedLibrary("crypto"),
            ]
        ),
        // MQTT 5.0 in C with the same checks: what MQTTCodec is compared with.
        .target(name: "IoTCYardstickMQTT"),
        benchmark("AccessPolicyBenchmarks", iot("AccessPolicy"), iot("IoTTime")),
        benchmark("BrokerCoreBenchmarks", iot("MQTTBroker"), iot("MQTTCodec"), iot("IoTTime")),
        benchmark(
            "DeviceShadowBenchmarks",
            iot("DeviceShadow"),
            iot("IoTTime"),
            iot("JSONDocument"),
            "IoTCYardstickSimdjson"
        ),
        benchmark("EndpointBenchmarks", "BenchmarkServer", "IoTCBrokerLoad"),
        benchmark("FileEncryptionBenchmarks", iot("FileEncryption"), "IoTCYardstickFile"),
        benchmark(
            "FirmwareManifestBenchmarks",
            iot("CBORCodec"),
            iot("FirmwareManifest"),
            iot("FirmwareManifestOpenSSL"),
            iot("FirmwareManifestSodium"),
            "IoTCYardstickCBOR"
        ),
        benchmark("JSONBenchmarks", iot("JSONDocument"), "IoTCYardstickSimdjson"),
        benchmark("MQTTBrokerBenchmarks", "BenchmarkServer", "IoTCBrokerLoad"),
        benchmark("MQTTCodecBenchmarks", iot("MQTTCodec"), "IoTCYardstickMQTT"),
        benchmark("MQTTTopicsBenchmarks", iot("MQTTTopics"), "IoTCMosquitto"),
        benchmark(
            "RulesSQLBenchmarks",
            iot("RulesSQL"),
            iot("RulesSQLSystem"),
            iot("IoTTime"),
            iot("MQTTTopics"),
            "IoTCYardstickSimdjson",
            "IoTCYardstickSQLite"
        ),
        benchmark(
            "X509VerificationBenchmarks",
            iot("X509Verification"),
            iot("X509VerificationOpenSSL"),
            iot("IoTTime"),
            "IoTCYardstickX509"
        ),
    ]
)
