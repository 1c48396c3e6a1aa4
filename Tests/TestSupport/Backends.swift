import AttendRegistry
public import AttendRuntime
import Foundation
public import Testing

/// The built-in backends, by the names in the registry: a new one is tested without an edit here.
///
/// `ATTEND_TEST_BACKENDS=reference,simd` limits the tests to some of them.
public enum Backends {
    /// The backends that this machine has, for `@Test(arguments:)`.
    public static let available: [String] = BackendRegistry.builtIn.entries.map(\.name).filter { missing[$0] == nil }

    /// Why the others are left out, by name. Each backend is tried once.
    public static let missing: [String: String] = {
        let variable = ProcessInfo.processInfo.environment["ATTEND_TEST_BACKENDS"] ?? ""
        let wanted = variable.split(separator: ",").map(String.init)
        let names = BackendRegistry.builtIn.entries.map(\.name)
        for name in wanted where !names.contains(name) {
            preconditionFailure("ATTEND_TEST_BACKENDS: no backend \(name) among \(names.joined(separator: ", "))")
        }
        var reasons: [String: String] = [:]
        for entry in BackendRegistry.builtIn.entries {
            guard wanted.isEmpty || wanted.contains(entry.name) else {
                reasons[entry.name] = "\(entry.name) is not in ATTEND_TEST_BACKENDS"
                continue
            }
            do {
                _ = try entry.make(BackendOptions())
            } catch let error as BackendUnavailable {
                reasons[entry.name] = error.description
            } catch {
                // Any other error is a fault of the backend: its tests fail with it.
            }
        }
        return reasons
    }()

    /// One for all tests: each of PoCL's contexts takes half a second to load what it compiles with.
    private static let openCL = Result { try BackendRegistry.builtIn.backend(named: "opencl") }

    /// A backend of this name, a new one unless it is `opencl`. A test that may lack it has the trait `.backend(name)`
    /// or runs over ``available``.
    public static func make(_ name: String, threads: Int? = nil) throws -> any ComputeBackend {
        if name == "opencl", threads == nil { return try openCL.get() }
        return try BackendRegistry.builtIn.backend(named: name, options: BackendOptions(threads: threads))
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test or suite where this machine lacks the backend; the output has the reason.
    public static func backend(_ name: String) -> ConditionTrait {
        let reason = Backends.missing[name]
        return .enabled(if: reason == nil, "\(reason ?? "")")
    }
}
