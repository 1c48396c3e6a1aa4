import AttendRuntime
import Foundation
import Testing

@Suite struct UnaryTests {
    @Test(arguments: Runner.both) func `signs of zeros, infinities and NaN`(run: Runner) throws {
        let values = try floats([2, -0.0, 0, -.infinity, .nan])
        try expectSame(run(.negate, [values]), floats([-2, 0, -0.0, .infinity, .nan]))
        try expectSame(run(.abs, [values]), floats([2, 0, 0, .infinity, .nan]))
        try expectSame(run(.sign, [values]), floats([1, -0.0, 0, -1, .nan]))
    }

    @Test func `integers keep their lowest value under negate and abs`() throws {
        let run = Runner.reference
        try expectSame(run(.negate, [int32s([3, -4, .min])]), int32s([-3, 4, .min]))
        try expectSame(run(.abs, [int32s([3, -4, .min])]), int32s([3, 4, .min]))
        try expectSame(run(.abs, [int64s([-4, .min])]), int64s([4, .min]))
        try expectSame(run(.sign, [int64s([.max, 0, .min])]), int64s([1, 0, -1]))
    }

    @Test(arguments: Runner.both) func `floor goes down and keeps what is no number`(run: Runner) throws {
        try expectSame(
            run(.floor, [floats([1.5, -1.5, -0.0, .infinity, .nan, 3])]), floats([1, -2, -0.0, .infinity, .nan, 3]))
    }

    @Test(arguments: Runner.both) func `elementary functions at their edges`(run: Runner) throws {
        try expectSame(run(.exp, [floats([0, -.infinity, .infinity, .nan])]), floats([1, 0, .infinity, .nan]))
        try expectSame(run(.log, [floats([1, 0, -1, .infinity])]), floats([0, -.infinity, .nan, .infinity]))
        try expectSame(run(.sqrt, [floats([9, -0.0, -1, .infinity])]), floats([3, -0.0, .nan, .infinity]))
        try expectSame(
            run(.reciprocalSqrt, [floats([4, 0, -1, .infinity])]), floats([0.5, .infinity, .nan, 0]))
        try expectSame(
            run(.reciprocal, [floats([4, 0, -0.0, -.infinity])]), floats([0.25, .infinity, -.infinity, -0.0]))
        try expectSame(run(.tanh, [floats([0, .infinity, -.infinity, .nan])]), floats([0, 1, -1, .nan]))
        try expectSame(run(.erf, [floats([0, .infinity, -.infinity, .nan])]), floats([0, 1, -1, .nan]))
        try expectSame(run(.sin, [floats([0, -0.0, .infinity])]), floats([0, -0.0, .nan]))
        try expectSame(run(.cos, [floats([0, .infinity, .nan])]), floats([1, .nan, .nan]))
    }

    @Test(arguments: Runner.both) func `elementary functions at published values`(run: Runner) throws {
        func check(_ primitive: Primitive, _ argument: Float, _ expected: Double) throws {
            let found = Double(try run(primitive, [Tensor(argument)]).floats()[0])
            #expect(Swift.abs(found - expected) <= 2e-7 * Swift.abs(expected), "\(primitive)(\(argument)) = \(found)")
        }
        try check(.exp, 1, 2.718281828459045)
        try check(.log, 2, 0.6931471805599453)
        try check(.sqrt, 2, 1.4142135623730951)
        try check(.tanh, 0.5, 0.46211715726000976)
        try check(.erf, 0.5, 0.5204998778130465)
        try check(.erf, -1, -0.8427007929497149)
        try check(.sin, 1, 0.8414709848078965)
        try check(.cos, 1, 0.5403023058681398)
    }

    @Test func `stop_gradient is its input, of any dtype`() throws {
        try expectSame(Runner.reference(.stopGradient, [floats([1, .nan])]), floats([1, .nan]))
        try expectSame(Runner.reference(.stopGradient, [bools([true])]), bools([true]))
        try expectSame(Runner.reference(.stopGradient, [int32s([])]), int32s([]))
    }
}
