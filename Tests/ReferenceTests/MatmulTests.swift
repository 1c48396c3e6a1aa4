import AttendRuntime
import Testing

@Suite struct MatmulTests {
    @Test(arguments: Runner.both) func `two by three times three by two, however they are stored`(run: Runner) throws {
        let (lhs, lhsTransposed) = (try floats([1, 2, 3, 4, 5, 6], [2, 3]), try floats([1, 4, 2, 5, 3, 6], [3, 2]))
        let (rhs, rhsTransposed) = (
            try floats([7, 8, 9, 10, 11, 12], [3, 2]), try floats([7, 9, 11, 8, 10, 12], [2, 3])
        )
        let expected = try floats([58, 64, 139, 154], [2, 2])
        try expectSame(run(.matmul, [lhs, rhs]), expected)
        try expectSame(run(.matmul, [lhsTransposed, rhs], ["transpose_lhs": .bool(true)]), expected)
        try expectSame(run(.matmul, [lhs, rhsTransposed], ["transpose_rhs": .bool(true)]), expected)
        try expectSame(
            run(
                .matmul, [lhsTransposed, rhsTransposed],
                ["transpose_lhs": .bool(true), "transpose_rhs": .bool(true)]), expected)
    }

    @Test(arguments: Runner.both) func `batch axes broadcast`(run: Runner) throws {
        let lhs = try floats([1, 2, 3, 4], [2, 1, 1, 2])
        let rhs = try floats([1, 1, 1, -1, 2, 0], [3, 2, 1])
        try expectSame(
            run(.matmul, [lhs, rhs]), floats([3, -1, 2, 7, -1, 6], [2, 3, 1, 1]))
        try expectSame(
            run(.matmul, [lhs, floats([10, 100], [1, 2])], ["transpose_rhs": .bool(true)]),
            floats([210, 430], [2, 1, 1, 1]))
    }

    @Test(arguments: Runner.both) func `sizes of zero`(run: Runner) throws {
        try expectSame(
            run(.matmul, [floats([], [2, 0]), floats([], [0, 3])]), floats([0, 0, 0, 0, 0, 0], [2, 3]))
        try expectSame(run(.matmul, [floats([], [0, 2]), floats([1, 2], [2, 1])]), floats([], [0, 1]))
        try expectSame(run(.matmul, [floats([1, 2], [1, 2]), floats([], [2, 0])]), floats([], [1, 0]))
        try expectSame(run(.matmul, [floats([], [0, 1, 2]), floats([1, 2], [2, 1])]), floats([], [0, 1, 1]))
        try expectSame(
            run(.matmul, [floats([], [3, 0, 2]), floats([], [1, 2, 0])]), floats([], [3, 0, 0]))
    }

    @Test func `zero times infinity is not skipped`() throws {
        try expectSame(
            Runner.reference(.matmul, [floats([0, 1], [1, 2]), floats([.infinity, 2], [2, 1])]), floats([.nan], [1, 1]))
    }

    @Test(arguments: [DType.float16, .bfloat16])
    func `sums of narrow types are rounded once, at the end`(dtype: DType) throws {
        // 512 times 1 stalls at 256 in bfloat16 if every partial sum is rounded, and 4096 at 2048 in float16.
        let count = dtype == .float16 ? 4096 : 512
        let ones = try narrow(dtype, Array(repeating: 1, count: count), [1, count])
        try expectSame(
            Runner.reference(.matmul, [ones, ones], ["transpose_rhs": .bool(true)]),
            narrow(dtype, [Float(count)], [1, 1]))
        try expectSame(Runner.reference(.reduceSum, [ones]), narrow(dtype, [Float(count)], []))
    }
}
