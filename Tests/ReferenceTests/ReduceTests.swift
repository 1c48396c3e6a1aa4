import AttendRuntime
import Testing

@Suite struct ReduceTests {
    static let values = (1...24).map { Float($0) }

    @Test(arguments: Runner.both) func `sums over any axes`(run: Runner) throws {
        let input = try floats(Self.values, [2, 3, 4])
        try expectSame(run(.reduceSum, [input]), Tensor(300 as Float))
        try expectSame(run(.reduceSum, [input], ["axes": .integers([2])]), floats([10, 26, 42, 58, 74, 90], [2, 3]))
        try expectSame(run(.reduceSum, [input], ["axes": .integers([-1, 0])]), floats([68, 100, 132], [3]))
        try expectSame(
            run(.reduceSum, [input], ["axes": .integers([1]), "keep_dimensions": .bool(true)]),
            floats([15, 18, 21, 24, 51, 54, 57, 60], [2, 1, 4]))
        try expectSame(run(.reduceSum, [input], ["axes": .integers([])]), input)
    }

    @Test(arguments: Runner.both) func `reduce_sum of nothing is zero`(run: Runner) throws {
        try expectSame(run(.reduceSum, [floats([], [2, 0])], ["axes": .integers([1])]), floats([0, 0]))
        try expectSame(run(.reduceSum, [int32s([], [0])]), int32s([0], []))
        try expectSame(run(.reduceSum, [floats([], [2, 0])], ["axes": .integers([0])]), floats([], [0]))
    }

    @Test func `integer sums wrap`() throws {
        try expectSame(Runner.reference(.reduceSum, [int32s([.max, 1])]), int32s([.min], []))
        try expectSame(Runner.reference(.reduceSum, [int64s([.max, 1])]), int64s([.min], []))
    }

    @Test(arguments: Runner.both) func `reduce_max of nothing is minus infinity`(run: Runner) throws {
        try expectSame(
            run(.reduceMax, [floats([], [2, 0])], ["axes": .integers([1])]), floats([-.infinity, -.infinity]))
        try expectSame(run(.reduceMax, [int32s([])]), int32s([.min], []))
        try expectSame(run(.reduceMax, [int64s([])]), int64s([.min], []))
    }

    @Test(arguments: Runner.both) func `reduce_max propagates NaN`(run: Runner) throws {
        let input = try floats([1, .nan, 3, -5, -.infinity, -2], [2, 3])
        try expectSame(run(.reduceMax, [input], ["axes": .integers([1])]), floats([.nan, -2]))
        try expectSame(
            run(.reduceMax, [input], ["axes": .integers([0]), "keep_dimensions": .bool(true)]),
            floats([1, .nan, 3], [1, 3]))
        try expectSame(run(.reduceMax, [int64s([-7, -3, -9])]), int64s([-3], []))
    }

    @Test(arguments: Runner.both) func `arg_max takes the first of equals`(run: Runner) throws {
        let input = try floats([1, 3, 3, -0.0, 0, -1], [2, 3])
        try expectSame(run(.argMax, [input], ["axis": .integer(1)]), int64s([1, 0]))
        try expectSame(
            run(.argMax, [input], ["axis": .integer(-2), "keep_dimensions": .bool(true)]), int64s([0, 0, 0], [1, 3]))
        try expectSame(run(.argMax, [int32s([4, 9, 9])], ["axis": .integer(0)]), int64s([1], []))
        try expectSame(run(.argMax, [int64s([.min, .min])], ["axis": .integer(0)]), int64s([0], []))
    }

    @Test(arguments: Runner.both) func `arg_max counts NaN as the largest`(run: Runner) throws {
        let input = try floats([1, .nan, .infinity, .nan, .nan, -.infinity, -.infinity, -.infinity], [2, 4])
        try expectSame(run(.argMax, [input], ["axis": .integer(1)]), int64s([1, 0]))
        try expectSame(
            run(.argMax, [floats([-.infinity, -.infinity])], ["axis": .integer(0)]), int64s([0], []))
    }
}
