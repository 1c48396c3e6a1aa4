import SIMDKernelTypes
import SIMDKernels
import Testing

@Suite struct `Binary arithmetic` {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kernels: any KeyPath<ArithmeticKernels, BinaryKernels> & Sendable
        var exact: @Sendable (Float, Float) -> Float
    }

    static let cases: [Case] = [
        Case(testDescription: "add", kernels: \.add) { $0 + $1 },
        Case(testDescription: "subtract", kernels: \.subtract) { $0 - $1 },
        Case(testDescription: "multiply", kernels: \.multiply) { $0 * $1 },
        Case(testDescription: "divide", kernels: \.divide) { $0 / $1 },
        Case(testDescription: "minimum", kernels: \.minimum) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) },
        Case(testDescription: "maximum", kernels: \.maximum) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
    ]

    @Test(arguments: InstructionSet.allCases, cases)
    func `equals the scalar operation in all three forms`(_ set: InstructionSet, _ item: Case) throws {
        let kernels = try SIMDKernelTests.kernels(set).arithmetic[keyPath: item.kernels]
        var values = Values(5)
        for n in lengths {
            var a = values.array(n + 1, 10)
            var b = values.array(n + 1, 10)
            if n > 2 { a[n / 2] = .nan }
            if n > 3 { b[n / 3] = .nan }
            if n > 6 { (a[n - 1], b[n - 2]) = (.infinity, -.infinity) }
            let scalar = values.next(3)
            var y = [Float](repeating: 7, count: n + 1)
            kernels.vectorVector(a, b, &y, n)
            expect(y, n) { item.exact(a[$0], b[$0]) }
            kernels.vectorScalar(a, scalar, &y, n)
            expect(y, n) { item.exact(a[$0], scalar) }
            kernels.scalarVector(scalar, b, &y, n)
            expect(y, n) { item.exact(scalar, b[$0]) }
            kernels.vectorScalar(a, .nan, &y, n)
            expect(y, n) { item.exact(a[$0], .nan) }
        }
    }

    private func expect(_ y: [Float], _ n: Int, _ exact: (Int) -> Float) {
        #expect(y[n] == 7, "wrote past the end")
        for i in 0..<n {
            let expected = exact(i)
            #expect(y[i] == expected || (y[i].isNaN && expected.isNaN), "[\(i)] of \(n)")
        }
    }
}
