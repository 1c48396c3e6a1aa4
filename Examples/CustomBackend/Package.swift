// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "CustomBackend",
    platforms: [.macOS(.v26)],
    products: [.library(name: "TinyBackend", targets: ["TinyBackend"])],
    dependencies: [.package(name: "Attend", path: "../..")],
    targets: [
        .target(name: "TinyBackend", dependencies: [.product(name: "AttendBackend", package: "Attend")]),
        .testTarget(
            name: "TinyBackendTests",
            dependencies: ["TinyBackend", .product(name: "AttendParity", package: "Attend")])
    ]
)
