import AttendPlugin
import AttendRegistry
import AttendRuntime
import Foundation
import OpenCLBackend
import PluginSupport
import TestSupport
import Testing

extension BackendCheck {
    /// Whatever every backend must do, but for the checks that need a download.
    static let all =
        ElementwiseTests.checks + StructureTests.checks + CompositeTests.checks + AttentionTests.checks
        + ONNXTests.checks + ModelTests.checks + GenerationTests.checks + CachedHeadTests.checks
        + TranscriptionTests.checks
        + ModelCaseTests.checks + SharingTests.checks
        + CaptureTests.checks
        + ExplainTests.checks + NumberTests.checks + DeferredConstantTests.checks

    /// What kernels for another class of devices must do beside the kit's cases, which try each operation on one
    /// element at a time.
    static let otherClass: [BackendCheck] = {
        let left = Set((ElementwiseTests.checks + ONNXTests.checks).map(\.testDescription))
        return all.filter { !left.contains($0.testDescription) && !$0.testDescription.hasSuffix("may be any: int32") }
    }()

    /// What a backend must do that leaves the 16-bit floats alone: their casts are cases of their own.
    static let withoutNarrowFloats = all.filter { !$0.testDescription.contains("float16") }
}

/// Every built-in backend that this machine has: a line in the registry is all that a new one needs.
@Suite struct BuiltInBackendTests {
    @Test(arguments: Backends.available, BackendCheck.all)
    func `does what every backend must`(name: String, check: BackendCheck) async throws {
        try await check.run(backend(name))
    }

    @Test(.miniLM, arguments: Backends.available) func `embeds as MiniLM`(name: String) async throws {
        try await ModelTests.miniLM.run(backend(name))
    }

    /// Skipped with the reason of each that is missing, because a test over ``Backends/available`` can't show it.
    @Test(.enabled(if: Backends.missing.isEmpty, "\(Backends.missing.values.sorted().joined(separator: "; "))"))
    func `this machine has every built-in backend`() {
        #expect(Backends.available == BackendRegistry.builtIn.entries.map(\.name))
    }
}

/// The example of a plug-in in C, through the C interface: all that a built-in backend must do, but for the 16-bit
/// floats.
@Suite(.compilesC, .tags(.slow), .unlessFast) struct MinimalPluginTests {
    private static let made = Result { try Plugin(path: ExamplePlugin.minimal.library()).makeBackend() }

    @Test(arguments: BackendCheck.withoutNarrowFloats) func `does what every backend must`(check: BackendCheck)
        async throws
    {
        try await check.run(Self.made.get())
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(Self.made.get()) }
}

/// The example of a plug-in in Swift: through the C interface, and back into Swift on its other side.
@Suite(.tags(.slow), .unlessFast) struct MinimalSwiftPluginTests {
    private static let made = Result { try Plugin(path: ExamplePlugin.minimalSwift.library()).makeBackend() }

    @Test(arguments: BackendCheck.withoutNarrowFloats) func `does what every backend must`(check: BackendCheck)
        async throws
    {
        try await check.run(Self.made.get())
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(Self.made.get()) }
}

/// The kernels that are not for this device's type: a processor runs those for GPUs as well, slowly.
@Suite(.backend("opencl"), .tags(.slow), .unlessFast) struct OpenCLOtherClassTests {
    private static let made = Result {
        let own = try OpenCLBackend().deviceClass
        return try OpenCLBackend(.init(deviceClass: own == .cpu ? .gpu : .cpu))
    }

    private func otherClass() throws -> OpenCLBackend { try Self.made.get() }

    @Test(arguments: BackendCheck.otherClass) func `does what every backend must`(check: BackendCheck) async throws {
        try await check.run(otherClass())
    }
    @Test(.miniLM) func `embeds as MiniLM`() async throws { try await ModelTests.miniLM.run(otherClass()) }
}

@Suite struct BackendSuiteTests {
    @Test func `every built-in backend is tested, or missing for the registry's reason`() throws {
        let names = BackendRegistry.builtIn.entries.map(\.name)
        #expect(names.filter { Backends.available.contains($0) != (Backends.missing[$0] != nil) } == names)
        #expect(Backends.available.count + Backends.missing.count == names.count)
        if ProcessInfo.processInfo.environment["ATTEND_TEST_BACKENDS"] == nil {
            // These need nothing but the program.
            #expect(Set(["reference", "simd"]).isSubset(of: Backends.available))
        }
    }

    @Test func `the checks are there, each under its own name`() {
        #expect(BackendCheck.all.count >= 179)
        #expect(BackendCheck.otherClass.count >= 90)
        #expect(BackendCheck.all.count - BackendCheck.withoutNarrowFloats.count == 7)
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
            let found = Backends.missing[entry.name]
            #expect(found == reason || found == "\(entry.name) is not in ATTEND_TEST_BACKENDS")
            let comments = (ConditionTrait.backend(entry.name) as ConditionTrait).comments.map(\.rawValue)
            #expect(comments == [found ?? ""])
        }
    }
}
