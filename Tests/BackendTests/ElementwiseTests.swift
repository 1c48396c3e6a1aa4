import AttendCore
import Testing

/// Every element-by-element primitive on every backend against the float64 oracle.
enum ElementwiseTests {
    private static let shapes = [[], [0], [1], [17], [3, 0, 2], [33, 65], [2, 1, 129], [70_001]]

    /// Values at which kernels go wrong.
    private static let special: [Float] = [
        0, -0, 1, -1, 0.5, -0.5, 1e-8, -1e-8, 1e-38, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 3e38, -3e38, 88.7,
        89, -87, -103.9, -104, 9, -9,
        .infinity, -.infinity, .nan, 2.5, -2.5, 1e10, 100.25
    ]

    /// The allowances of OpenCL's full profile or better, in ulps; what needs one rounding gets one.
    private static let unary: [(Primitive, Tolerance, ClosedRange<Float>)] = [
        (.negate, .exact, -5...5), (.abs, .exact, -5...5), (.sign, .exact, -5...5), (.floor, .exact, -50...50),
        (.exp, .ulps(3), -80...80), (.log, .ulps(3), 1e-6...1e6), (.sqrt, .ulps(1), 0...1e4),
        (.reciprocalSqrt, .ulps(2.5), 1e-4...1e4), (.reciprocal, .ulps(1), 0.01...100), (.tanh, .ulps(5), -5...5),
        (.erf, .ulps(5), -4...4), (.sin, .ulps(4), -20...20), (.cos, .ulps(4), -20...20)
    ]

    private static let cases: [OperationCase] = {
        var cases: [OperationCase] = []
        for (primitive, tolerance, range) in unary {
            for (index, shape) in shapes.enumerated() {
                var numbers = SeededNumbers(UInt64(index) + 1)
                cases.append(
                    OperationCase("\(primitive.rawValue)\(shape)", ["x": numbers.tensor(shape, range)], tolerance) {
                        try $0["x"]!.graph.apply(primitive, [$0["x"]!])
                    })
            }
            // sin and cos of infinity are NaN on all; huge arguments differ by how they are reduced.
            let values = special.filter { ![.sin, .cos].contains(primitive) || abs($0) < 1e5 || !$0.isFinite }
            if let tensor = try? Tensor(values, shape: [values.count]) {
                cases.append(
                    OperationCase("\(primitive.rawValue) of special values", ["x": tensor], tolerance) {
                        try $0["x"]!.graph.apply(primitive, [$0["x"]!])
                    })
            }
        }
        return cases
    }()

    private static let pairs: [([Int], [Int])] = [
        ([], []), ([1], [1]), ([5], []), ([], [5]), ([0], [1]), ([17], [17]), ([4, 33], [33]), ([4, 1], [1, 33]),
        ([2, 3, 4], [3, 1]), ([2, 1, 5], [1, 7, 1]), ([1000, 40], [1000, 40]), ([8, 1, 1, 70], [8, 2, 3, 70])
    ]

    private static let binary: [(Primitive, Tolerance)] = [
        (.add, .ulps(1)), (.subtract, .ulps(1)), (.multiply, .ulps(1)), (.divide, .ulps(2.5)), (.minimum, .exact),
        (.maximum, .exact), (.power, .ulps(16))
    ]

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("a function of one variable", cases) { backend, test in
            try test.check(on: backend)
        }

        BackendCheck.each("arithmetic broadcasts", binary.map(\.0.rawValue)) { backend, operation in
            let (primitive, tolerance) = try #require(binary.first { $0.0.rawValue == operation })
            let range: ClosedRange<Float> = primitive == .power ? 0.1...3 : -4...4
            for (index, (left, right)) in pairs.enumerated() {
                var numbers = SeededNumbers(UInt64(index) + 7)
                let inputs = ["a": numbers.tensor(left, range), "b": numbers.tensor(right, range)]
                // A sum that cancels is exact or off by one rounding of its result, as IEEE 754 rounds once;
                // the oracle's operands are the same float32 numbers.
                try OperationCase("\(operation)\(left)\(right)", inputs, tolerance) {
                    try $0["a"]!.graph.apply(primitive, [$0["a"]!, $0["b"]!])
                }.check(on: backend)
            }
        }

        BackendCheck("minimum and maximum propagate NaN") { backend in
            let left = try Tensor([1, .nan, 3, .nan, -.infinity, 0], shape: [6])
            let right = try Tensor([.nan, 2, 4, .nan, .infinity, 5], shape: [6])
            for primitive in [Primitive.minimum, .maximum] {
                try OperationCase(primitive.rawValue, ["a": left, "b": right], .exact) {
                    try $0["a"]!.graph.apply(primitive, [$0["a"]!, $0["b"]!])
                }.check(on: backend)
            }
        }

        BackendCheck.each("integers wrap and truncate", [DType.int32, .int64]) { backend, dtype in
            let numbers: [Int64] =
                dtype == .int32
                ? [7, -7, 7, -7, 5, Int64(Int32.min), Int64(Int32.max), 0] : [7, -7, 7, -7, 5, .min, .max, 0]
            let others: [Int64] = [2, 2, -2, -2, 0, -1, 1, 3]
            func tensor(_ values: [Int64]) throws -> Tensor {
                dtype == .int64
                    ? try Tensor(values, shape: [8])
                    : try Tensor(values.map { Int32(truncatingIfNeeded: $0) }, shape: [8])
            }
            let inputs = ["a": try tensor(numbers), "b": try tensor(others)]
            for primitive in [
                Primitive.add, .subtract, .multiply, .divide, .minimum, .maximum, .equal, .less, .greaterEqual
            ] {
                try OperationCase("\(primitive.rawValue) \(dtype)", inputs, .exact) {
                    try $0["a"]!.graph.apply(primitive, [$0["a"]!, $0["b"]!])
                }.check(on: backend)
            }
            let quotient = try OperationCase("divide", inputs, .exact) { try $0["a"]! / $0["b"]! }.graph { values in
                ["output": try values["a"]! / values["b"]!]
            }.run(inputs, on: backend)
            let expected: [Int64] = [3, -3, -3, 3, 0, numbers[5], numbers[6], 0]
            #expect(try quotient["output"]?.integers() == expected)
        }

        BackendCheck("comparisons, logic and choice") { backend in
            for (index, (left, right)) in pairs.enumerated() {
                var numbers = SeededNumbers(UInt64(index) + 99)
                let floats = ["a": numbers.tensor(left, -1...1), "b": numbers.tensor(right, -1...1)]
                for primitive in [Primitive.equal, .less, .lessEqual, .greater, .greaterEqual] {
                    try OperationCase("\(primitive.rawValue)\(left)\(right)", floats, .exact) {
                        try $0["a"]!.graph.apply(primitive, [$0["a"]!, $0["b"]!])
                    }.check(on: backend)
                }
                let flags = ["a": numbers.bools(left), "b": numbers.bools(right)]
                for primitive in [Primitive.and, .or, .equal] {
                    try OperationCase("\(primitive.rawValue)\(left)\(right)", flags, .exact) {
                        try $0["a"]!.graph.apply(primitive, [$0["a"]!, $0["b"]!])
                    }.check(on: backend)
                }
                try OperationCase("not\(left)", flags, .exact) { try $0["a"]!.not() }.check(on: backend)
                let choice = ["c": numbers.bools(right), "a": floats["a"]!, "b": floats["b"]!]
                try OperationCase("where\(left)\(right)", choice, .exact) {
                    try $0["c"]!.select($0["a"]!, $0["b"]!)
                }.check(on: backend)
            }
        }

        BackendCheck.each("a cast saturates, truncates and rounds to nearest even", DType.allCases) { backend, dtype in
            let floats = try Tensor(
                [
                    0, -0, 1.5, -1.5, 2.5, 3e9, -3e9, 1e20, -1e20, .infinity, -.infinity, .nan, 65519, 65520,
                    1.00390625,
                    1.01171875, 6e-8
                ],
                shape: [17])
            let integers = try Tensor([0, 1, -1, Int64.max, .min, 1 << 33, 16_777_217], shape: [7])
            try OperationCase("float32 → \(dtype)", ["x": floats], .exact) { try $0["x"]!.cast(to: dtype) }.check(
                on: backend)
            try OperationCase("int64 → \(dtype)", ["x": integers], .exact) { try $0["x"]!.cast(to: dtype) }.check(
                on: backend)
            try OperationCase("float32 → \(dtype) → float32", ["x": floats], .exact) {
                try $0["x"]!.cast(to: dtype).cast(to: .float32)
            }.check(on: backend)
            // What the oracle is held to as well.
            let graph = try OperationCase("cast", ["x": floats], .exact) { $0["x"]! }.graph {
                ["cast": try $0["x"]!.cast(to: dtype)]
            }
            let found = try #require(try graph.run(["x": floats], on: backend)["cast"])
            if dtype == .int32 {
                #expect(
                    try found.integers().prefix(12) == [
                        0, 0, 1, -1, 2, Int64(Int32.max), Int64(Int32.min), Int64(Int32.max), Int64(Int32.min),
                        Int64(Int32.max), Int64(Int32.min), 0
                    ])
            }
            // Ties go to the even neighbour: 1 + 2⁻⁸ down to 1, 1 + 3·2⁻⁸ up to 1 + 2⁻⁶.
            if dtype == .bfloat16 { #expect(try found.floats()[14...15] == [1, 1.015625]) }
        }
    }
}
