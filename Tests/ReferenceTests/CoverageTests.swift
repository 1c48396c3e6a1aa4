import AttendRuntime
import TestSupport
import Testing

/// Every primitive, every dtype that its type rule admits, with and without elements.
@Suite struct CoverageTests {
    /// Inputs of shape `[size, 2]`, or what else the primitive wants, with all its attributes.
    private func example(_ primitive: Primitive, _ dtype: DType, size: Int) throws -> ([Tensor], Attributes) {
        let input = try Tensor(zeros: [size, 2], dtype: dtype)
        let indices = try Tensor(zeros: [size], dtype: .int64)
        switch primitive {
        case .matmul: return ([input, input], ["transpose_rhs": .bool(true)])
        case .where: return ([try Tensor(zeros: [2], dtype: .bool), input, input], [:])
        case .reduceSum, .reduceMax: return ([input], ["axes": .integers([0])])
        case .reshape: return ([input], ["shape": .sizes([2, Size(size)])])
        case .transpose: return ([input], ["permutation": .integers([1, 0])])
        case .broadcast: return ([input], ["shape": .sizes([3, Size(size), 2])])
        case .slice:
            return (
                [input],
                ["axes": .integers([1]), "starts": .sizes([-1]), "ends": .sizes([-3]), "steps": .integers([-1])]
            )
        case .pad: return ([input], ["before": .sizes([1, 0]), "after": .sizes([0, 1])])
        case .concatenate: return ([input, input, input], ["axis": .integer(0)])
        case .gather: return ([input, indices], [:])
        case .scatterAdd: return ([input, indices, input], [:])
        case .updateSlice: return ([input, input, Tensor(0)], ["axis": .integer(0)])
        case .cast: return ([input], ["dtype": .dtype(.float32)])
        case .iota: return ([], ["shape": .sizes([Size(size)]), "axis": .integer(0), "dtype": .dtype(dtype)])
        case .argMax: return ([input], ["axis": .integer(1)])
        case .random: return ([Tensor(0)], ["shape": .sizes([Size(size)]), "seed": .integer(0)])
        default:
            if primitive.family == .unary { return ([input], [:]) }
            return ([input, try Tensor(zeros: [2], dtype: dtype)], [:])
        }
    }

    private func isAdmitted(_ primitive: Primitive, _ dtype: DType) -> Bool {
        switch primitive {
        case .add, .subtract, .multiply, .divide, .minimum, .maximum, .less, .lessEqual, .greater, .greaterEqual,
            .negate, .abs, .sign, .reduceSum, .reduceMax, .scatterAdd, .iota, .argMax:
            dtype != .bool
        case .and, .or, .not: dtype == .bool
        case .equal, .where, .stopGradient, .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .gather,
            .updateSlice, .cast, .random:
            true
        // Products, powers and functions.
        default: dtype.isFloatingPoint
        }
    }

    @Test(arguments: Primitive.allCases, DType.allCases)
    func `every primitive runs on every dtype that it admits`(primitive: Primitive, dtype: DType) throws {
        for size in [0, 1, 3] {
            let (inputs, attributes) = try example(primitive, dtype, size: size)
            for run in Runner.both {
                if isAdmitted(primitive, dtype) {
                    _ = try run(primitive, inputs, attributes)
                } else {
                    expectError(GraphError.self, saying: primitive.rawValue, "\(dtype)") {
                        try run(primitive, inputs, attributes)
                    }
                }
            }
        }
    }

    @Test func `one buffer may be read by many tasks at once`() async throws {
        let backend = Runner.reference.backend
        let buffer = try backend.makeBuffer(byteCount: 4000)
        try backend.makeStream().copyIn(noise([1000], seed: 1), to: BufferSlice(buffer))
        let expected = try noise([1000], seed: 1)
        try await withThrowingTaskGroup(of: Tensor.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try backend.makeStream().copyOut(BufferSlice(buffer), dtype: .float32, shape: [1000])
                }
            }
            for try await found in group { #expect(found == expected) }
        }
    }
}
