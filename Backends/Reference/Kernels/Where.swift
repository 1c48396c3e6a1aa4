import AttendBackend

/// `where`: `lhs` where the condition is true, `rhs` where it is false; all three broadcast. The element not selected
/// has no effect, even if it is NaN.
extension Evaluation {
    func `where`() throws(BackendError) -> Elements<Scalar> {
        let condition = try bools(broadcast(0))
        switch (broadcast(1), broadcast(2)) {
        case (.floating(let lhs), .floating(let rhs)): return .floating(Self.selected(condition, lhs, rhs))
        case (.int32(let lhs), .int32(let rhs)): return .int32(Self.selected(condition, lhs, rhs))
        case (.int64(let lhs), .int64(let rhs)): return .int64(Self.selected(condition, lhs, rhs))
        case (.bool(let lhs), .bool(let rhs)): return .bool(Self.selected(condition, lhs, rhs))
        case (_, let rhs):
            throw .failed(
                backend: kernel.backend, action: "run where",
                reason: "its sides are of two dtypes, one of them \(rhs.kind)")
        }
    }

    private static func selected<Element>(_ condition: [Bool], _ lhs: [Element], _ rhs: [Element]) -> [Element] {
        condition.indices.map { condition[$0] ? lhs[$0] : rhs[$0] }
    }
}
