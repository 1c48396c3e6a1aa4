import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Integers of projections by the activations on texts.
@Suite struct CalibrationTests {
    private static let form = QuantizedForm(bits: 4, group: 32)

    /// Σ |(w − ŵ) x|² over the rows of x.
    private static func outputError(
        _ weights: Tensor, _ result: MatrixQuantizer.Result, _ form: QuantizedForm, on inputs: Tensor
    ) throws -> Double {
        let made = try QuantizedTensor(
            words: .held(result.words), scales: .held(result.scales), offsets: .held(result.offsets), form: form
        ).floats().rows()
        return try zip(weights.rows(), made).reduce(0) { sum, pair in
            let error = zip(pair.0, pair.1).map { Double($0) - Double($1) }
            return try inputs.rows().reduce(sum) { sum, x in
                let product = zip(error, x).reduce(0) { $0 + $1.0 * Double($1.1) }
                return sum + product * product
            }
        }
    }

    /// Rows that lie near a few directions, as activations do.
    private static func inputs(_ count: Int, _ width: Int, seed: Int) throws -> Tensor {
        let directions = try Tensor(uniform: [12, width], in: -1...1, seed: 900).rows()
        let shares = try Tensor(uniform: [count, 12], in: -1...1, seed: seed).rows()
        let noise = try Tensor(uniform: [count, width], in: -0.1...0.1, seed: seed + 1).rows()
        let rows = zip(shares, noise).map { shares, noise in
            zip(shares, directions).reduce(noise) { sum, part in zip(sum, part.1).map { $0 + part.0 * $1 } }
        }
        return try Tensor(rows.flatMap(\.self), shape: [count, width])
    }

    private static func moments(_ inputs: Tensor, isDiagonal: Bool = false) throws -> Calibration.Moments {
        let (count, width) = (inputs.shape[0], inputs.shape[1])
        var sums = [Float](repeating: 0, count: isDiagonal ? width : width * width)
        for x in try inputs.rows() {
            for row in 0..<width {
                if isDiagonal {
                    sums[row] += x[row] * x[row]
                } else {
                    for column in 0..<width { sums[row * width + column] += x[row] * x[column] }
                }
            }
        }
        return Calibration.Moments(width: width, count: count, sums: sums)
    }

    @Test func `the feedback of errors is that of the triangular factor`() throws {
        let width = 40
        let inputs = try Self.inputs(300, width, seed: 1)
        let moments = try Self.moments(inputs)
        let feedback = try #require(ErrorFeedback(moments))
        // H + λI = R Rᵀ: with rows of δ = a unit vector, the targets of later columns move by R_ik / R_kk. Restored, the
        // factor gives H again: R_kk² from the last column on.
        let mean = (0..<width).reduce(0.0) { $0 + Double(moments.sums[$1 * width + $1]) } / Double(width)
        func whole(_ row: Int, _ column: Int) -> Double {
            Double(moments.sums[row * width + column]) / mean + (row == column ? 0.01 : 0)
        }
        var pivots = [Double](repeating: 0, count: width)
        func share(_ row: Int, _ column: Int) -> Double {
            row == column ? 1 : Double(feedback.shares[row * width + column])
        }
        for column in (0..<width).reversed() {
            pivots[column] =
                whole(column, column)
                - (column + 1..<width).reduce(0) { $0 + pivots[$1] * share(column, $1) * share(column, $1) }
            #expect(pivots[column] > 0)
        }
        for row in 0..<width {
            for column in row..<width {
                let made = (column..<width).reduce(0) { $0 + pivots[$1] * share(row, $1) * share(column, $1) }
                #expect(abs(made - whole(row, column)) < 1e-4)
            }
        }
    }

    @Test(arguments: [DType.float32, .float16, .bfloat16]) func `the error of outputs is a fraction`(dtype: DType)
        throws
    {
        let form = try #require(Self.form)
        // More columns than a block of the factorization, and a part of one.
        let (weights, inputs) = (
            try Tensor(uniform: [35, 96], in: -1...1, seed: 3), try Self.inputs(400, 96, seed: 4)
        )
        let quantizer = MatrixQuantizer(form: form, dtype: dtype)
        let fresh = try Self.inputs(100, 96, seed: 70)
        func error(_ feedback: ErrorFeedback?) throws -> Double {
            try Self.outputError(weights, quantizer.quantized(weights, feedback: feedback), form, on: fresh)
        }
        let (plain, weighted, fed) = (
            try error(nil), try error(ErrorFeedback(Self.moments(inputs, isDiagonal: true))),
            try error(ErrorFeedback(Self.moments(inputs)))
        )
        #expect(fed < 0.4 * plain, "\(fed) of \(plain)")
        #expect(weighted < 1.1 * plain, "\(weighted) of \(plain)")
    }

    @Test func `inputs of zeros tell nothing`() throws {
        let moments = Calibration.Moments(width: 32, count: 9, sums: [Float](repeating: 0, count: 32 * 32))
        #expect(ErrorFeedback(moments) == nil)
        // A column that no token uses.
        var sums = [Float](repeating: 0, count: 32 * 32)
        for column in 1..<32 { sums[column * 33] = 1 }
        let feedback = try #require(ErrorFeedback(Calibration.Moments(width: 32, count: 9, sums: sums)))
        #expect(feedback.costs.allSatisfy { $0 > 0 && $0.isFinite } && feedback.shares.allSatisfy(\.isFinite))
    }

    @Test func `samples are texts that differ`() {
        let samples = Calibration.samples
        #expect(samples.count > 150 && Set(samples).count == samples.count)
        #expect(samples.allSatisfy { !$0.isEmpty && $0.first != " " })
        #expect(Set(samples).isDisjoint(with: Fidelity.samples))
    }

    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["ATTEND_MINILM"] != nil, "ATTEND_MINILM names no folder"))
    func `MiniLM in 4 bits keeps its embeddings`() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["ATTEND_MINILM"])
        let original = try LoadedModel(folder: folder)
        let backend = try backend("simd")
        let calibration = try Calibration(of: original, on: Calibration.samples) { Program($0, on: backend) }
        let output = NSTemporaryDirectory() + "attend-minilm-4-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let form = try #require(Self.form)
        _ = try ModelQuantizer(original, form: form).write(to: output, calibration: calibration)
        let path = "\(Bundle.module.resourcePath ?? ".")/Fixtures/minilm/sentences.json"
        let root = try JSONNode(JSONValue(parsing: String(contentsOfFile: path, encoding: .utf8)))
        let texts = try root.required("sentences").elements().map { try $0.required("text").string() }
        #expect(texts.count == 24)
        let fidelity = try Fidelity.of(LoadedModel(folder: output), against: original, on: texts) {
            Program($0, on: backend)
        }
        guard case .embeddings(let cosines) = fidelity else {
            Issue.record("no embeddings")
            return
        }
        #expect(cosines.min() ?? 0 >= 0.98, "\(cosines)")
    }
}
