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
        .target(name: "IoTCYardstickCBOR"),
        benchmark(
            "FirmwareManifestBenchmarks",
            iot("CBORCodec"),
            iot("FirmwareManifest"),
            iot("FirmwareManifestOpenSSL"),
            iot("FirmwareManifestSodium"),
            "IoTCYardstickCBOR"
        ),
        .systemLibrary(
            name: "IoTCMosquitto",
            pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]
        ),
        benchmark("MQTTTopicsBenchmarks", iot("MQTTTopics"), "IoTCMosquitto"),
        // MQTT 5.0 in C with the same checks: what MQTTCodec is compared with.
        .target(name: "IoTCYardstickMQTT"),
        benchmark("MQTTCodecBenchmarks", "IoTCYardstickMQTT", iot("MQTTCodec")),
    ]
)
