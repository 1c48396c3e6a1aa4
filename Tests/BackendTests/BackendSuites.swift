import AttendBackends
import AttendCore
import AttendPlugin
import Foundation
import OpenCLBackend
import PluginSupport
import Testing

extension BackendCheck {
    /// Whatever every backend must do, but for the checks that need a download.
    static let all =
        ElementwiseTests.checks + StructureTests.checks + CompositeTests.checks + AttentionTests.checks
        + ONNXTests.checks + ModelTests.checks + SharingTests.checks + CaptureTests.checks + ExplainTests.checks

    /// What a backend must do that leaves the 16-bit floats alone: their casts are cases of their own.
    static let withoutNarrowFloats = all.filter { !$0.testDescription.contains("float16") }
}

// One suite a backend, all alike. A backend that this machine lacks is skipped visibly, with the reason.

@Suite(.backend("reference")) struct ReferenceTests {
    @Test(arguments: BackendCheck.all) func `does what every backend must`(check: BackendCheck) async throws {
        try await check.run(backend("reference"))
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(backend("reference")) }
}

@Suite(.backend("simd")) struct SIMDTests {
    @Test(arguments: BackendCheck.all) func `does what every backend must`(check: BackendCheck) async throws {
        try await check.run(backend("simd"))
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(backend("simd")) }
}

@Suite(.backend("openblas")) struct OpenBLASTests {
    @Test(arguments: BackendCheck.all) func `does what every backend must`(check: BackendCheck) async throws {
        try await check.run(backend("openblas"))
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(backend("openblas")) }
}

@Suite(.backend("opencl")) struct OpenCLTests {
    @Test(arguments: BackendCheck.all) func `does what every backend must`(check: BackendCheck) async throws {
        try await check.run(backend("opencl"))
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(backend("opencl")) }
}

/// The example of a plug-in in C, through the C interface: all that a built-in backend must do, but for the 16-bit floats.
@Suite(.compilesC) struct MinimalPluginTests {
    private static let made = Result { try Plugin(path: ExamplePlugin.minimal.library()).makeBackend() }

    @Test(arguments: BackendCheck.withoutNarrowFloats) func `does what every backend must`(check: BackendCheck)
        async throws
    {
        try await check.run(Self.made.get())
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(Self.made.get()) }
}

/// The example of a plug-in in Swift: through the C interface, and back into Swift on its other side.
@Suite struct MinimalSwiftPluginTests {
    private static let made = Result { try Plugin(path: ExamplePlugin.minimalSwift.library()).makeBackend() }

    @Test(arguments: BackendCheck.withoutNarrowFloats) func `does what every backend must`(check: BackendCheck)
        async throws
    {
        try await check.run(Self.made.get())
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(Self.made.get()) }
}

/// The kernels that are not for this device's type: a processor runs those for GPUs as well, slowly.
@Suite(.backend("opencl")) struct OpenCLOtherClassTests {
    private func otherClass() throws -> OpenCLBackend {
        let own = try OpenCLBackend().deviceClass
        return try OpenCLBackend(.init(deviceClass: own == .cpu ? .gpu : .cpu))
    }

    @Test(arguments: BackendCheck.all) func `does what every backend must`(check: BackendCheck) async throws {
        try await check.run(otherClass())
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(otherClass()) }
}

@Suite struct BackendSuiteTests {
    /// Nothing lists suites at run time, so this file's text has to do.
    @Test func `every built-in backend has its suite`() throws {
        let text = try String(contentsOfFile: #filePath, encoding: .utf8)
        for entry in BackendRegistry.builtIn.entries {
            #expect(text.contains("@Suite(.backend(\"\(entry.name)\"))"), "no suite for \(entry.name)")
            #expect(text.components(separatedBy: "run(backend(\"\(entry.name)\"))").count == 3, "\(entry.name)")
        }
    }

    @Test func `the checks are there, each under its own name`() {
        #expect(BackendCheck.all.count >= 179)
        #expect(BackendCheck.all.count - BackendCheck.withoutNarrowFloats.count == 2)
        #expect(Set(BackendCheck.all.map(\.testDescription)).count == BackendCheck.all.count)
    }

    @Test func `what the registry can't make is skipped for the registry's reason`() throws {
        for entry in BackendRegistry.builtIn.entries {
            let reason: String?
            do {
                _ = try entry.make(BackendOptions())
                reason = nil
            } catch let error as BackendUnavailable {
                reason = error.description
            }
            let comments = (ConditionTrait.backend(entry.name) as ConditionTrait).comments.map(\.rawValue)
            #expect(comments == [reason ?? ""])
        }
    }
}
