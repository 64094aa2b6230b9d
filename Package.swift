// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For modules that return borrowed views.
let views: [SwiftSetting] = swift + [.enableExperimentalFeature("Lifetimes")]

/// For modules that also compile in Embedded Swift.
let embedded: [SwiftSetting] = views + [.treatWarning("EmbeddedRestrictions", as: .error)]

/// One library product: a target of the same name and its tests.
struct Module {
    var name: String
    var dependencies: [Target.Dependency] = []
    var testDependencies: [Target.Dependency] = []
    var settings: [SwiftSetting] = swift

    var target: Target {
        .target(name: name, dependencies: dependencies, swiftSettings: settings)
    }
    var tests: Target {
        .testTarget(
            name: name + "Tests",
            dependencies: [.byName(name: name), "IoTTestSupport"] + testDependencies,
            swiftSettings: views
        )
    }
}

/// Products of another package, present only while the trait `Endpoint` is on.
func endpoint(_ package: String, _ products: String...) -> [Target.Dependency] {
    products.map { .product(name: $0, package: package, condition: .when(traits: ["Endpoint"])) }
}

// Standard library only: no Foundation, no NIO, no clock, no socket.
let cores: [Module] = [
    Module(name: "IoTTime", settings: embedded),
    Module(name: "MQTTTopics", settings: embedded),
    Module(name: "MQTTCodec", settings: embedded),
    Module(
        name: "MQTTPacketDump",
        dependencies: ["MQTTCodec"],
        testDependencies: ["MQTTCodec"],
        settings: views
    ),
    Module(
        name: "MQTTBroker",
        dependencies: ["IoTTime", "MQTTCodec", "MQTTTopics"],
        testDependencies: ["IoTTime", "MQTTCodec", "MQTTTopics"],
        settings: views
    ),
    Module(name: "JSONDocument", settings: views),
    Module(
        name: "RulesSQL",
        dependencies: ["IoTTime", "JSONDocument", "MQTTTopics"],
        testDependencies: ["IoTTime", "JSONDocument", "MQTTTopics"],
        settings: views
    ),
    Module(
        name: "AccessPolicy",
        dependencies: ["JSONDocument", "IoTTime"],
        testDependencies: ["IoTTime"]
    ),
    Module(
        name: "X509Verification",
        dependencies: ["IoTTime"],
        testDependencies: ["IoTTime", "X509VerificationOpenSSL"]
    ),
    Module(
        name: "DeviceRegistration",
        dependencies: ["X509Verification", "JSONDocument", "IoTTime"],
        testDependencies: [
            "X509Verification", "X509VerificationOpenSSL", "JSONDocument", "IoTTime",
        ]
    ),
    Module(
        name: "DeviceShadow",
        dependencies: ["IoTTime", "JSONDocument"],
        testDependencies: ["IoTTime", "JSONDocument"],
        settings: views
    ),
    Module(name: "SegmentTransfer"),
    Module(name: "CBORCodec", settings: views),
    Module(
        name: "FirmwareManifest",
        dependencies: ["CBORCodec"],
        testDependencies: ["CBORCodec", "FirmwareManifestSodium", "FirmwareManifestOpenSSL"],
        settings: views
    ),
    Module(
        name: "JSONDocumentCodable",
        dependencies: ["JSONDocument"],
        testDependencies: ["JSONDocument"]
    ),
]

// Bound to one C library, or to the system.
let bound: [Module] = [
    Module(name: "HTTPFiles"),
    Module(name: "HTTPRangeClient"),
    Module(
        name: "RulesSQLSystem",
        dependencies: ["RulesSQL", "IoTCOpenSSL", "IoTTime", "MQTTTopics"],
        testDependencies: ["IoTTime", "JSONDocument", "MQTTTopics", "RulesSQL"]
    ),
    Module(
        name: "X509VerificationOpenSSL",
        dependencies: ["X509Verification", "IoTTime", "IoTCOpenSSL"],
        testDependencies: ["X509Verification", "IoTTime"]
    ),
    Module(
        name: "CertificateTool",
        dependencies: [
            "DeviceRegistration", "X509Verification", "X509VerificationOpenSSL", "IoTTime",
        ],
        testDependencies: [
            "DeviceRegistration", "X509Verification", "X509VerificationOpenSSL", "IoTTime",
        ]
    ),
    Module(
        name: "FileEncryption",
        dependencies: ["IoTCSodium"],
        testDependencies: ["IoTCSodium"],
        settings: views
    ),
    Module(
        name: "FileTool",
        dependencies: ["FileEncryption", "HTTPRangeClient", "SegmentTransfer"],
        testDependencies: ["FileEncryption", "SegmentTransfer", "IoTTransferHelper"]
    ),
    Module(
        name: "FirmwareManifestSodium",
        dependencies: ["FirmwareManifest", "IoTCSodium"],
        testDependencies: ["FirmwareManifest"]
    ),
    Module(
        name: "FirmwareManifestOpenSSL",
        dependencies: ["FirmwareManifest", "IoTCOpenSSL"],
        testDependencies: ["FirmwareManifest", "FirmwareManifestSodium"]
    ),
    Module(
        name: "FirmwareTool",
        dependencies: [
            "CBORCodec", "FirmwareManifest", "FirmwareManifestOpenSSL", "FirmwareManifestSodium",
            "HTTPRangeClient",
        ],
        testDependencies: [
            "FirmwareManifest", "FirmwareManifestOpenSSL", "FirmwareManifestSodium",
            "ExampleFirmwareDevice",
        ]
    ),
]

// Behind the trait `Endpoint`: NIO, TLS, HTTP, SQLite.
let composed: [Module] = [
    Module(
        name: "MQTTCodecNIO",
        dependencies: ["MQTTCodec"] + endpoint("swift-nio", "NIOCore"),
        testDependencies: ["MQTTCodec"] + endpoint("swift-nio", "NIOCore", "NIOEmbedded")
    ),
    Module(
        name: "PrometheusMetrics",
        dependencies: endpoint("swift-metrics", "CoreMetrics"),
        testDependencies: endpoint("swift-metrics", "CoreMetrics")
    ),
    Module(
        name: "CloudEndpoint",
        dependencies: [
            "AccessPolicy", "DeviceRegistration", "DeviceShadow", "FileEncryption", "HTTPFiles",
            "IoTTime", "JSONDocument", "MQTTBroker", "MQTTCodec",
            "MQTTTopics", "PrometheusMetrics", "RulesSQL", "RulesSQLSystem", "SegmentTransfer",
            "X509Verification", "X509VerificationOpenSSL",
        ]
            + endpoint("swift-nio", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOTLS", "NIOWebSocket")
            + endpoint("swift-nio-ssl", "NIOSSL")
            + endpoint("swift-nio-extras", "NIOHTTPTypes", "NIOHTTPTypesHTTP1")
            + endpoint("hummingbird", "Hummingbird", "HummingbirdCore")
            + endpoint("swift-http-types", "HTTPTypes")
            + endpoint("GRDB.swift", "GRDB")
            + endpoint("swift-log", "Logging")
            + endpoint("swift-metrics", "CoreMetrics")
            + endpoint("swift-service-lifecycle", "ServiceLifecycle"),
        testDependencies: [
            "DeviceRegistration", "DeviceShadow", "IoTTime", "JSONDocument", "MQTTBroker",
            "MQTTCodec",
            "X509Verification", "X509VerificationOpenSSL",
        ]
            + endpoint("swift-log", "Logging")
            + endpoint("GRDB.swift", "GRDB")
    ),
]

let modules = cores + bound + composed

/// A program of `Docs/Examples`, compiled so that what a reader copies works.
func example(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    example(name, needing: dependencies)
}

func example(_ name: String, needing dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Example" + name,
        dependencies: dependencies,
        path: "Docs/Examples/" + name,
        swiftSettings: swift
    )
}

let examples = [
    example("ReadPublish", "JSONDocument", "MQTTCodec", "MQTTTopics"),
    example(
        "FirmwareDevice",
        "FirmwareManifest",
        "FirmwareManifestOpenSSL",
        "FirmwareManifestSodium",
        "FirmwareTool"
    ),
    // With the endpoint; the other examples are a package of their own, Docs/Examples.
    example(
        "FramesInNIO",
        needing: ["MQTTCodec", "MQTTCodecNIO"] + endpoint("swift-nio", "NIOCore", "NIOEmbedded")
    ),
    example(
        "CountForPrometheus",
        needing: ["PrometheusMetrics"] + endpoint("swift-metrics", "CoreMetrics")
    ),
    example(
        "RunEndpoint",
        needing: ["CloudEndpoint", "JSONDocument"] + endpoint("swift-log", "Logging")
            + endpoint("swift-service-lifecycle", "ServiceLifecycle", "UnixSignals")
    ),
]

let package = Package(
    name: "swift-iot",
    platforms: [.macOS(.v26)],
    products: modules.map { .library(name: $0.name, targets: [$0.name]) } + [
        .executable(name: "iot-cloud", targets: ["iot-cloud"])
    ],
    traits: [
        .trait(
            name: "Endpoint",
            description: "The composed endpoint and what it needs: NIO, TLS, HTTP, SQLite."
        ),
        .default(enabledTraits: ["Endpoint"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git",
            from: "2.13.0"
        ),
    ],
    targets: modules.map(\.target) + modules.map(\.tests) + examples + [
        .systemLibrary(
            name: "IoTCOpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),
        .systemLibrary(
            name: "IoTCSodium",
            pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]
        ),
        .executableTarget(
            name: "iot-cloud",
            dependencies: [
                "AccessPolicy", "CertificateTool", "CloudEndpoint", "DeviceRegistration",
                "DeviceShadow", "FileEncryption", "FileTool",
                "FirmwareManifest", "FirmwareManifestOpenSSL", "FirmwareManifestSodium",
                "FirmwareTool", "HTTPRangeClient", "IoTTime", "JSONDocument",
                "JSONDocumentCodable", "MQTTBroker", "MQTTCodec", "MQTTCodecNIO",
                "MQTTPacketDump", "MQTTTopics", "RulesSQL", "RulesSQLSystem", "X509Verification",
                "X509VerificationOpenSSL",
            ]
                + endpoint("GRDB.swift", "GRDB")
                + endpoint("swift-configuration", "Configuration")
                + endpoint("swift-nio", "NIOCore", "NIOHTTP1", "NIOPosix")
                + endpoint("swift-nio-ssl", "NIOSSL")
                + endpoint("swift-argument-parser", "ArgumentParser")
                + endpoint("swift-log", "Logging")
                + endpoint("swift-metrics", "CoreMetrics")
                + endpoint("swift-service-lifecycle", "ServiceLifecycle", "UnixSignals"),
            swiftSettings: swift
        ),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "AccessPolicy", "CloudEndpoint", "DeviceRegistration", "IoTTestSupport", "IoTTime",
                "MQTTBroker", "MQTTCodec", "PrometheusMetrics", "X509Verification",
                "X509VerificationOpenSSL", "iot-cloud",
            ]
                + endpoint("swift-log", "Logging"),
            exclude: ["Clients"],
            swiftSettings: swift
        ),
        .target(name: "IoTTestSupport", path: "Tests/TestSupport", swiftSettings: swift),
        // What a connection costs without a broker, for the benchmark of the broker.
        .executableTarget(
            name: "IoTIdleChannel",
            dependencies: endpoint("swift-nio", "NIOCore", "NIOPosix")
                + endpoint("swift-nio-ssl", "NIOSSL"),
            path: "Tests/IdleChannel",
            swiftSettings: swift
        ),
        .executableTarget(
            name: "IoTTransferHelper",
            dependencies: ["FileTool"],
            path: "Tests/TransferHelper",
            swiftSettings: swift
        ),
    ]
)
