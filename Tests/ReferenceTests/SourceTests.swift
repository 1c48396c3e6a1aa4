import AttendRuntime
import Testing

@Suite struct SourceTests {
    private func iota(_ shape: [Size], _ axis: Int, _ dtype: DType) throws -> Tensor {
        try Runner.reference(
            .iota, [], ["shape": .sizes(shape), "axis": .integer(axis), "dtype": .dtype(dtype)])
    }

    @Test func `iota counts along one axis in any numeric dtype`() throws {
        try expectSame(iota([2, 3], 1, .int64), int64s([0, 1, 2, 0, 1, 2], [2, 3]))
        try expectSame(iota([2, 3], -2, .int32), int32s([0, 0, 0, 1, 1, 1], [2, 3]))
        try expectSame(iota([3], 0, .float32), floats([0, 1, 2]))
        try expectSame(iota([3], 0, .float16), narrow(.float16, [0, 1, 2]))
        try expectSame(iota([0, 3], 0, .float32), floats([], [0, 3]))
        try expectSame(iota([1], 0, .int64), int64s([0]))
    }

    @Test func `iota rounds where the dtype has no such number`() throws {
        #expect(try iota([260], 0, .bfloat16).floats().suffix(4) == [256, 256, 258, 260])
    }

    private func random(_ shape: [Size], counter: Tensor, seed: Int, _ run: Runner = .reference) throws -> [Float] {
        try run(.random, [counter], ["shape": .sizes(shape), "seed": .integer(seed)]).floats()
    }

    @Test func `random takes lane after lane of Philox blocks`() throws {
        // The first two words of the published vector for counter 0 and key 0, and so on.
        let words: [UInt32] = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        let found = try random([5], counter: Tensor(0), seed: 0)
        #expect(found.prefix(4) == words.map { Float($0 >> 8) * 0x1p-24 }[...])
        #expect(found[4] == Philox.uniform(Philox.block(1, counter: 0, seed: 0)[0]))
    }

    @Test func `random is the same bits everywhere, and other bits for other seeds and counters`() throws {
        let numbers = try random([3, 7], counter: int32s([-2], []), seed: -5)
        #expect(try random([21], counter: Tensor(-2), seed: -5, .oracle) == numbers)
        #expect(try random([21], counter: Tensor(-1), seed: -5) != numbers)
        #expect(try random([21], counter: Tensor(-2), seed: -6) != numbers)
        #expect(try random([0], counter: Tensor(1), seed: 1).isEmpty)
    }

    @Test func `random is uniform`() throws {
        let numbers = try random([40000], counter: Tensor(3), seed: 4)
        #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
        // The mean of n uniform numbers has standard deviation 1/√(12 n) = 0.0014.
        let mean = numbers.reduce(0.0) { $0 + Double($1) } / 40000
        #expect(abs(mean - 0.5) < 0.007)
    }
}
