import AttendPlugin
import Foundation
import PluginSupport
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Manifests, which are read before any code of the library runs.
@Suite(.compilesC) struct ManifestTests {
    /// A library that writes a file as soon as any of its code runs.
    private static func watched(_ folder: PluginFolder, manifest: String?) throws -> (path: String, mark: String) {
        let mark = "\(folder.path)/ran"
        try CCompiler.build(
            Faulty.source, to: "\(folder.path)/libfaulty.so", flags: ["-DCONSTRUCTOR=\"\(mark)\""])
        if let manifest { try folder.write(manifest, to: "libfaulty.json") }
        return ("\(folder.path)/libfaulty.so", mark)
    }

    private static func reason(_ manifest: String?) throws -> String {
        let folder = try PluginFolder()
        let (path, mark) = try watched(folder, manifest: manifest)
        defer { #expect(!FileManager.default.fileExists(atPath: mark), "code ran before the manifest was read") }
        do throws(PluginError) {
            _ = try Plugin(path: path)
        } catch {
            #expect(error.path == (error.isOfManifest ? "\(folder.path)/libfaulty.json" : path))
            return error.reason
        }
        return "no error"
    }

    @Test func `a library without its manifest is refused, and does not run`() throws {
        #expect(try Self.reason(nil) == "there is no manifest libfaulty.json beside it")
        let folder = try PluginFolder()
        let path = try Self.watched(folder, manifest: nil).path
        let error = try #require(throws: PluginError.self) { try Plugin(path: path) }
        // What it says to write is a manifest.
        let remedy = error.remedy
        let (start, end) = (try #require(remedy.firstIndex(of: "{")), try #require(remedy.lastIndex(of: "}")))
        try folder.write(String(remedy[start...end]).replacing("NAME", with: "faulty"), to: "libfaulty.json")
        _ = try Plugin(path: path).makeBackend()
    }

    // The limit is for a hang.
    @Test(.timeLimit(.minutes(20))) func `a pipe in the place of the library or its manifest is not waited for`() throws
    {
        let folder = try PluginFolder()
        #expect(mkfifo("\(folder.path)/libpipe.so", 0o600) == 0)
        let error = try #require(throws: PluginError.self) { try Plugin(path: "\(folder.path)/libpipe.so") }
        #expect(error == .unreadable(path: "\(folder.path)/libpipe.so", reason: "is not a regular file"))
        let path = try Self.watched(folder, manifest: nil).path
        #expect(mkfifo("\(folder.path)/libfaulty.json", 0o600) == 0)
        let other = try #require(throws: PluginError.self) { try Plugin(path: path) }
        #expect(
            other
                == .badManifest(path: "\(folder.path)/libfaulty.json", reason: "the manifest is not a regular file"))
    }

    @Test(arguments: ["version", "summary", "needs.libraries[0]", "needs.remedy"])
    func `what people are shown holds no control characters`(key: String) throws {
        func words(_ place: String) -> String { place == key ? #"a\u001b[31mb"# : "ab" }
        let text = """
            {"attend_plugin": 1, "name": "a", "version": "\(words("version"))", "summary": "\(words("summary"))",
             "needs": {"abi": "1.0", "libraries": ["\(words("needs.libraries[0]"))"],
                       "remedy": "\(words("needs.remedy"))"}}
            """
        #expect(
            try Self.reason(text)
                == "\(key): expected a line without control characters, found \"a\u{FFFD}[31mb\"")
    }

    @Test(.tags(.slow), .unlessFast) func `faults of a manifest name the key`() throws {
        let cases = [
            ("{", "line 1"),
            ("[]", "expected an object, found an array"),
            ("{}", "attend_plugin is missing"),
            (#"{"attend_plugin": 2, "name": "a", "version": "1", "needs": {"abi": "1.0"}}"#, "expected 1, found 2"),
            (#"{"attend_plugin": 1, "version": "1", "needs": {"abi": "1.0"}}"#, "name is missing"),
            (#"{"attend_plugin": 1, "name": "A b", "version": "1", "needs": {"abi": "1.0"}}"#, "found \"A b\""),
            (#"{"attend_plugin": 1, "name": "", "version": "1", "needs": {"abi": "1.0"}}"#, "found \"\""),
            (#"{"attend_plugin": 1, "name": 3, "version": "1", "needs": {"abi": "1.0"}}"#, "name: expected a string"),
            (#"{"attend_plugin": 1, "name": "a", "version": "1"}"#, "needs is missing"),
            (#"{"attend_plugin": 1, "name": "a", "version": "1", "needs": {}}"#, "needs.abi is missing"),
            (#"{"attend_plugin": 1, "name": "a", "version": "1", "needs": {"abi": "one"}}"#, "found \"one\""),
            (#"{"attend_plugin": 1, "name": "a", "version": "1", "needs": {"abi": "+1.+0"}}"#, "found \"+1.+0\""),
            (#"{"attend_plugin": 1, "name": "a", "version": "1", "needs": {"abi": "1."}}"#, "found \"1.\""),
            (#"{"attend_plugin": 1, "name": "\u0007", "version": "1", "needs": {"abi": "1.0"}}"#, "found \"\u{FFFD}\""),
            (#"{"\u0007": 1}"#, "unknown manifest key \u{FFFD}"),
            (
                #"{"attend_plugin": 1, "name": "a", "version": "1", "needs": {"abi": "1.0"}, "sumary": "x"}"#,
                "did you mean \"summary\""
            ),
            (
                #"{"attend_plugin": 1, "name": "a", "version": "1", "needs": {"abi": "1.0", "librarie": []}}"#,
                "unknown manifest key needs.librarie; did you mean \"libraries\""
            )
        ]
        for (text, expected) in cases {
            let reason = try Self.reason(text)
            #expect(reason.contains(expected), "\(text): \(reason)")
        }
    }

    @Test(arguments: ["2.0", "1.1"]) func `a newer interface is refused before any code runs`(abi: String) throws {
        let text = #"{"attend_plugin": 1, "name": "faulty", "version": "1.0.0", "needs": {"abi": "\#(abi)"}}"#
        #expect(
            try Self.reason(text)
                == "its manifest requires version \(abi) of attend_backend.h, this program supports \(ABIVersion.host)")
    }

    @Test func `a plug-in runs when its backend is made, not before`() throws {
        let folder = try PluginFolder()
        let text = #"{"attend_plugin": 1, "name": "faulty", "version": "1.0.0", "needs": {"abi": "1.0"}}"#
        let (path, mark) = try Self.watched(folder, manifest: text)
        let plugin = try Plugin(path: path)
        #expect(plugin.name == "faulty")
        #expect(!FileManager.default.fileExists(atPath: mark))
        _ = try plugin.makeBackend()
        #expect(FileManager.default.fileExists(atPath: mark))
    }

    @Test func `the manifest lies beside the library, under its name`() throws {
        #expect(try PluginManifest.path(besides: "/a.b/libx.so") == "/a.b/libx.json")
        #expect(try PluginManifest.path(besides: "/a.b/libx") == "/a.b/libx.json")
    }

    @Test func `or in a folder of resources beside it, as SwiftPM makes them`() throws {
        let folder = try PluginFolder()
        func path() throws(PluginError) -> String { try PluginManifest.path(besides: "\(folder.path)/libx.so") }
        for name in ["a_a.resources", "b_b.resources"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: false)
        }
        #expect(try path() == "\(folder.path)/libx.json")
        try folder.write("{}", to: "b_b.resources/libx.json")
        #expect(try path() == "\(folder.path)/b_b.resources/libx.json")
        try folder.write("{}", to: "a_a.resources/libx.json")
        expectError(PluginError.self, saying: "a_a.resources", "b_b.resources") { try path() }
        try folder.write("{}", to: "libx.json")
        #expect(try path() == "\(folder.path)/libx.json")
    }
}

extension PluginError {
    fileprivate var isOfManifest: Bool { if case .badManifest = self { true } else { false } }
}
