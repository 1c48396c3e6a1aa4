import AttendRuntime
import Testing

@Suite struct ComparisonTests {
    @Test(arguments: Runner.both) func `floats compare by value and NaN to nothing`(run: Runner) throws {
        let lhs = try floats([1, 2, -0.0, .nan, .nan, .infinity])
        let rhs = try floats([2, 2, 0.0, .nan, 1, .infinity])
        try expectSame(run(.equal, [lhs, rhs]), bools([false, true, true, false, false, true]))
        try expectSame(run(.less, [lhs, rhs]), bools([true, false, false, false, false, false]))
        try expectSame(run(.lessEqual, [lhs, rhs]), bools([true, true, true, false, false, true]))
        try expectSame(run(.greater, [rhs, lhs]), bools([true, false, false, false, false, false]))
        try expectSame(run(.greaterEqual, [lhs, rhs]), bools([false, true, true, false, false, true]))
    }

    @Test func `integers compare exactly`() throws {
        let large: Int64 = 1 << 53
        let (lhs, rhs) = (try int64s([large, .min]), try int64s([large + 1, .max]))
        try expectSame(Runner.reference(.equal, [lhs, rhs]), bools([false, false]))
        try expectSame(Runner.reference(.less, [lhs, rhs]), bools([true, true]))
        try expectSame(Runner.reference(.greaterEqual, [int32s([3, 4]), int32s([4, 4])]), bools([false, true]))
    }

    @Test func `bools are equal or not`() throws {
        try expectSame(
            Runner.reference(.equal, [bools([true, false, true]), bools([true])]), bools([true, false, true]))
    }

    @Test func `truth tables`() throws {
        let (lhs, rhs) = (try bools([false, false, true, true]), try bools([false, true, false, true]))
        try expectSame(Runner.reference(.and, [lhs, rhs]), bools([false, false, false, true]))
        try expectSame(Runner.reference(.or, [lhs, rhs]), bools([false, true, true, true]))
        try expectSame(Runner.reference(.not, [rhs]), bools([true, false, true, false]))
    }

    @Test(arguments: Runner.both) func `where takes one side and ignores the other`(run: Runner) throws {
        try expectSame(
            run(.where, [bools([true, false]), floats([1, .nan]), floats([.nan, 4])]), floats([1, 4]))
        try expectSame(
            run(.where, [bools([true, false], [2, 1]), int32s([1, 2]), int32s([9], [1])]), int32s([1, 2, 9, 9], [2, 2]))
        try expectSame(run(.where, [bools([false]), int64s([1]), int64s([2])]), int64s([2]))
        try expectSame(run(.where, [bools([true]), bools([false]), bools([true])]), bools([false]))
    }
}
