import AttendCore
import Testing

/// Primitives that move, gather, reduce and make elements, against the oracle.
@Suite struct StructureTests {
    private static func check(
        _ backend: any ComputeBackend, _ label: String, _ inputs: [String: Tensor], _ tolerance: Tolerance = .exact,
        _ body: @escaping @Sendable ([String: Value]) throws -> Value
    ) throws {
        try OperationCase(label, inputs, tolerance, body: body).check(on: backend)
    }

    @Test func `philox gives the published bits`() {
        let zero = Philox.block(counter: .zero, key: .zero)
        #expect(zero == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
        let ones = Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        #expect(ones == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
        let pi = Philox.block(
            counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0))
        #expect(pi == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("views come out in order") { backend in
            var numbers = SeededNumbers(3)
            for shape in [[2, 3, 4], [1, 17, 33], [5, 0, 2], [64, 3, 65]] {
                let x = ["x": numbers.tensor(shape)]
                for permutation in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1]] {
                    try check(backend, "transpose\(shape)\(permutation)", x) { try $0["x"]!.transposed(permutation) }
                }
                try check(backend, "reshape of a transpose \(shape)", x) {
                    try $0["x"]!.transposed([1, 0, 2]).reshaped([Size(shape[1]), Size(shape[0] * shape[2])])
                }
                try check(backend, "broadcast\(shape)", x) { try $0["x"]!.broadcast([3] + shape.map { Size($0) }) }
                try check(backend, "twice transposed and added \(shape)", x) {
                    try $0["x"]!.transposed([2, 1, 0]).transposed([2, 1, 0]) + $0["x"]!
                }
            }
            let column = ["x": numbers.tensor([4, 1, 3])]
            try check(backend, "broadcast of ones", column) { try $0["x"]!.broadcast([2, 4, 5, 3]) }
        }

        BackendCheck("slices with steps of either sign") { backend in
            var numbers = SeededNumbers(4)
            let x = ["x": numbers.tensor([20, 10, 5])]
            let big = Size(1 << 40)
            let cases: [(Int, Size, Size, Int)] = [
                (0, 0, 3, 1), (1, 0, -1, 1), (0, -3, big, 1), (0, 20, 0, -4), (1, 0, big, 3),
                (2, 4, Size(-1 << 40), -1),
                (1, 8, 2, -2), (0, 5, 5, 1), (0, 15, 3, 1), (2, 100, 200, 1)
            ]
            for (axis, start, end, step) in cases {
                try check(backend, "slice axis \(axis) \(start)..<\(end) by \(step)", x) {
                    try $0["x"]!.sliced(axis: axis, from: start, to: end, step: step)
                }
            }
            try check(backend, "an odd slice of a transpose, reshaped", x) {
                try $0["x"]!.transposed([2, 0, 1]).sliced(axis: 1, from: 19, to: 2, step: -3).reshaped([-1])
            }
        }

        BackendCheck("pad and concatenate") { backend in
            var numbers = SeededNumbers(5)
            let inputs = ["a": numbers.tensor([2, 3]), "b": numbers.tensor([2, 1]), "c": numbers.tensor([2, 0])]
            for value: Double in [0, -1.5, .infinity, -.infinity] {
                try check(backend, "pad with \(value)", inputs) {
                    try $0["a"]!.padded(before: [1, 0], after: [0, 4], value: value)
                }
            }
            try check(backend, "concatenate columns", inputs) {
                try $0["a"]!.graph.concatenate([$0["a"]!, $0["c"]!, $0["b"]!, $0["a"]!], axis: -1)
            }
            try check(backend, "concatenate rows of a transpose", inputs) {
                let turned = try $0["a"]!.transposed([1, 0])
                return try $0["a"]!.graph.concatenate([turned, turned], axis: 0)
            }
            let flags = ["f": numbers.bools([3, 2])]
            try check(backend, "bools", flags) {
                try $0["f"]!.graph.concatenate([$0["f"]!, $0["f"]!.not()], axis: 1).padded(
                    before: [0, 1], after: [1, 0], value: 1)
            }
        }

        BackendCheck.each("gather, scatter and update", [DType.int32, .int64]) { backend, dtype in
            var numbers = SeededNumbers(6)
            let inputs = [
                "x": numbers.tensor([4, 5, 6]), "i": numbers.integers([2, 3], -5..<5, dtype: dtype),
                "u": numbers.tensor([4, 2, 3, 6]), "p": numbers.tensor([4, 2, 6]),
                "s": dtype == .int32 ? try Tensor([Int32(-3)], shape: []) : Tensor(3)
            ]
            try check(backend, "gather axis 1", inputs) { try $0["x"]!.gather($0["i"]!, axis: 1) }
            try check(backend, "gather axis -2", inputs) { try $0["x"]!.gather($0["i"]!, axis: -2) }
            // Several updates may meet in one place: up to 6 numbers are added there.
            try check(backend, "scatter_add", inputs, .roundingOfLargest(8)) {
                try $0["x"]!.scatterAdd($0["u"]!, at: $0["i"]!, axis: 1)
            }
            try check(backend, "update_slice", inputs) {
                try $0["x"]!.updatingSlice(with: $0["p"]!, start: $0["s"]!, axis: 1)
            }
        }

        BackendCheck("an index outside of its axis is an error that names the node") { backend in
            let builder = GraphBuilder("lookup")
            let table = try builder.input("table", .float32, [3, 2])
            let indices = try builder.input("indices", .int64, ["n"])
            try builder.output("rows", builder.apply(.gather, [table, indices], named: "look_up"))
            let session = try Program(builder.build(), on: backend).makeSession()
            let rows = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
            for bad: Int64 in [3, -4, .max, .min] {
                let error = #expect(throws: RunError.self) {
                    try session.run(["table": rows, "indices": try Tensor([0, bad] as [Int64], shape: [2])])
                }
                #expect("\(try #require(error))".contains("look_up"))
                #expect("\(try #require(error))".contains("\(bad)"))
            }
            let good = try session.run(["table": rows, "indices": try Tensor([2, -3] as [Int64], shape: [2])])
            #expect(try good["rows"]?.floats() == [5, 6, 1, 2])
        }

        BackendCheck("reductions over any axes") { backend in
            var numbers = SeededNumbers(8)
            for shape in [[2, 3, 4], [1, 1, 1], [7, 33, 65], [3, 0, 4]] {
                let inputs = ["x": numbers.tensor(shape)]
                for axes in [[0], [1], [2], [0, 2], [1, 2], [-1], [0, 1, 2], []] {
                    for keep in [false, true] {
                        let terms = axes.reduce(1) { $0 * shape[$1 < 0 ? $1 + 3 : $1] }
                        try OperationCase("reduce_sum\(shape)\(axes)", inputs, .exact) {
                            try $0["x"]!.sum(axes: axes, keepDimensions: keep)
                        }.bounded(terms: terms) { try $0["x"]!.absolute().sum(axes: axes, keepDimensions: keep) }
                            .check(on: backend)
                        try check(backend, "reduce_max\(shape)\(axes)", inputs) {
                            try $0["x"]!.max(axes: axes, keepDimensions: keep)
                        }
                    }
                }
            }
            let odd = ["x": try Tensor([1, .nan, 3, -.infinity, -.infinity, -.infinity], shape: [2, 3])]
            try check(backend, "reduce_max with NaN and −∞", odd) { try $0["x"]!.max(axes: [1]) }
            try check(backend, "reduce_max with NaN down the columns", odd) { try $0["x"]!.max(axes: [0]) }
            let integers = ["i": numbers.integers([3, 4], -50..<50, dtype: .int32)]
            try check(backend, "reduce_sum of int32", integers) { try $0["i"]!.sum(axes: [0]) }
            try check(backend, "reduce_max of int32", integers) { try $0["i"]!.max(axes: [1]) }
        }

        BackendCheck("the first of the largest") { backend in
            var numbers = SeededNumbers(9)
            let inputs = [
                "x": numbers.tensor([3, 17, 2]), "i": numbers.integers([4, 9], 0..<4),
                "n": try Tensor([1, 5, 5, 2, .nan, 9, .nan, 1] as [Float], shape: [2, 4])
            ]
            for axis in [0, 1, -1] { try check(backend, "arg_max \(axis)", inputs) { try $0["x"]!.argMax(axis: axis) } }
            try check(backend, "arg_max of integers", inputs) { try $0["i"]!.argMax(axis: 1, keepDimensions: true) }
            try check(backend, "arg_max of ties and NaN", inputs) { try $0["n"]!.argMax(axis: 1) }
        }

        BackendCheck.each("iota is the same everywhere", DType.allCases.filter { $0 != .bool }) { backend, dtype in
            for axis in [0, 1, -1] {
                try check(backend, "iota \(dtype)", ["counter": Tensor(5)]) {
                    try $0["counter"]!.graph.iota([3, 4, 5], axis: axis, dtype: dtype)
                }
            }
        }
        BackendCheck("random is the same everywhere") { backend in
            try check(backend, "random", ["counter": Tensor(5)]) {
                try $0["counter"]!.graph.apply(
                    .random, [$0["counter"]!], ["shape": .sizes([7, 33]), "seed": .integer(-9)])
            }
        }
    }
}
