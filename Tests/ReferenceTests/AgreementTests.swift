import AttendRuntime
import ReferenceBackend
import Testing

/// `Float` against `Double` on random numbers: one code, two precisions.
@Suite struct AgreementTests {
    private func expectClose(
        _ primitive: Primitive, _ inputs: [Tensor], _ attributes: Attributes = [:], within tolerance: Float
    ) throws {
        let found = try Runner.reference(primitive, inputs, attributes).floats()
        let expected = try Runner.oracle(primitive, inputs, attributes).floats()
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            #expect(Swift.abs(found - expected) <= tolerance * Swift.max(1, Swift.abs(expected)), "\(primitive)")
        }
    }

    @Test(arguments: [Primitive.add, .subtract, .multiply, .minimum, .maximum, .divide])
    func `arithmetic on exact inputs differs by no bit`(primitive: Primitive) throws {
        // Both round the exact result to float32, in one step or through the (innocuous) double.
        let (lhs, rhs) = (try noise([50, 40], seed: 1), try noise([40], seed: 2))
        try expectSame(Runner.reference(primitive, [lhs, rhs]), Runner.oracle(primitive, [lhs, rhs]))
    }

    @Test(arguments: [Primitive.exp, .tanh, .erf, .sin, .cos, .floor, .sign])
    func `functions of any number`(primitive: Primitive) throws {
        try expectClose(primitive, [noise([500], seed: 3)], within: 3e-7)
    }

    @Test(arguments: [Primitive.log, .sqrt, .reciprocalSqrt, .reciprocal])
    func `functions of positive numbers`(primitive: Primitive) throws {
        let positive = try Runner.reference(.abs, [noise([500], seed: 4)])
        try expectClose(primitive, [positive], within: 3e-7)
        try expectClose(.power, [positive, noise([500], seed: 5)], within: 3e-7)
    }

    @Test func `sums and products`() throws {
        // At most 64 roundings of numbers no larger than 64: 64 · 64 · 2⁻²⁴.
        try expectClose(.matmul, [noise([3, 20, 64], seed: 6), noise([64, 30], seed: 7)], within: 2.5e-4)
        try expectClose(.reduceSum, [noise([64, 20], seed: 8)], ["axes": .integers([0])], within: 2.5e-4)
        try expectClose(
            .scatterAdd, [noise([1, 20], seed: 9), int64s(Array(repeating: 0, count: 63)), noise([63, 20], seed: 10)],
            within: 2.5e-4)
    }

    @Test func `the oracle keeps what float32 would lose`() throws {
        let backend = makeOracle()
        let stream = try backend.makeStream()
        let operand = Operand(dtype: .float32, layout: Layout(dense: [1]))
        let request = { primitive in
            KernelRequest(operation: Operation(primitive), inputs: [operand, operand], outputs: [operand])
        }
        let add = try backend.prepare(request(.add)).makeInstance(on: stream)
        let subtract = try backend.prepare(request(.subtract)).makeInstance(on: stream)
        let slices = try (0..<3).map { _ in BufferSlice(try backend.makeBuffer(byteCount: 8)) }
        try stream.copyIn(floats([1]), to: slices[0])
        try stream.copyIn(floats([0x1p-40]), to: slices[1])
        try add.run(inputs: [slices[0], slices[1]], outputs: [slices[2]])
        try subtract.run(inputs: [slices[2], slices[0]], outputs: [slices[2]])
        try expectSame(stream.copyOut(slices[2], dtype: .float32, shape: [1]), floats([0x1p-40]))
    }

    @Test(arguments: Runner.both) func `results of narrow types are rounded after every operation`(run: Runner) throws {
        // 1 + 2⁻⁸ is a tie in bfloat16, and lies between values of it.
        try expectSame(
            run(.add, [narrow(.bfloat16, [1, 1 + 0x1p-7]), narrow(.bfloat16, [0x1p-8])]),
            narrow(.bfloat16, [1, 1 + 0x1p-6]))
        try expectSame(
            run(.multiply, [narrow(.float16, [256]), narrow(.float16, [256])]), narrow(.float16, [.infinity]))
        try expectSame(
            run(.pad, [narrow(.bfloat16, [])], ["before": .sizes([1]), "after": .sizes([0]), "value": .number(0.1)]),
            narrow(.bfloat16, [0.1]))
    }

    @Test func `the oracle rounds to a narrow type once`() throws {
        // 1 + 2⁻⁸ + 2⁻³⁰ lies above a tie; rounded to float32 first, it would be the tie.
        let terms = try Tensor(
            storage: .bfloat16([1, 0x1p-8, 0x1p-30].map { NarrowFloat.bfloat16($0) }), shape: [3])
        try expectSame(Runner.oracle(.reduceSum, [terms]), narrow(.bfloat16, [1 + 0x1p-7], []))
    }
}
