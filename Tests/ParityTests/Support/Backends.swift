import AttendBackends
import Testing

extension Trait where Self == ConditionTrait {
    /// Skips where this machine lacks the backend; the output says why.
    static func backend(_ name: String) -> ConditionTrait {
        let missing = reason(name)
        return .enabled(if: missing == nil, "\(missing ?? "")")
    }

    private static func reason(_ name: String) -> String? {
        do {
            _ = try BackendRegistry.builtIn.backend(named: name)
        } catch let error as BackendUnavailable {
            return error.description
        } catch {
            // Whatever else goes wrong is for the test to stumble over.
        }
        return nil
    }
}
