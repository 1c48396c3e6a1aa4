import Foundation
import Testing

/// Data flows one way: AttendGraph ← AttendBackend ← backends, AttendRuntime ← registry ← command line.
@Suite struct ImportRules {
    /// The modules of ours that each folder may import. A folder of `Backends` without a rule is ``plainBackend``.
    private static let rules: [String: Set<String>] = [
        "Sources/AttendGraph": [],
        "Sources/AttendBackend": ["AttendGraph"],
        "Sources/AttendRuntime": ["AttendGraph", "AttendBackend"],
        "Sources/AttendModels": ["AttendRuntime"],
        "Sources/AttendRegistry": backendModules.union(["AttendBackend", "AttendRuntime", "AttendPlugin"]),
        "Sources/Attend": ["AttendRuntime", "AttendModels", "AttendRegistry"],
        "Sources/AttendParity": ["AttendRuntime", "ReferenceBackend"],
        "Sources/AttendFuzz": ["AttendRuntime", "AttendModels", "AttendRegistry", "AttendParity", "AttendPlugin"],
        "Sources/AttendFuzzCLI": ["AttendRuntime", "AttendFuzz", "AttendParity"],
        "Sources/AttendPlugin": ["AttendBackend", "CAttendBackend", "SIMDThreads"],
        "Plugins/Backends/minimal-swift": ["AttendBackend", "AttendPlugin"],
        "Plugins/Backends/abacus": ["AttendBackend", "AttendPlugin"],
        "Plugins/Backends/null": ["AttendBackend", "AttendPlugin", "NullBackend"],
        "Sources/AttendCLI": [
            "AttendRuntime", "AttendModels", "AttendRegistry", "AttendParity", "AttendPlugin", "BuildStamp"
        ],
        "Sources/BuildStamp": [],
        "Backends/SIMD/Backend": ["AttendBackend", "SIMDKernelTypes", "SIMDKernels", "SIMDThreads"],
        "Backends/SIMD/Dispatch": [
            "CSIMDBFloat16", "CSIMDSupport", "SIMDKernelTypes", "SIMDKernelsBaseline", "SIMDKernelsAVX2",
            "SIMDKernelsAVX512"
        ],
        "Backends/SIMD/Kernels": ["CSIMDSupport", "SIMDKernelTypes"],
        "Backends/SIMD/Threads": ["CSIMDSupport"],
        "Backends/SIMD/Types": [],
        "Backends/OpenBLAS": ["AttendBackend", "SIMDBackend", "SIMDKernelTypes", "SIMDKernels"]
    ]

    private static let plainBackend: Set<String> = ["AttendBackend"]

    private static let backendFolders: [String] = {
        let folders = try? FileManager.default.contentsOfDirectory(
            at: root.appending(path: "Backends"), includingPropertiesForKeys: nil)
        return (folders ?? []).map(\.lastPathComponent).filter { !$0.hasPrefix(".") }
    }()

    /// `SIMDBackend` for the folder `SIMD`.
    private static let backendModules = Set(backendFolders.map { "\($0)Backend" })

    private static let allowed: [String: Set<String>] = {
        var allowed = rules
        for folder in backendFolders.map({ "Backends/\($0)" })
        where !rules.keys.contains(where: { $0 == folder || $0.hasPrefix(folder + "/") }) {
            allowed[folder] = plainBackend
        }
        return allowed
    }()

    /// Modules from outside of this package.
    private static let outside: Set<String> = [
        "ArgumentParser", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin",
        "Synchronization", "Swift",
        "Logging"
    ]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func sources(_ folder: String) -> [URL] {
        let enumerator = FileManager.default.enumerator(
            at: root.appending(path: folder), includingPropertiesForKeys: nil)
        return (enumerator?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    }

    private static func imports(_ file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
                words[..<index].allSatisfy({
                    ["public", "package", "private", "internal", "fileprivate", "@testable", "@_exported"].contains($0)
                })
            else { return nil }
            return words.last.map(String.init)
        }
    }

    @Test(arguments: allowed.keys.sorted()) func `a folder imports only what is below it`(folder: String) throws {
        let files = Self.sources(folder)
        #expect(!files.isEmpty, "\(folder) has no sources")
        let allowed = try #require(Self.allowed[folder]).union(Self.outside)
        for file in files {
            for module in try Self.imports(file) {
                #expect(allowed.contains(module), "\(file.lastPathComponent) imports \(module)")
            }
        }
    }

    @Test func `every source folder has a rule`() throws {
        for top in ["Sources", "Backends", "Plugins/Backends"] {
            for file in Self.sources(top) {
                let path = file.path.dropFirst(Self.root.path.count + 1)
                let covered = Self.allowed.keys.contains { path.hasPrefix($0 + "/") } || path.contains("/Variants/")
                #expect(covered, "\(path) belongs to no folder with a rule")
            }
        }
    }

    @Test func `no file has more than 600 lines`() throws {
        for top in ["Sources", "Backends", "Plugins", "Tests"] {
            for file in Self.sources(top) {
                let lines = try String(contentsOf: file, encoding: .utf8).split(
                    separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.count <= 600, "\(file.lastPathComponent) has \(lines.count) lines")
            }
        }
    }

    /// swift test can't select tags; the condition leaves the test out of `make test-fast`.
    @Test func `every slow test has its condition beside its tag`() throws {
        var count = 0
        for file in Self.sources("Tests") where !file.path.contains("/ArchitectureTests/") {
            let text = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
            let tags = text.components(separatedBy: ".tags(.slow)").count - 1
            let pairs = text.components(separatedBy: ".tags(.slow), .unlessFast").count - 1
            #expect(tags == pairs, "\(file.lastPathComponent)")
            #expect(
                text.components(separatedBy: ".unlessFast").count - 1 == pairs || file.path.contains("/TestSupport/"))
            count += pairs
        }
        #expect(count > 30)
    }

    /// Files of the safe modules that use pointers: reads of files, identities of tensors, memory for host backends,
    /// and what the system tells of a process.
    private static let pointerFiles = [
        "FileBytes.swift", "GuardedPages.swift", "HostMemory.swift", "ResidentMemory.swift",
        "TensorIdentity.swift"
    ]

    @Test func `core, models, kit and reference use pointers only in named files`() throws {
        for folder in [
            "Sources/AttendGraph", "Sources/AttendBackend", "Sources/AttendRuntime", "Sources/AttendModels",
            "Sources/AttendParity", "Backends/Reference"
        ] {
            for file in Self.sources(folder)
            where !Self.pointerFiles.contains(file.lastPathComponent) {
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in [
                    "UnsafePointer", "UnsafeMutable", "UnsafeRaw", "UnsafeBuffer", "unsafeBitCast", "withUnsafe"
                ] {
                    #expect(!text.contains(word), "\(file.lastPathComponent) uses \(word)")
                }
            }
        }
    }
}
