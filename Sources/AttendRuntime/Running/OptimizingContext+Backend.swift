public import AttendBackend
public import AttendGraph

extension OptimizingContext {
    /// A context that folds constants on this backend and reports no composite as supported natively.
    public init(on backend: any ComputeBackend) {
        self.init(evaluate: { try? Program($0, on: backend, optimizer: .none).makeSession().run([:]) })
    }
}
