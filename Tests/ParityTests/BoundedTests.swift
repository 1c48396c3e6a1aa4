import AttendParity
import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// The scalar that carries its bound: what float32 arithmetic gives lies within, and not far within.
@Suite struct BoundedTests {
    private typealias Number = (exact: Bounded, float: Float)

    private static let operations: [String: @Sendable (Number, Number) -> Number] = [
        "+": { ($0.exact + $1.exact, $0.float + $1.float) }, "-": { ($0.exact - $1.exact, $0.float - $1.float) },
        "*": { ($0.exact * $1.exact, $0.float * $1.float) }, "/": { ($0.exact / $1.exact, $0.float / $1.float) },
        "exp": { a, _ in (Bounded.exp(a.exact), exp(a.float)) },
        "tanh": { a, _ in (Bounded.tanh(a.exact), tanh(a.float)) },
        "erf": { a, _ in (Bounded.erf(a.exact), erf(a.float)) },
        "sin": { a, _ in (Bounded.sin(a.exact), sin(a.float)) },
        "cos": { a, _ in (Bounded.cos(a.exact), cos(a.float)) },
        "sqrt": { a, _ in (Bounded.sqrt(Bounded.abs(a.exact)), abs(a.float).squareRoot()) },
        "log": { a, _ in (Bounded.log(Bounded.abs(a.exact)), log(abs(a.float))) },
        "larger": {
            ($0.exact.value < $1.exact.value ? Bounded.larger($0.exact, $1.exact) : $0.exact, max($0.float, $1.float))
        }
    ]

    /// 0 · ∞, the power times its relative error, is NaN, and a sum with that bound would count as exact.
    @Test func `a power that underflows has a bound`() {
        let large = Bounded(-0x1p127, within: 0x1p103)
        let power = Bounded.exp(large)
        #expect(power.value == 0)
        #expect(power.bound < 0x1p-125)
        var sum = BoundedSum(Bounded(1 as Float))
        sum.add(Bounded.exp(Bounded(-16 as Float)))
        sum.add(power)
        #expect(sum.value.bound >= 0x1p-24)
        #expect(Bounded.exp(Bounded(-100, within: 200)).bound > 0x1p100)
    }

    @Test func `a random program in float32 stays within its bounds`() {
        let names = BoundedTests.operations.keys.sorted()
        var (checked, largest) = (0, 0.0)
        for seed in 0..<300 {
            var numbers = SeededNumbers(seed, "program")
            var values: [Number] = (0..<8).map { _ in
                let float = numbers.uniform(-3, 3)
                return (Bounded(float), float)
            }
            for _ in 0..<12 {
                let (a, b) = (numbers.pick(values), numbers.pick(values))
                guard let operation = BoundedTests.operations[numbers.pick(names)] else { continue }
                let result = operation(a, b)
                guard result.exact.bound < 1e-3, result.exact.value.magnitude < 1e30, result.exact.value.isFinite else {
                    continue
                }
                let distance = abs(Double(result.float) - result.exact.value)
                #expect(distance <= result.exact.bound * (1 + 0x1p-20), "seed \(seed)")
                if result.exact.bound > 0 { largest = max(largest, distance / result.exact.bound) }
                checked += 1
                values.append(result)
            }
        }
        #expect(checked > 1500)
        #expect(largest > 0.5)
    }

    @Test(arguments: [1, 2, 17, 1000, 20_000]) func `a sum is bounded in any order and with fused products`(count: Int)
    {
        var numbers = SeededNumbers(count, "sum")
        let pairs = (0..<count).map { _ in (numbers.uniform(-2, 2), numbers.uniform(-2, 2)) }
        var sum = BoundedSum(Bounded(0 as Float))
        for (a, b) in pairs { sum.add(product: Bounded(a), Bounded(b)) }
        let bound = sum.value
        let forward = pairs.reduce(Float(0)) { $0 + $1.0 * $1.1 }
        let fused = pairs.reversed().reduce(Float(0)) { $0.addingProduct($1.0, $1.1) }
        var lanes = Array(repeating: Float(0), count: 16)
        for (index, pair) in pairs.enumerated() { lanes[index % 16].addProduct(pair.0, pair.1) }
        for result in [forward, fused, lanes.reduce(0, +)] {
            #expect(abs(Double(result) - bound.value) <= bound.bound)
        }
        // γₙ Σ|ab|, with |ab| = 1 on the average.
        #expect(bound.bound < 2 * Double(count + 1) * Double(count) * 0x1p-24)
    }

    @Test func `what is exact in float32 has no bound, and what is not has half an ulp`() {
        #expect((Bounded(1.5 as Float) + Bounded(0.25 as Float)).bound == 0)
        #expect((Bounded(1 as Float) + Bounded(0x1p-30 as Float)).bound == 0x1p-24)
        #expect((Bounded(3 as Float) * Bounded(0.1 as Float)).bound == 0x1p-26)
    }

    @Test func `a NaN, an infinity and their absence are told apart`() throws {
        let expected = ExpectedTensor(
            dtype: .float32, shape: [4],
            elements: .bounded([
                Bounded(1, within: 0.5), Bounded(.nan, within: 0), Bounded(.infinity, within: 0), .notFinite
            ]))
        func isRight(_ values: [Float]) throws -> Bool { expected.compare(try Tensor(values, shape: [4])).isRight }
        #expect(try isRight([1.25, .nan, .infinity, .nan]))
        #expect(try isRight([0.5, -.nan, .infinity, -.infinity]))
        #expect(try !isRight([.nan, .nan, .infinity, .nan]), "NaN for a number")
        #expect(try !isRight([1, 1, .infinity, .nan]), "a number for NaN")
        #expect(try !isRight([1, .infinity, .infinity, .nan]), "infinity for NaN")
        #expect(try !isRight([1, .nan, -.infinity, .nan]), "the other infinity")
        #expect(try !isRight([1, .nan, .greatestFiniteMagnitude, .nan]), "a number for infinity")
        #expect(try !isRight([1, .nan, .infinity, 1]), "a number for what is none")
        #expect(try !isRight([.infinity, .nan, .infinity, .nan]), "infinity for a number")
        let reversed = try Tensor([.nan, .infinity, .nan, 1] as [Float], shape: [4])
        #expect(expected.compare(reversed).wrongCount == 4)
    }

    @Test func `sums that meet infinities of both signs on their way may be any of them`() {
        var sum = BoundedSum(Bounded(0 as Float))
        for term: Float in [-.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity] { sum.add(Bounded(term)) }
        #expect(sum.value.isNaN)
        #expect(sum.value.bound == .infinity)
        var plain = BoundedSum(Bounded(0 as Float))
        for term: Float in [-1, .infinity] { plain.add(Bounded(term)) }
        #expect(plain.value.value == .infinity)
        #expect(plain.value.bound == 0)
    }

    /// The analyses of softmax, the norms and attention are a second reading of what the definitions say.
    @Test(.tags(.slow), .unlessFast, arguments: ["softmax", "layer_norm", "rms_norm", "attention"])
    func `a sharp analysis has the values of the definition`(operation: String) throws {
        for subject in CaseCatalog.cases(of: operation, CaseSelection(isQuick: true, seed: 11, seededCount: 40)) {
            let built = try subject.build()
            // Constants as well as inputs.
            guard built.graph.values.allSatisfy({ ![.float16, .bfloat16].contains($0.type.dtype) }) else { continue }
            let expectation = try built.expectation(RoundingModel())
            let exact = try built.graph.run(built.inputs, on: makeOracle())
            for (name, value) in expectation.outputs {
                let tensor = try #require(exact[name])
                let comparison = value.compare(tensor)
                #expect(comparison.isRight, "\(subject.name) \(name): \(comparison.first?.description ?? "")")
                #expect(isNear(tensor, value), "\(subject.name) \(name) is near at best")
            }
        }
    }

    /// Whether the tensor is the exact values rounded to float32, and not only within their bounds.
    private func isNear(_ tensor: Tensor, _ expected: ExpectedTensor) -> Bool {
        guard case .bounded(let exact) = expected.elements, let values = try? tensor.floats() else { return false }
        return zip(values, exact).allSatisfy { value, exact in
            // A number that float32 does not hold rounds to infinity.
            let isNumber = exact.reach < Bounded.overflow
            return !isNumber
                || abs(Double(value) - exact.value) <= 0.51 * Bounded.ulp(exact.value.magnitude) + 1e-6 * exact.bound
        }
    }
}
