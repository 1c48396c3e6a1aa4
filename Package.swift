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

/// Flags of the kernel modules. They are optimized in debug builds too: unoptimized, the standard library's inlinable
/// SIMD code would be emitted as weak symbols compiled for a newer processor than the rest of the program may run on.
/// `-fno-math-errno` lets a vector's square root be one instruction.
let kernelFlags = ["-Ounchecked", "-Xcc", "-fno-math-errno"]

/// The instruction sets that the SIMD kernels are compiled for: target, folder of the variant, flags.
#if arch(x86_64)
    let kernelVariants: [(name: String, folder: String, define: String, flags: [String])] = [
        ("SIMDKernelsBaseline", "Baseline", "ATTEND_BASELINE", []),
        ("SIMDKernelsAVX2", "AVX2", "ATTEND_AVX2", ["-Xcc", "-march=x86-64-v3"]),
        (
            "SIMDKernelsAVX512", "AVX512", "ATTEND_AVX512",
            ["-Xcc", "-march=x86-64-v4", "-Xcc", "-mprefer-vector-width=512"]
        )
    ]
#else
    let kernelVariants: [(name: String, folder: String, define: String, flags: [String])] = [
        ("SIMDKernelsBaseline", "Baseline", "ATTEND_BASELINE", [])
    ]
#endif

/// The SIMD kernels: one module per instruction set, the choice between them, and the threads to run them on.
let simdKernelTargets: [Target] =
    [
        .target(name: "CSIMDSupport", path: "Backends/SIMD/Support"),
        // Optimized in debug builds too, as the kernels in Swift are.
        .target(
            name: "CSIMDBFloat16", path: "Backends/SIMD/BFloat16", cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "SIMDKernelTypes", path: "Backends/SIMD/Types", swiftSettings: house),
        .target(
            name: "SIMDKernels",
            dependencies: ["CSIMDBFloat16", "CSIMDSupport", "SIMDKernelTypes"]
                + kernelVariants.map { .init(stringLiteral: $0.name) },
            path: "Backends/SIMD/Dispatch",
            swiftSettings: house
        ),
        .target(
            name: "SIMDThreads",
            dependencies: ["CSIMDSupport"],
            path: "Backends/SIMD/Threads",
            swiftSettings: house
        ),
        .plugin(name: "MultiISA", capability: .buildTool(), path: "Plugins/Package/MultiISA")
    ]
    + kernelVariants.map { variant in
        .target(
            name: variant.name,
            dependencies: ["CSIMDSupport", "SIMDKernelTypes"],
            path: "Backends/SIMD/Variants/\(variant.folder)",
            swiftSettings: house + [.define(variant.define), .unsafeFlags(kernelFlags + variant.flags)],
            plugins: ["MultiISA"]
        )
    }

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// Graphs, the protocol of backends, and what runs graphs on backends.
let core: [Target] = [
    .target(name: "AttendGraph", swiftSettings: safe),
    .target(name: "AttendBackend", dependencies: ["AttendGraph"], swiftSettings: safe),
    .target(name: "AttendRuntime", dependencies: ["AttendBackend", "AttendGraph"], swiftSettings: safe)
]

/// Backends in libraries: the C interface, its loader and its exporter.
let pluginInterface: [Target] = [
    .target(name: "CAttendBackend"),
    .target(
        name: "AttendPlugin",
        dependencies: [
            "AttendBackend", "CAttendBackend", "SIMDThreads", logging
        ],
        swiftSettings: house
    )
]

/// The built-in backends. They depend on the protocol alone.
let backends: [Target] = [
    .target(
        name: "ReferenceBackend", dependencies: ["AttendBackend"], path: "Backends/Reference", swiftSettings: safe),
    .target(
        name: "SIMDBackend",
        dependencies: ["AttendBackend", "SIMDKernelTypes", "SIMDKernels", "SIMDThreads"],
        path: "Backends/SIMD/Backend",
        swiftSettings: house
    ),
    .target(
        name: "OpenBLASBackend",
        dependencies: ["AttendBackend", "SIMDBackend", "SIMDKernelTypes", "SIMDKernels"],
        path: "Backends/OpenBLAS",
        swiftSettings: house
    ),
    .target(
        name: "OpenCLBackend",
        dependencies: ["AttendBackend", logging],
        path: "Backends/OpenCL",
        exclude: ["Kernels"],
        swiftSettings: house,
        plugins: ["EmbedTexts"]
    ),
    .plugin(name: "EmbedTexts", capability: .buildTool(), path: "Plugins/Package/EmbedTexts")
]

/// Models and the registry of backends; `Attend` is all of it in one import.
let models: [Target] = [
    .target(
        name: "AttendModels", dependencies: ["AttendRuntime"], exclude: ["Presets/Files"], swiftSettings: safe,
        plugins: ["EmbedTexts"]),
    .target(
        name: "AttendRegistry",
        dependencies: [
            "AttendRuntime", "AttendPlugin", "ReferenceBackend", "SIMDBackend", "OpenBLASBackend", "OpenCLBackend"
        ],
        swiftSettings: safe
    ),
    .target(
        name: "Attend", dependencies: ["AttendModels", "AttendRegistry", "AttendRuntime"], swiftSettings: safe)
]

/// The parity kit, the fuzzer and the programs.
let programs: [Target] = [
    .target(name: "AttendParity", dependencies: ["AttendRuntime", "ReferenceBackend"], swiftSettings: safe),
    .target(
        name: "AttendFuzz",
        dependencies: ["AttendModels", "AttendRegistry", "AttendRuntime", "AttendParity", "AttendPlugin"],
        swiftSettings: safe
    ),
    .executableTarget(
        name: "AttendCLI",
        dependencies: [
            "AttendModels", "AttendRegistry", "AttendRuntime", "AttendParity", "AttendPlugin", "BuildStamp",
            "CSanitizers",
            argumentParser,
            logging
        ],
        swiftSettings: safe
    ),
    .target(name: "CSanitizers"),
    .executableTarget(
        name: "attend-fuzz", dependencies: ["AttendRuntime", "AttendFuzz", "AttendParity", argumentParser],
        path: "Sources/AttendFuzzCLI", swiftSettings: safe),
    .target(name: "BuildStamp", swiftSettings: safe, plugins: ["BuildCommit"]),
    .plugin(name: "BuildCommit", capability: .buildTool(), path: "Plugins/Package/BuildCommit"),
    .plugin(
        name: "NewBackend",
        capability: .command(
            intent: .custom(verb: "new-backend", description: "Write a package with a backend of your own in it"),
            permissions: [.writeToPackageDirectory(reason: "The new package is a folder in it.")]),
        path: "Plugins/Package/NewBackend", exclude: ["Templates"]),
    .plugin(
        name: "Parity",
        capability: .command(
            intent: .custom(verb: "parity", description: "Check that a backend computes what it should")),
        path: "Plugins/Package/Parity")
]

/// Examples of backends in libraries, and of programs.
let examples: [Target] = [
    .target(
        name: "MinimalSwift", dependencies: ["AttendBackend", "AttendPlugin"],
        path: "Plugins/Backends/minimal-swift", resources: [.copy("libminimal-swift.json")],
        swiftSettings: house),
    .target(
        name: "NullBackend", dependencies: ["AttendBackend", "AttendPlugin"],
        path: "Plugins/Backends/null/Backend", swiftSettings: house),
    .target(
        name: "NullPlugin", dependencies: ["AttendPlugin", "NullBackend"],
        path: "Plugins/Backends/null/Plugin", resources: [.copy("libnull.json")], swiftSettings: house),
    .target(
        name: "AbacusExample", dependencies: ["AttendBackend", "AttendPlugin"],
        path: "Plugins/Backends/abacus", resources: [.copy("libabacus-example.json")]),
    .target(
        name: "TinyBackend", dependencies: ["AttendBackend"], path: "Examples/CustomBackend/Sources/TinyBackend",
        swiftSettings: house),
    .executableTarget(
        name: "two-heads",
        dependencies: ["Attend"],
        path: "Examples/TwoHeads",
        swiftSettings: house
    )
]

/// Benchmarks, built only where `ATTEND_BENCHMARKS` is set.
let benchmarks: [Target] =
    Context.environment["ATTEND_BENCHMARKS"] == nil
    ? []
    : [
        .executableTarget(
            name: "minilm-benchmark",
            dependencies: ["AttendModels", "AttendRegistry", "AttendRuntime"],
            path: "Benchmarks/MiniLM",
            swiftSettings: house
        ),
        .executableTarget(
            name: "dispatch-benchmark",
            dependencies: ["AttendRuntime", "AttendPlugin", "NullBackend"],
            path: "Benchmarks/Dispatch",
            swiftSettings: house
        ),
        .executableTarget(
            name: "planning-benchmark",
            dependencies: ["AttendModels", "AttendRuntime", "AttendPlugin", "NullBackend"],
            path: "Benchmarks/Planning",
            swiftSettings: house
        ),
        .executableTarget(
            name: "decoding-benchmark",
            dependencies: ["AttendRegistry", "AttendRuntime"],
            path: "Benchmarks/Decoding",
            swiftSettings: house
        ),
        .executableTarget(
            name: "generation-benchmark",
            dependencies: ["AttendModels", "AttendRegistry", "AttendRuntime"],
            path: "Benchmarks/Generation",
            swiftSettings: house
        ),
        .executableTarget(
            name: "reference-benchmark",
            dependencies: ["AttendRuntime", "ReferenceBackend"],
            path: "Benchmarks/Reference",
            swiftSettings: house
        )
    ]

/// Tests by layer, and what they share.
let tests: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["AttendRegistry", "AttendRuntime"], path: "Tests/TestSupport",
        swiftSettings: house),
    .target(
        name: "ModelSupport", dependencies: ["AttendRuntime", "TestSupport"], path: "Tests/ModelSupport",
        resources: [.copy("Fixtures")], swiftSettings: house),
    .target(
        name: "PluginSupport", dependencies: ["TestSupport"], path: "Tests/PluginSupport", swiftSettings: house),
    .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: house),
    .testTarget(name: "ArchitectureTests", swiftSettings: house),
    .testTarget(
        name: "CoreTests", dependencies: ["AttendRuntime", "ReferenceBackend", "TestSupport"],
        resources: [.copy("Fixtures")], swiftSettings: house),
    .testTarget(
        name: "ReferenceTests", dependencies: ["AttendRuntime", "ReferenceBackend", "TestSupport"],
        swiftSettings: safe),
    .testTarget(
        name: "SIMDKernelTests",
        dependencies: ["AttendBackend", "SIMDKernels", "SIMDKernelTypes", "SIMDThreads", "CSIMDSupport", "TestSupport"],
        swiftSettings: house
    ),
    .testTarget(
        name: "OpenCLTests", dependencies: ["AttendRuntime", "OpenCLBackend", "TestSupport"], swiftSettings: house),
    .testTarget(
        name: "BackendTests",
        dependencies: [
            "AttendModels", "AttendRegistry", "AttendRuntime", "AttendParity", "AttendPlugin", "ModelSupport",
            "OpenBLASBackend", "OpenCLBackend", "PluginSupport", "ReferenceBackend", "TestSupport"
        ],
        resources: [.copy("Fixtures")],
        swiftSettings: house
    ),
    .testTarget(
        name: "PluginTests",
        dependencies: [
            "AttendRegistry", "AttendRuntime", "AttendPlugin", "NullBackend", "PluginSupport", "TestSupport"
        ],
        exclude: ["Fixtures"],
        swiftSettings: house
    ),
    .testTarget(
        name: "ModelTests", dependencies: ["AttendModels", "AttendRuntime", "ModelSupport", "TestSupport"],
        resources: [.copy("Fixtures")], swiftSettings: house),
    .testTarget(
        name: "ParityTests",
        dependencies: [
            "AttendModels", "AttendRegistry", "AttendRuntime", "AttendParity", "OpenCLBackend", "ReferenceBackend",
            "ModelSupport", "TestSupport"
        ],
        swiftSettings: house
    ),
    .testTarget(
        name: "FuzzTests",
        dependencies: [
            "AttendModels", "AttendRegistry", "AttendRuntime", "AttendFuzz", "AttendParity", "TestSupport",
            "attend-fuzz"
        ], swiftSettings: house),
    .testTarget(
        name: "CommandTests",
        dependencies: [
            "AttendModels", "AttendRuntime", "AttendCLI", "ModelSupport", "PluginSupport", "TestSupport"
        ],
        resources: [.copy("Fixtures")],
        swiftSettings: house
    ),
    .testTarget(
        name: "TinyBackendTests", dependencies: ["AttendParity", "TinyBackend"],
        path: "Examples/CustomBackend/Tests/TinyBackendTests", swiftSettings: house)
]

let package = Package(
    name: "Attend",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "Attend", targets: ["Attend"]),
        .library(name: "AttendGraph", targets: ["AttendGraph"]),
        .library(name: "AttendBackend", targets: ["AttendBackend"]),
        .library(name: "AttendRuntime", targets: ["AttendRuntime"]),
        .library(name: "AttendModels", targets: ["AttendModels"]),
        .library(name: "AttendRegistry", targets: ["AttendRegistry"]),
        .library(name: "ReferenceBackend", targets: ["ReferenceBackend"]),
        .library(name: "OpenCLBackend", targets: ["OpenCLBackend"]),
        .library(name: "AttendParity", targets: ["AttendParity"]),
        .library(name: "AttendPlugin", targets: ["AttendPlugin"]),
        .library(name: "CAttendBackend", targets: ["CAttendBackend"]),
        .library(name: "minimal-swift", type: .dynamic, targets: ["MinimalSwift"]),
        .library(name: "null", type: .dynamic, targets: ["NullPlugin"]),
        .library(name: "abacus-example", type: .dynamic, targets: ["AbacusExample"]),
        .plugin(name: "NewBackend", targets: ["NewBackend"]),
        .plugin(name: "Parity", targets: ["Parity"]),
        .executable(name: "attend", targets: ["AttendCLI"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2")
    ],
    targets: core + pluginInterface + simdKernelTargets + backends + models + programs + examples + benchmarks + tests
)
