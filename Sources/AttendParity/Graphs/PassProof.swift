import AttendRuntime
import ReferenceBackend

/// A check that passes preserve a graph's meaning: the original graph and the optimized one, both computed in float64.
///
/// No backend under test is involved. Allowed differences are constants that passes computed in float32, and rows of
/// attention without a visible key, for which the plain form has NaN (see ``AttendGraph/RecognizeAttention``).
struct PassProof {
    /// The tolerance as a share of an output's largest number: about a hundred times the rounding error of constants,
    /// which passes compute in their own type.
    private static func tolerance(_ dtype: DType) -> Double {
        switch dtype {
        case .float16: 4e-3
        case .bfloat16: 3e-2
        default: 1e-4
        }
    }

    /// - Parameters:
    ///   - graph: The original graph.
    ///   - optimized: The graph after passes, with or without bound symbols.
    /// - Returns: The first output that differs.
    static func difference(
        _ graph: Graph, _ optimized: Graph, on inputs: [String: Tensor], symbols: [String: Int]
    ) throws(RunError) -> GraphParityReport.PassDifference? {
        let plain = try results(graph, inputs, symbols)
        let found = try results(optimized, inputs, symbols)
        for (expected, mine) in zip(plain, found) {
            for output in graph.outputs {
                guard let left = expected[output.name], let right = mine[output.name],
                    let difference = difference(output.name, left, right)
                else { continue }
                return difference
            }
        }
        return nil
    }

    /// The results of one run, or of two if the second reads states that the first wrote.
    private static func results(
        _ graph: Graph, _ inputs: [String: Tensor], _ symbols: [String: Int]
    ) throws(RunError) -> [[String: Tensor]] {
        // A graph with bound symbols has no symbols.
        let known = Set(graph.symbols)
        let session = try Program(graph, on: makeOracle(), optimizer: .none)
            .makeSession(symbols: symbols.filter { known.contains($0.key) })
        var runs = [try session.run(inputs)]
        if !graph.states.isEmpty { runs.append(try session.run(inputs)) }
        return runs
    }

    private static func difference(
        _ name: String, _ expected: Tensor, _ found: Tensor
    ) -> GraphParityReport.PassDifference? {
        guard expected.shape == found.shape, expected.dtype == found.dtype else {
            return .init(
                output: name, expected: "\(expected.dtype)\(expected.shape)", found: "\(found.dtype)\(found.shape)")
        }
        guard let left = try? expected.floats(), let right = try? found.floats() else {
            guard let index = expected.firstDifferentBit(from: found) else { return nil }
            let numbers = (ExpectedTensor.numbers(expected)[index], ExpectedTensor.numbers(found)[index])
            return .init(
                output: name, index: expected.index(at: index), expected: "\(numbers.0)", found: "\(numbers.1)")
        }
        let tolerance = tolerance(expected.dtype)
        let largest = left.lazy.filter(\.isFinite).map { Double($0.magnitude) }.max() ?? 0
        for index in left.indices where !left[index].isNaN && left[index] != right[index] {
            // Written so that NaN differs.
            if abs(Double(left[index]) - Double(right[index])) <= tolerance * largest { continue }
            return .init(
                output: name, index: expected.index(at: index), expected: "\(left[index])", found: "\(right[index])")
        }
        return nil
    }
}

extension Tensor {
    /// The index of the element at a position of a row-major tensor.
    func index(at position: Int) -> [Int] {
        var rest = position
        return shape.reversed().map { size in
            defer { rest /= max(1, size) }
            return rest % max(1, size)
        }.reversed()
    }
}
