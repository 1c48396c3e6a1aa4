import AttendPlugin
import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// Version 1.0 of attend_backend.h and a plug-in's source, as they were. Plug-ins that people built with them must work
/// forever.
private enum Frozen {
    static let folder = "\(CCompiler.root)/Tests/PluginTests/Fixtures/version-1.0"

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    /// The frozen plug-in, built with the frozen header after `change`.
    static func plugin(
        in folder: PluginFolder, flags: [String] = [], change: (String) -> String = { $0 }
    ) throws -> Plugin {
        try folder.write(change(text("attend_backend.h")), to: "attend_backend.h")
        try folder.write(text("minimal.c"), to: "minimal.c")
        return try Plugin(
            path: folder.build(
                "\(folder.path)/minimal.c", library: "libfrozen", name: "minimal", flags: flags + ["-I", folder.path]))
    }

    /// A header with something appended to every structure that may grow, as a later minor version would have it.
    static func grown(_ header: String) -> String {
        let lines = header.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [Substring] in
            if line.hasPrefix("ATTEND_PIN_SIZE(") && !line.contains("attend_slice") { return [] }
            if line.hasPrefix("#define ATTEND_BACKEND_MINOR") { return ["#define ATTEND_BACKEND_MINOR 1"] }
            // The end of a structure, and not of the one that never grows or of an enumeration.
            if line.hasPrefix("} attend_"), line != "} attend_slice;" { return ["    void *(*later)(void *);", line] }
            if line.hasPrefix("    attend_instance *instance; /* for an error that synchronize tells late: ") {
                return [line, "    void *(*later)(void *);"]
            }
            return [line]
        }
        return lines.joined(separator: "\n")
    }
}

@Suite struct FrozenFileTests {
    /// FNV-1a (Fowler, Noll, Vo), 64 bits.
    private static func checksum(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test func `nobody edits what is frozen`() throws {
        #expect(try Self.checksum(Frozen.text("attend_backend.h")) == 0xE164_2FDE_4BBB_7B13)
        #expect(try Self.checksum(Frozen.text("minimal.c")) == 0x1163_0E8A_F3CE_CF52)
    }
}

@Suite(.compilesC) struct FrozenInterfaceTests {
    private static let folders = [Result { try PluginFolder() }, Result { try PluginFolder() }]
    private static let asItWas = Result { try Frozen.plugin(in: folders[0].get()).makeBackend() }
    private static let grown = Result {
        try Frozen.plugin(
            in: folders[1].get(), flags: ["-Wno-missing-field-initializers"], change: Frozen.grown
        ).makeBackend()
    }

    @Test(.tags(.slow), .unlessFast, arguments: BackendCheck.withoutNarrowFloats)
    func `a plug-in of version 1.0 does what every backend must`(
        check: BackendCheck
    ) async throws {
        try await check.run(Self.asItWas.get())
    }

    @Test(.tags(.slow), .unlessFast, arguments: BackendCheck.withoutNarrowFloats)
    func `so does one whose tables have an entry more`(
        check: BackendCheck
    ) async throws {
        try await check.run(Self.grown.get())
    }

    @Test func `the grown header is another one`() throws {
        let grown = Frozen.grown(try Frozen.text("attend_backend.h"))
        // attend_error, host, device, options, operand, attribute, request, kernel_info, tensor, plugin, handshake.
        #expect(grown.components(separatedBy: "(*later)").count == 12)
        let folder = try PluginFolder()
        try folder.write(grown, to: "attend_backend.h")
        try folder.write(
            "#include \"attend_backend.h\"\ntypedef char grew[sizeof(attend_plugin) == 192 ? 1 : -1];\n", to: "t.c")
        try CCompiler.build(
            "\(folder.path)/t.c", to: "\(folder.path)/t.so",
            flags: ["-Wno-missing-field-initializers", "-I", folder.path])
    }

    @Test func `one of a newer major version is refused, and told why`() throws {
        let folder = try PluginFolder()
        let plugin = try Frozen.plugin(in: folder) {
            $0.replacing("#define ATTEND_BACKEND_MAJOR 1", with: "#define ATTEND_BACKEND_MAJOR 2")
        }
        do throws(PluginError) {
            _ = try plugin.makeBackend()
            Issue.record("it was taken")
        } catch {
            #expect(
                error.description
                    == "plug-in \(plugin.path): it requires version 2.0 of attend_backend.h, "
                    + "this program supports \(ABIVersion.host); "
                    + "build it with this program's attend_backend.h, or update this program")
        }
    }

    /// Places that the frozen header pins are where today's has them, and nothing has shrunk.
    @Test func `today's header keeps every place of version 1`() throws {
        let pins = try Frozen.text("attend_backend.h").split(separator: "\n").filter {
            $0.hasPrefix("ATTEND_PIN(") || $0.hasPrefix("ATTEND_PIN_SIZE(")
        }
        #expect(pins.count > 80)
        let folder = try PluginFolder()
        let checks = """
            #include "attend_backend.h"
            #undef ATTEND_PIN_NAMED
            #undef ATTEND_PIN_SIZE
            #define ATTEND_PIN_NAMED(name, condition) typedef char frozen_##name[(condition) ? 1 : -1]
            #define ATTEND_PIN_SIZE(type, bytes) ATTEND_PIN_NAMED(sizeof_##type, sizeof(type) >= (bytes))

            """
        try folder.write(checks + pins.joined(separator: "\n") + "\n", to: "pins.c")
        try CCompiler.build("\(folder.path)/pins.c", to: "\(folder.path)/pins.so")
        // A pin that does not hold is an error, so those above did hold.
        try folder.write(checks + "ATTEND_PIN(attend_plugin, run, 184);\n", to: "wrong.c")
        expectError(CCompiler.Failure.self, saying: "frozen_") {
            try CCompiler.build("\(folder.path)/wrong.c", to: "\(folder.path)/wrong.so")
        }
    }
}
