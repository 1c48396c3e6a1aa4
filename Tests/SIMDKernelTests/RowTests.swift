import Foundation
import SIMDKernelTypes
import SIMDKernels
import Testing

@Suite struct `Rows` {
    @Test(arguments: InstructionSet.allCases)
    func `softmax and log softmax follow the formula`(_ set: InstructionSet) throws {
        let rows = try kernels(set).rows
        var values = Values(7)
        for n in lengths where n > 0 {
            let x = values.array(n, 20)
            let top = Double(x.max() ?? 0)
            let sum = x.reduce(0) { $0 + exp(Double($1) - top) }
            let p = run(rows.softmax, x)
            let l = run(rows.logSoftmax, x)
            for i in 0..<n {
                // x − max is rounded once: its relative error is multiplied by |x − max| ≤ 40.
                let exact = exp(Double(x[i]) - top) / sum
                #expect(abs(Double(p[i]) - exact) <= exact * 40e-7 + 1e-45)
                let exactLog = Double(x[i]) - top - log(sum)
                #expect(abs(Double(l[i]) - exactLog) <= 1e-6 * (1 + abs(Double(x[i]) - top) + log(sum)))
            }
        }
    }

    @Test(arguments: InstructionSet.allCases, [3, 16, 37])
    func `softmax passes on what is not a number`(_ set: InstructionSet, _ n: Int) throws {
        let rows = try kernels(set).rows
        #expect(run(rows.softmax, [Float](repeating: -.infinity, count: n)).allSatisfy { $0.isNaN })
        for bad in [Float.nan, .infinity] {
            for place in 0..<n {
                var values = Values(11)
                var x = values.array(n, 3)
                x[place] = bad
                #expect(run(rows.softmax, x)[place].isNaN)
                if bad.isNaN { #expect(run(rows.softmax, x).allSatisfy { $0.isNaN }) }
            }
        }
        var values = Values(12)
        var x = values.array(n, 3)
        x[n / 2] = -.infinity
        #expect(run(rows.softmax, x)[n / 2] == 0)
    }

    @Test(arguments: InstructionSet.allCases)
    func `sum and maximum reduce a row`(_ set: InstructionSet) throws {
        let rows = try kernels(set).rows
        var values = Values(13)
        #expect(rows.sum([1], 0) == 0)
        #expect(rows.maximum([1], 0) == -.infinity)
        for n in lengths where n > 0 {
            let x = values.array(n, 2).map { $0 - 3 }
            let exact = x.reduce(0) { $0 + Double($1) }
            #expect(abs(Double(rows.sum(x, n)) - exact) <= Double(n) * 6e-8 * abs(exact))
            #expect(rows.maximum(x, n) == x.max())
            for place in [0, n / 2, n - 1] {
                var y = x
                y[place] = .nan
                #expect(rows.maximum(y, n).isNaN, "NaN at \(place) of \(n)")
                #expect(rows.sum(y, n).isNaN)
            }
        }
    }

    @Test(arguments: InstructionSet.allCases, [true, false])
    func `layer norm and rms norm follow the formula`(_ set: InstructionSet, _ affine: Bool) throws {
        let rows = try kernels(set).rows
        var values = Values(17)
        let epsilon: Float = 1e-5
        for n in lengths where n > 0 {
            let x = values.array(n, 4).map { $0 + 2 }
            let scale = values.array(n)
            let bias = values.array(n)
            let mean = x.reduce(0) { $0 + Double($1) } / Double(n)
            let variance = x.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(n)
            let square = x.reduce(0) { $0 + Double($1) * Double($1) } / Double(n)
            for (useScale, useBias) in [(false, false), (true, false), (false, true), (true, true)]
            where useScale == affine {
                var y = [Float](repeating: 7, count: n + 1)
                scale.withUnsafeBufferPointer { scale in
                    bias.withUnsafeBufferPointer { bias in
                        rows.layerNorm(
                            x, useScale ? scale.baseAddress : nil, useBias ? bias.baseAddress : nil, &y, n, epsilon)
                    }
                }
                #expect(y[n] == 7)
                for i in 0..<n {
                    let normal = (Double(x[i]) - mean) / (variance + Double(epsilon)).squareRoot()
                    let exact = normal * (useScale ? Double(scale[i]) : 1) + (useBias ? Double(bias[i]) : 0)
                    // The mean's rounding error is divided by the deviation, which epsilon keeps above 0.003.
                    let bound = 2e-6 * (1 + abs(exact)) + 2e-6 / (variance + Double(epsilon)).squareRoot()
                    #expect(abs(Double(y[i]) - exact) <= bound, "[\(i)] of \(n)")
                }
            }
            var y = [Float](repeating: 7, count: n + 1)
            if affine { rows.rmsNorm(x, scale, &y, n, epsilon) } else { rows.rmsNorm(x, nil, &y, n, epsilon) }
            #expect(y[n] == 7)
            for i in 0..<n {
                let exact =
                    Double(x[i]) / (square + Double(epsilon)).squareRoot() * (affine ? Double(scale[i]) : 1)
                #expect(abs(Double(y[i]) - exact) <= 2e-6 * abs(exact))
            }
        }
    }
}
