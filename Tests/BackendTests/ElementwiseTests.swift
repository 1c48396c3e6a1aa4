import AttendRuntime
import Testing

/// Element by element, against numbers that were worked out by hand: what both the parity kit's oracle and the backends
/// are held to. All else about these operations is the kit's.
enum ElementwiseTests {
    @BackendChecks static var checks: [BackendCheck] {
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
            let test = OperationCase("divide", ["a": try tensor(numbers), "b": try tensor(others)]) {
                try $0["a"]! / $0["b"]!
            }
            try test.check(on: backend)
            let expected: [Int64] = [3, -3, -3, 3, 0, numbers[5], numbers[6], 0]
            #expect(try test.graph().run(test.inputs, on: backend)["output"]?.integers() == expected)
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
            try OperationCase("int64 → \(dtype) → float32", ["x": integers]) {
                try $0["x"]!.cast(to: dtype).cast(to: .float32)
            }.check(on: backend)
            try OperationCase("float32 → \(dtype) → float32", ["x": floats]) {
                try $0["x"]!.cast(to: dtype).cast(to: .float32)
            }.check(on: backend)
            let test = OperationCase("float32 → \(dtype)", ["x": floats]) { try $0["x"]!.cast(to: dtype) }
            try test.check(on: backend)
            let found = try #require(try test.graph().run(["x": floats], on: backend)["output"])
            if dtype == .int32 {
                #expect(
                    try found.integers().prefix(12) == [
                        0, 0, 1, -1, 2, Int64(Int32.max), Int64(Int32.min), Int64(Int32.max), Int64(Int32.min),
                        Int64(Int32.max), Int64(Int32.min), 0
                    ])
            }
            // Ties go to the even neighbor: 1 + 2⁻⁸ down to 1, 1 + 3·2⁻⁸ up to 1 + 2⁻⁶.
            if dtype == .bfloat16 { #expect(try found.floats()[14...15] == [1, 1.015625]) }
        }
    }
}
