import AttendRuntime
import Testing

@Suite struct CastTests {
    private func cast(_ input: Tensor, _ dtype: DType, _ run: Runner = .reference) throws -> Tensor {
        try run(.cast, [input], ["dtype": .dtype(dtype)])
    }

    @Test(arguments: Runner.both) func `floats become integers toward zero, saturating`(run: Runner) throws {
        let input = try floats([1.9, -1.9, -0.5, 3e9, -3e9, .infinity, -.infinity, .nan])
        try expectSame(
            cast(input, .int32, run), int32s([1, -1, 0, .max, .min, .max, .min, 0]))
        try expectSame(
            cast(input, .int64, run), int64s([1, -1, 0, 3_000_000_000, -3_000_000_000, .max, .min, 0]))
        try expectSame(cast(floats([0x1p63, -0x1p63, 1e30]), .int64, run), int64s([.max, .min, .max]))
    }

    @Test func `integers saturate`() throws {
        try expectSame(cast(int64s([5, .max, .min, -1]), .int32), int32s([5, .max, .min, -1]))
        try expectSame(cast(int32s([.max, .min]), .int64), int64s([2_147_483_647, -2_147_483_648]))
    }

    @Test func `integers become the nearest float, ties to even`() throws {
        try expectSame(
            cast(int64s([16_777_217, 16_777_219, -3, .max]), .float32), floats([16_777_216, 16_777_220, -3, 0x1p63]))
        // One rounding, not two: the way through a double would end at 2⁶⁰.
        let justAboveTie = (1 << 60) + (1 << 36) + 1
        try expectSame(cast(int64s([Int64(justAboveTie)]), .float32), floats([0x1p60 + 0x1p37]))
        try expectSame(cast(int32s([70000, 65519]), .float16), narrow(.float16, [.infinity, 65504]))
    }

    @Test func `all but zero is true`() throws {
        try expectSame(
            cast(floats([0, -0.0, .leastNonzeroMagnitude, .nan, .infinity]), .bool),
            bools([false, false, true, true, true]))
        try expectSame(cast(int32s([0, -1]), .bool), bools([false, true]))
        try expectSame(cast(int64s([1 << 32, 0]), .bool), bools([true, false]))
    }

    @Test(arguments: DType.allCases) func `bools become 0 and 1`(dtype: DType) throws {
        let expected = Tensor(scalar: 1, dtype: dtype)
        try expectSame(cast(bools([true], []), dtype), expected)
        try expectSame(cast(bools([false], []), dtype), Tensor(zeros: [], dtype: dtype))
    }

    @Test(arguments: Runner.both) func `bfloat16 rounds ties to even`(run: Runner) throws {
        // Between 1 and 2 bfloat16 knows the multiples of 2⁻⁷.
        let input = try floats([1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -1 - 0x1p-8, 0x1.FFp127, .nan, -0.0])
        try expectSame(
            cast(input, .bfloat16, run),
            narrow(.bfloat16, [1, 1 + 0x1p-6, 1 + 0x1p-7, -1, .infinity, .nan, -0.0]))
    }

    @Test(arguments: Runner.both) func `float16 rounds ties to even, and knows subnormals`(run: Runner) throws {
        let input = try floats([1 + 0x1p-11, 1 + 0x3p-11, 65519, 65520, 0x1p-25, 0x3p-25, 0x1p-24, -.infinity])
        try expectSame(
            cast(input, .float16, run),
            narrow(.float16, [1, 1 + 0x1p-9, 65504, .infinity, 0, 0x1p-23, 0x1p-24, -.infinity]))
    }

    @Test func `Float and Double round alike to the narrow types`() throws {
        let words = (0..<4000).map { Philox.block($0, counter: 0, seed: 9)[0] }
        let values = try floats(words.map { Float(bitPattern: $0) } + words.map { Float($0 >> 8) * 0x1p-36 })
        for dtype in [DType.float16, .bfloat16] {
            try expectSame(cast(values, dtype, .oracle), cast(values, dtype, .reference))
        }
    }
}
