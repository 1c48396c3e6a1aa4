public import AttendBackend
public import AttendGraph

extension OptimizingContext {
    /// Constants are computed by this backend, nothing is claimed.
    public init(on backend: any ComputeBackend) {
        self.init(evaluate: { try? Program($0, on: backend, optimizer: .none).makeSession().run([:]) })
    }
}
