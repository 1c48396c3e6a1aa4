import Foundation
import Testing

/// Data flows one way: AttendCore ← backends ← registry ← command line. What a folder's files
/// import is read off their text.
@Suite struct ImportRules {
    /// The modules of ours that each folder may import.
    private static let allowed: [String: Set<String>] = [
        "Sources/AttendCore": [],
        "Sources/Attend": ["AttendCore"],
        "Sources/AttendBackends": [
            "AttendCore", "AttendPlugin", "ReferenceBackend", "SIMDBackend", "OpenBLASBackend", "OpenCLBackend"
        ],
        "Sources/AttendParity": ["AttendCore", "ReferenceBackend"],
        "Sources/AttendFuzz": ["AttendCore", "Attend", "AttendBackends", "AttendParity", "AttendPlugin"],
        "Sources/AttendFuzzCLI": ["AttendCore", "AttendFuzz", "AttendParity"],
        "Sources/AttendPlugin": ["AttendCore", "CAttendBackend", "SIMDThreads"],
        "Plugins/Backends/minimal-swift": ["AttendCore", "AttendPlugin"],
        "Plugins/Backends/abacus": ["AttendCore", "AttendPlugin"],
        "Plugins/Backends/null": ["AttendCore", "AttendPlugin", "NullBackend"],
        "Sources/AttendCLI": [
            "AttendCore", "Attend", "AttendBackends", "AttendParity", "AttendPlugin", "BuildStamp"
        ],
        "Sources/BuildStamp": [],
        "Backends/Reference": ["AttendCore"],
        "Backends/SIMD/Backend": ["AttendCore", "SIMDKernelTypes", "SIMDKernels", "SIMDThreads"],
        "Backends/SIMD/Dispatch": [
            "CSIMDSupport", "SIMDKernelTypes", "SIMDKernelsBaseline", "SIMDKernelsAVX2", "SIMDKernelsAVX512"
        ],
        "Backends/SIMD/Kernels": ["CSIMDSupport", "SIMDKernelTypes"],
        "Backends/SIMD/Threads": ["CSIMDSupport"],
        "Backends/SIMD/Types": [],
        "Backends/OpenCL": ["AttendCore"],
        "Backends/OpenBLAS": ["AttendCore", "SIMDBackend", "SIMDKernelTypes", "SIMDKernels"]
    ]

    /// Modules that are nobody's of ours.
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

    @Test(arguments: allowed.keys.sorted()) func `a folder imports only what stands below it`(folder: String) throws {
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

    @Test func `no file is a hall`() throws {
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

    @Test func `core, models and reference hold no pointers but where files are read and memory is told apart`() throws
    {
        for folder in ["Sources/AttendCore", "Sources/Attend", "Sources/AttendParity", "Backends/Reference"] {
            for file in Self.sources(folder)
            where !["FileBytes.swift", "TensorIdentity.swift"].contains(file.lastPathComponent) {
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
