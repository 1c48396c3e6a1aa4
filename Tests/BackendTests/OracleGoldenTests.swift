import AttendModels
import AttendParity
import AttendRuntime
import Foundation
import ReferenceBackend
import Testing

private let fixtures = "\(Bundle.module.resourcePath ?? ".")/Fixtures"

/// The parity kit's oracle against results that others computed: a bound around a wrong value would be worth nothing.
///
/// The goldens of PyTorch and transformers were computed in float64 and rounded once to float32. The oracle carries its
/// values in float64 as well, so what is left between them is that rounding, ``slack`` of the largest element for the
/// order of float64's own operations, and the constants that a graph holds in float32 where the peer had float64: 1/√d
/// where it is no power of 2, the 1/√2 of gelu.
@Suite struct OracleGoldenTests {
    /// 2⁻⁴⁰: float64 has 13 bits more, which cover sums of thousands of terms.
    private static let slack = 0x1p-40

    private struct Golden: Decodable {
        var name: String
        var file: String
        var scale: Double?
        var causal: String
        var mask: String
        var softcap: Double?
        var slidingWindow: Int?
        var hasPattern: Bool
    }

    private struct Goldens: Decodable { var cases: [Golden] }

    @Test func `attention's values are PyTorch's, in the sharp analysis and in the definition`() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/attention/cases.json"))
        let goldens = try snakeCase.decode(Goldens.self, from: data).cases
        #expect(goldens.count == 56)
        var exactCount = 0
        for golden in goldens {
            let file = try SafetensorsFile("\(fixtures)/attention/\(golden.file)")
            let (graph, inputs) = try attention(golden, file)
            let loss = try scaleLoss(golden, inputs)
            if loss == 0 { exactCount += 1 }
            let bounded = try oracle(graph, inputs)
            // The definition's parts, which the sharp analysis does not know; rounded once more.
            let plain = try graph.run(inputs, on: makeOracle())
            for (name, found) in bounded {
                let expected = try file.tensor(named: "expected_\(name)")
                let values = try #require(inputs["value"]).floats()
                let reach = name == "pattern" ? 1 : 2 * Double(values.reduce(0) { max($0, $1.magnitude) })
                let label = "\(golden.name) \(name)"
                try expect(expected, near: found, label, beside: loss * reach)
                let parts = ExpectedTensor(
                    dtype: .float32, shape: found.shape,
                    elements: .bounded(try #require(plain[name]).floats().map { Bounded($0) }))
                #expect(
                    distance(of: expected, from: parts, beside: loss * reach) <= 2, "\(label), in parts")
            }
        }
        #expect(exactCount >= 25, "\(exactCount) have an exact scale")
    }

    /// What the rounding of the scale to float32 can change in a weight: with scores off by δ, exp(2δ) − 1. 0 where
    /// there is none.
    private func scaleLoss(_ golden: Golden, _ inputs: [String: Tensor]) throws -> Double {
        let (query, key) = (try #require(inputs["query"]), try #require(inputs["key"]))
        let width = query.shape[3]
        func longest(_ tensor: Tensor) throws -> Double {
            let values = try tensor.floats().map(Double.init)
            return stride(from: 0, to: values.count, by: width).reduce(0) { longest, start in
                max(longest, values[start..<start + width].reduce(0) { $0 + $1 * $1 }.squareRoot())
            }
        }
        let scale = golden.scale ?? 1 / Double(width).squareRoot()
        let change = try abs(Double(Float(scale)) - scale) * longest(query) * longest(key)
        return exp(2 * change) - 1
    }

    @Test(arguments: ["bert/masked-lm", "bert/minilm-tiny", "bert/two-segments", "gpt2/tiny"])
    func `a model's values are those of transformers, far nearer than any float32's`(model: String) throws {
        let folder = "\(fixtures)/\(model)"
        let expected = try SafetensorsFile("\(folder)/expected.safetensors")
        let entries = expected.entries.filter { !$0.name.hasPrefix("generation") }
        let loaded = try LoadedModel(folder: folder)
        let graph = try loaded.graph(loaded.outputs)
        let found = try oracle(graph, loaded.inputs(ModelTests.inputs(folder), of: graph))
        #expect(found.count == entries.count)
        for entry in entries {
            let name = entry.name.replacingOccurrences(of: ".", with: "_")
            let value = try #require(found[name], "\(entry.name)")
            // Three layers with five such constants each, every one off by 2⁻²⁵ at most: 30 times less than the peer's
            // own run in float32 may be off.
            let goal = try expected.tensor(named: entry.name)
            let largest = try goal.floats().reduce(0) { max($0, $1.magnitude) }
            try expect(goal, near: value, "\(model) \(entry.name)", beside: 15 * 0x1p-25 * Double(largest))
        }
    }

    /// These were computed in float32, as an honest backend does: they have to lie within the bounds.
    @Test func `what ONNX computed in float32 lies within the bounds`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(fixtures)/onnx").filter {
            !$0.hasSuffix(".json")
        }
        #expect(names.count == 87)
        var compared = 0
        for test in names.sorted() {
            let graph = try Graph(contentsOf: "\(fixtures)/onnx/\(test)/graph.json")
            let file = try SafetensorsFile("\(fixtures)/onnx/\(test)/tensors.safetensors")
            var inputs: [String: Tensor] = [:]
            for id in graph.inputs { inputs[graph.values[id].name] = try file.tensor(named: graph.values[id].name) }
            for (name, found) in try oracle(graph, inputs) {
                let comparison = try found.compare(file.tensor(named: "expected.\(name)"))
                #expect(comparison.isRight, "\(test) \(name): \(comparison.first?.description ?? "another type")")
                #expect(comparison.undecided == 0, "\(test) \(name)")
                compared += comparison.elementCount
            }
        }
        #expect(compared > 3000)
    }

    @Test func `a value next to the right one is not taken for it`() throws {
        let found = ExpectedTensor(
            dtype: .float32, shape: [2],
            elements: .bounded([Bounded(1.0 + 0x1p-24, within: 1), Bounded(0.5, within: 1)]))
        #expect(distance(of: try Tensor([1, 0.5] as [Float], shape: [2]), from: found) <= 1)
        #expect(distance(of: try Tensor([1, Float(0.5).nextUp], shape: [2]), from: found) > 1)
        #expect(distance(of: try Tensor([1, .nan], shape: [2]), from: found) == .infinity)
    }

    // MARK: The oracle

    private func oracle(_ graph: Graph, _ inputs: [String: Tensor]) throws -> [String: ExpectedTensor] {
        let expectation = try BuiltCase(graph: graph, inputs: inputs).expectation(RoundingModel())
        return Dictionary(uniqueKeysWithValues: expectation.outputs.map { ($0.name, $0.value) })
    }

    private func expect(
        _ expected: Tensor, near found: ExpectedTensor, _ label: String, beside change: Double
    ) throws {
        try #require(found.shape == expected.shape && found.dtype == expected.dtype, "\(label): type")
        let worst = distance(of: expected, from: found, beside: change)
        #expect(worst <= 1, "\(label): \(worst) of what roundings allow")
        // And of course within the bounds.
        #expect(found.compare(expected).isRight, "\(label)")
    }

    /// The largest distance, where 1 is half an ulp, ``slack`` of the largest and `change`; infinity for a NaN in a
    /// number's place.
    private func distance(of expected: Tensor, from found: ExpectedTensor, beside change: Double = 0) -> Double {
        guard case .bounded(let exact) = found.elements, let goal = try? expected.floats() else { return .infinity }
        let largest = exact.reduce(0) { $1.value.isFinite ? max($0, $1.value.magnitude) : $0 }
        return zip(goal, exact).reduce(0) { worst, pair in
            let (value, target) = (Double(pair.0), pair.1.value)
            if value.isNaN && target.isNaN || value == target { return worst }
            let half = 0.5 * Double(max(pair.0.magnitude.ulp, .leastNonzeroMagnitude))
            let share = abs(value - target) / (half + Self.slack * largest + change)
            return share.isNaN ? .infinity : max(worst, share)
        }
    }

    // MARK: Attention

    private func attention(_ golden: Golden, _ file: SafetensorsFile) throws -> (Graph, [String: Tensor]) {
        var inputs: [String: Tensor] = [:]
        for name in ["query", "key", "value"] { inputs[name] = try file.tensor(named: name) }
        if golden.mask != "none" { inputs["mask"] = try file.tensor(named: "mask") }
        let builder = GraphBuilder(golden.name)
        var values: [String: Value] = [:]
        for (name, tensor) in inputs {
            values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
        }
        var options = AttentionOptions()
        options.scale = golden.scale
        options.softCap = golden.softcap
        options.window = golden.slidingWindow
        options.isCausal = golden.causal != "none"
        options.alignment = golden.causal == "upper_left" ? .upperLeft : .lowerRight
        if golden.mask == "bool" { options.mask = values["mask"] } else { options.bias = values["mask"] }
        let result = try #require(values["query"]).attention(
            key: #require(values["key"]), value: #require(values["value"]), options: options)
        try builder.output("output", result.output)
        if golden.hasPattern { try builder.output("pattern", result.pattern) }
        return (try builder.build(), inputs)
    }
}
