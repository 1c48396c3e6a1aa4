import Foundation
import SIMDKernelTypes
import SIMDKernels
import Testing

@Suite struct `Attention rows` {
    /// The pattern and log Σ exp in double precision.
    private func exact(_ scores: [Float], _ seen: [Bool], _ bias: [Float]?, _ scale: Float, _ cap: Float) -> (
        [Double], Double
    ) {
        var values = scores.indices.map { i -> Double in
            var score = Double(scores[i]) * Double(scale)
            if cap != 0 { score = Double(cap) * tanh(score / Double(cap)) }
            return score + Double(bias?[i] ?? 0)
        }
        let visible = scores.indices.filter { seen[$0] && bias?[$0] != -.infinity }
        let top = visible.map { values[$0] }.max() ?? 0
        let sum = visible.reduce(0) { $0 + exp(values[$1] - top) }
        let hidden = Set(scores.indices).subtracting(visible)
        for i in values.indices { values[i] = hidden.contains(i) ? 0 : exp(values[i] - top) / sum }
        return (values, visible.isEmpty ? -.infinity : top + log(sum))
    }

    private func run(
        _ kernel: AttentionRowKernel, _ scores: [Float], _ visible: [UInt8]?, _ bias: [Float]?, _ scale: Float,
        _ cap: Float
    ) -> ([Float], Float) {
        var row = scores + [7]
        let n = scores.count
        let result: Float
        switch (visible, bias) {
        case (nil, nil): result = kernel(&row, n, nil, nil, scale, cap)
        case (let visible?, nil): result = kernel(&row, n, visible, nil, scale, cap)
        case (nil, let bias?): result = kernel(&row, n, nil, bias, scale, cap)
        case (let visible?, let bias?): result = kernel(&row, n, visible, bias, scale, cap)
        }
        #expect(row[n] == 7, "wrote past the end")
        return (Array(row.dropLast()), result)
    }

    @Test(arguments: InstructionSet.allCases, [Float(0), 5])
    func `mask, bias, scale and cap compose`(_ set: InstructionSet, _ cap: Float) throws {
        let kernel = try kernels(set).rows.attentionRow
        var values = Values(19)
        for n in lengths where n > 0 {
            for (masked, biased) in [(false, false), (true, false), (false, true), (true, true)] {
                var scores = values.array(n, 30)
                var seen = scores.map { !masked || $0.bitPattern % 3 != 0 }
                seen[n / 2] = true
                var bias = values.array(n, 2)
                if biased, n > 3 { bias[n / 3] = -.infinity }
                bias[n / 2] = 0.5
                let (pattern, sum) = exact(scores, seen, biased ? bias : nil, 0.3, cap)
                for i in 0..<n where !seen[i] { scores[i] = [.nan, .infinity, -.infinity][i % 3] }
                if biased, n > 3 { scores[n / 3] = .nan }
                // Any byte but 0 means visible.
                let bytes = seen.enumerated().map { $1 ? UInt8(1 + $0 % 255) : 0 }
                let (row, result) = run(kernel, scores, masked ? bytes : nil, biased ? bias : nil, 0.3, cap)
                #expect(abs(Double(result) - sum) <= 1e-5)
                for i in 0..<n {
                    #expect(abs(Double(row[i]) - pattern[i]) <= 5e-6 * pattern[i] + 1e-45, "[\(i)] of \(n)")
                    if !seen[i] { #expect(row[i] == 0) }
                }
            }
        }
    }

    @Test(arguments: InstructionSet.allCases)
    func `a fully masked row yields zeros`(_ set: InstructionSet) throws {
        let kernel = try kernels(set).rows.attentionRow
        for n in lengths {
            let scores = [Float](repeating: .nan, count: n)
            let (byMask, first) = run(kernel, scores, [UInt8](repeating: 0, count: n), nil, 1, 0)
            let (byBias, second) = run(kernel, scores, nil, [Float](repeating: -.infinity, count: n), 1, 3)
            #expect(byMask.allSatisfy { $0 == 0 })
            #expect(byBias.allSatisfy { $0 == 0 })
            #expect(first == -.infinity)
            #expect(second == -.infinity)
        }
    }

    @Test(arguments: InstructionSet.allCases)
    func `a NaN at a visible key reaches visible keys only`(_ set: InstructionSet) throws {
        let kernel = try kernels(set).rows.attentionRow
        var values = Values(23)
        for n in lengths where n > 3 {
            var scores = values.array(n, 3)
            scores[1] = .nan
            let bytes = (0..<n).map { UInt8($0 % 2) }
            let (row, result) = run(kernel, scores, bytes, nil, 1, 0)
            #expect(result.isNaN)
            for i in 0..<n { #expect(i % 2 == 1 ? row[i].isNaN : row[i] == 0) }
        }
    }
}
