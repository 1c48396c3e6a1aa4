// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is compiled in the Swift 6 language mode with these settings.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility")
]

/// Targets that hold no unsafe code outside of a few named files.
let safe: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
    name: "Attend",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "AttendCore", targets: ["AttendCore"]),
        .library(name: "ReferenceBackend", targets: ["ReferenceBackend"])
    ],
    targets: [
        .target(name: "AttendCore", swiftSettings: safe),
        .target(
            name: "ReferenceBackend", dependencies: ["AttendCore"], path: "Backends/Reference", swiftSettings: safe),
        .testTarget(name: "ReferenceTests", dependencies: ["AttendCore", "ReferenceBackend"], swiftSettings: safe)
    ]
)
