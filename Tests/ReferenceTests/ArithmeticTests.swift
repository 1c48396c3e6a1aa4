import AttendRuntime
import Testing

@Suite struct ArithmeticTests {
    @Test(arguments: Runner.both) func `floats element by element`(run: Runner) throws {
        let (lhs, rhs) = (try floats([1, -2, 0.5, 8]), try floats([4, 0.5, -0.25, 2]))
        try expectSame(run(.add, [lhs, rhs]), floats([5, -1.5, 0.25, 10]))
        try expectSame(run(.subtract, [lhs, rhs]), floats([-3, -2.5, 0.75, 6]))
        try expectSame(run(.multiply, [lhs, rhs]), floats([4, -1, -0.125, 16]))
        try expectSame(run(.divide, [lhs, rhs]), floats([0.25, -4, -2, 4]))
        try expectSame(run(.minimum, [lhs, rhs]), floats([1, -2, -0.25, 2]))
        try expectSame(run(.maximum, [lhs, rhs]), floats([4, 0.5, 0.5, 8]))
    }

    @Test(arguments: Runner.both) func `power is C's pow`(run: Runner) throws {
        try expectSame(
            run(.power, [floats([2, -2, 4, 0, 1, .nan, -8]), floats([10, 3, 0.5, 0, .nan, 0, 0.5])]),
            floats([1024, -8, 2, 1, 1, 1, .nan]))
    }

    @Test(arguments: Runner.both) func `operands broadcast as in NumPy`(run: Runner) throws {
        let column = try floats([10, 20], [2, 1])
        try expectSame(
            run(.add, [column, floats([1, 2, 3])]), floats([11, 12, 13, 21, 22, 23], [2, 3]))
        try expectSame(run(.multiply, [column, Tensor(2 as Float)]), floats([20, 40], [2, 1]))
        try expectSame(run(.add, [column, floats([], [0])]), floats([], [2, 0]))
    }

    @Test(arguments: Runner.both) func `minimum and maximum propagate NaN from either side`(run: Runner) throws {
        let (lhs, rhs) = (try floats([.nan, 1, .nan, .infinity]), try floats([1, .nan, .nan, -.infinity]))
        try expectSame(run(.minimum, [lhs, rhs]), floats([.nan, .nan, .nan, -.infinity]))
        try expectSame(run(.maximum, [lhs, rhs]), floats([.nan, .nan, .nan, .infinity]))
    }

    @Test func `floats divide as IEEE 754 has it`() throws {
        try expectSame(
            Runner.reference(.divide, [floats([1, -1, 0, .infinity]), floats([0, 0, 0, .infinity])]),
            floats([.infinity, -.infinity, .nan, .nan]))
    }

    @Test(arguments: Runner.both) func `integer division truncates toward zero`(run: Runner) throws {
        try expectSame(
            run(.divide, [int32s([7, -7, 7, -7]), int32s([2, 2, -2, -2])]), int32s([3, -3, -3, 3]))
        try expectSame(run(.divide, [int64s([9, -1]), int64s([4, 2])]), int64s([2, 0]))
    }

    @Test func `integers divided by zero are zero, and the lowest by minus one wraps`() throws {
        try expectSame(
            Runner.reference(.divide, [int32s([5, 0, .min]), int32s([0, 0, -1])]), int32s([0, 0, .min]))
        try expectSame(
            Runner.reference(.divide, [int64s([-5, 0, .min]), int64s([0, 0, -1])]), int64s([0, 0, .min]))
    }

    @Test func `integers wrap on overflow`() throws {
        let run = Runner.reference
        try expectSame(run(.add, [int32s([.max]), int32s([1])]), int32s([.min]))
        try expectSame(run(.subtract, [int32s([.min]), int32s([1])]), int32s([.max]))
        try expectSame(run(.multiply, [int32s([.max]), int32s([2])]), int32s([-2]))
        try expectSame(run(.add, [int64s([.max]), int64s([1])]), int64s([.min]))
        try expectSame(run(.multiply, [int64s([.min]), int64s([-1])]), int64s([.min]))
        try expectSame(run(.minimum, [int64s([3, -3]), int64s([2, -2])]), int64s([2, -3]))
        try expectSame(run(.maximum, [int32s([3, -3]), int32s([2, -2])]), int32s([3, -2]))
    }
}
