import Foundation
import SIMDKernelTypes
import SIMDKernels
import Testing

@Suite struct `Functions of one variable` {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String { function.rawValue }
        var function: UnaryFunction
        var bound: Double
        var exact: @Sendable (Double) -> Double
    }

    static let cases: [Case] = [
        Case(function: .negate, bound: 0) { -$0 },
        Case(function: .abs, bound: 0) { abs($0) },
        Case(function: .sign, bound: 0) { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
        Case(function: .floor, bound: 0) { $0.rounded(.down) },
        Case(function: .exp, bound: 2) { exp($0) },
        Case(function: .log, bound: 2) { log($0) },
        Case(function: .sqrt, bound: 0.5) { $0.squareRoot() },
        Case(function: .reciprocalSqrt, bound: 1.5) {
            1 / $0.squareRoot()
        },
        Case(function: .reciprocal, bound: 0.5) { 1 / $0 },
        Case(function: .tanh, bound: 3) { tanh($0) },
        Case(function: .erf, bound: 3) { erf($0) },
        Case(function: .sin, bound: 1) { sin($0) },
        Case(function: .cos, bound: 1) { cos($0) },
        Case(function: .sigmoid, bound: 4) {
            $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0))
        },
        Case(function: .relu, bound: 0) { $0.isNaN ? $0 : max($0, 0) }
    ]

    @Test func `every function has a case`() {
        let activations: Set<UnaryFunction> = [.silu, .gelu, .geluTanh]
        #expect(Set(Self.cases.map(\.function)).union(activations) == Set(UnaryFunction.allCases))
    }

    @Test(arguments: InstructionSet.allCases, cases)
    func `stays within its bound over the whole range`(_ set: InstructionSet, _ item: Case) throws {
        let kernel = try kernels(set).unary(item.function)
        let x = floatsEverywhere()
        let y = run(kernel, x)
        var worst = (error: 0.0, x: Float(0), y: Float(0))
        for (x, y) in zip(x, y) {
            let error = ulps(y, item.exact(Double(x)))
            if !(error <= worst.error) { worst = (error, x, y) }
        }
        #expect(worst.error <= item.bound, "\(worst)")
    }

    @Test(arguments: InstructionSet.allCases, cases)
    func `gives the same at every length and position`(_ set: InstructionSet, _ item: Case) throws {
        let kernel = try kernels(set).unary(item.function)
        var values = Values(3)
        let x = values.array(1000, 5)
        let whole = run(kernel, x)
        for n in lengths {
            let part = run(kernel, Array(x.suffix(n)))
            #expect(part.map(\.bitPattern) == whole.suffix(n).map(\.bitPattern), "\(n) elements")
        }
    }

    @Test(arguments: InstructionSet.allCases)
    func `activations are within their absolute bounds`(_ set: InstructionSet) throws {
        let unary = try kernels(set).unary
        let x = floatsEverywhere().filter { abs($0) < 1e12 }
        for (x, y) in zip(x, run(unary(.silu), x)) {
            let exact = x < 0 ? Double(x) * exp(Double(x)) / (1 + exp(Double(x))) : Double(x) / (1 + exp(-Double(x)))
            let denormal = abs(Double(x)) * 0x1p-149
            #expect(ulps(y, exact) <= 5 || abs(Double(y) - exact) <= denormal, "silu(\(x)) = \(y), not \(exact)")
        }
        for (x, y) in zip(x, run(unary(.gelu), x)) {
            let d = Double(x)
            let exact = d / 2 * (1 + erf(d / 2.0.squareRoot()))
            #expect(abs(Double(y) - exact) <= 4 * Double(x.ulp), "gelu_erf(\(x)) = \(y), not \(exact)")
        }
        for (x, y) in zip(x, run(unary(.geluTanh), x)) {
            let d = Double(x)
            let exact = d / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (d + 0.044715 * d * d * d)))
            #expect(abs(Double(y) - exact) <= 5 * Double(x.ulp), "gelu_tanh(\(x)) = \(y), not \(exact)")
        }
    }

    @Test(arguments: InstructionSet.allCases)
    func `negative zero keeps its sign where it should`(_ set: InstructionSet) throws {
        let unary = try kernels(set).unary
        for kernel in [.sign, .floor, .tanh, .erf, .sqrt, .sin].map(unary) {
            let y = run(kernel, [Float](repeating: -0.0, count: 17))
            #expect(y.allSatisfy { $0 == 0 && $0.sign == .minus })
        }
        let log = run(unary(.log), [0, -0.0, -1, .infinity])
        #expect(log[0] == -.infinity)
        #expect(log[1] == -.infinity)
        #expect(log[2].isNaN)
        #expect(log[3] == .infinity)
    }
}
