import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// `attention.v1` against goldens from PyTorch, and its corner cases against the oracle.
@Suite struct AttentionTests {
    private struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var file: String
        var scale: Double?
        var causal: String
        var mask: String
        var softcap: Double?
        var slidingWindow: Int?
        var hasPattern: Bool
        var suggestedAbsoluteTolerance: [String: Double]

        var testDescription: String { name }

        var options: AttentionOptions {
            var options = AttentionOptions()
            options.scale = scale
            options.softCap = softcap
            options.window = slidingWindow
            options.isCausal = causal != "none"
            options.alignment = causal == "upper_left" ? .upperLeft : .lowerRight
            return options
        }
    }

    private static let folder = "\(Bundle.module.resourcePath ?? ".")/Fixtures/attention"

    private static let goldens = Result {
        struct File: Decodable { var cases: [Golden] }
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/cases.json"))
        return try snakeCase.decode(File.self, from: data).cases
    }

    @Test func `the goldens are there`() throws { #expect(try Self.goldens.get().count == 56) }

    private struct Sizes {
        var (batch, heads, keyValueHeads, queries, keys, width, valueWidth) = (2, 6, 2, 7, 11, 9, 5)
    }

    private static func inputs(_ sizes: Sizes, seed: UInt64) -> [String: Tensor] {
        var numbers = SeededNumbers(seed)
        return [
            "q": numbers.tensor([sizes.batch, sizes.heads, sizes.queries, sizes.width]),
            "k": numbers.tensor([sizes.batch, sizes.keyValueHeads, sizes.keys, sizes.width]),
            "v": numbers.tensor([sizes.batch, sizes.keyValueHeads, sizes.keys, sizes.valueWidth])
        ]
    }

    private static func check(
        _ backend: any ComputeBackend, _ label: String, _ inputs: [String: Tensor],
        _ options: @escaping @Sendable ([String: Value]) -> AttentionOptions
    ) throws {
        let test = OperationCase(
            label, inputs,
            outputs: { values in
                let result = try values["q"]!.attention(
                    key: values["k"]!, value: values["v"]!, options: options(values))
                return ["output": result.output, "pattern": result.pattern, "sum": result.logSumExp]
            })
        try test.check(on: backend)
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("a golden case of PyTorch", 0..<56) { backend, index in
            let golden = try #require(try goldens.get().dropFirst(index).first, "the golden case \(index) is missing")
            let file = try SafetensorsFile("\(folder)/\(golden.file)")
            var inputs: [String: Tensor] = [:]
            for name in ["query", "key", "value"] { inputs[name] = try file.tensor(named: name) }
            let builder = GraphBuilder(golden.name)
            var values: [String: Value] = [:]
            for (name, tensor) in inputs {
                values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
            }
            var options = golden.options
            if golden.mask != "none" {
                let mask = try file.tensor(named: "mask")
                inputs["mask"] = mask
                let value = try builder.input("mask", TensorType(mask.dtype, mask.shape))
                if golden.mask == "bool" { options.mask = value } else { options.bias = value }
            }
            let result = try values["query"]!.attention(key: values["key"]!, value: values["value"]!, options: options)
            try builder.output("output", result.output)
            if golden.hasPattern { try builder.output("pattern", result.pattern) }
            let found = try builder.build().run(inputs, on: backend)
            for output in golden.hasPattern ? ["output", "pattern"] : ["output"] {
                let expected = try file.tensor(named: "expected_\(output)").floats()
                let bound = Float(try #require(golden.suggestedAbsoluteTolerance[output]))
                let values = try #require(found[output]).floats()
                expectNear(values, expected, within: bound, "\(golden.name).\(output)")
            }
        }

        BackendCheck("lengths, offsets and windows compose") { backend in
            var inputs = inputs(Sizes(), seed: 5)
            inputs["lengths"] = try Tensor([8, 0] as [Int32], shape: [2])
            inputs["offset"] = Tensor(2)
            inputs["offsets"] = try Tensor([3, -2] as [Int64], shape: [2])
            try check(backend, "key lengths", inputs) {
                var o = AttentionOptions()
                o.keyLengths = $0["lengths"]
                return o
            }
            try check(backend, "causal key lengths", inputs) {
                var o = AttentionOptions.causal
                o.keyLengths = $0["lengths"]
                return o
            }
            try check(backend, "query offset", inputs) {
                var o = AttentionOptions.causal
                o.queryOffset = $0["offset"]
                return o
            }
            try check(backend, "query offsets by batch", inputs) {
                var o = AttentionOptions.causal
                o.queryOffset = $0["offsets"]
                return o
            }
            try check(backend, "window and lengths", inputs) {
                var o = AttentionOptions()
                (o.window, o.keyLengths, o.queryOffset) = (3, $0["lengths"], $0["offset"])
                return o
            }
        }

        // A weighted mean is no larger than what it is a mean of, whatever a sum on its way would be.
        BackendCheck.each("values near the largest number keep their mean", [2, 4, 17, 513]) { backend, keys in
            let builder = GraphBuilder("mean")
            let query = try builder.input("query", .float32, [1, 1, 3, 4])
            let key = try builder.input("key", .float32, [1, 1, Size(keys), 4])
            let value = try builder.input("value", .float32, [1, 1, Size(keys), 18])
            let attended = try query.attention(key: key, value: value)
            try builder.output("output", attended.output)
            try builder.output("pattern", attended.pattern)
            let graph = try builder.build()
            // The columns: the largest numbers, small ones beside them, an infinity, and a number of each sign.
            let columns = { (row: Int) -> [Float] in
                (0..<18).map {
                    switch $0 {
                    case 0..<8: 3e38
                    case 8: row == 1 ? .infinity : 1
                    case 9: row == 1 ? -.infinity : 3e38
                    default: Float($0) * 1e-3 * (row % 2 == 0 ? 1 : 0.5)
                    }
                }
            }
            let inputs = [
                "query": try Tensor(uniform: [1, 1, 3, 4], seed: 1),
                "key": try Tensor(uniform: [1, 1, keys, 4], seed: 2),
                "value": try Tensor((0..<keys).flatMap(columns), shape: [1, 1, keys, 18])
            ]
            let found = try graph.run(inputs, on: backend)
            let expected = try #require(graph.run(inputs, on: makeOracle())["output"]).floats()
            let output = try #require(found["output"]).floats()
            // 600 roundings and 4 of the exponential.
            expectNear(output, expected, within: 0, share: 1e-4)
            let sums = try #require(found["pattern"]).floats().chunks(of: keys).map { $0.reduce(0, +) }
            expectNear(sums, [1, 1, 1], within: 1e-4)
        }

        BackendCheck("no keys and no queries") { backend in
            try check(
                backend, "no keys",
                inputs(
                    Sizes(batch: 1, heads: 2, keyValueHeads: 1, queries: 3, keys: 0, width: 4, valueWidth: 2), seed: 1)
            ) { _ in .causal }
            try check(
                backend, "no queries",
                inputs(
                    Sizes(batch: 1, heads: 2, keyValueHeads: 2, queries: 0, keys: 3, width: 4, valueWidth: 2), seed: 2)
            ) { _ in AttentionOptions() }
        }

        BackendCheck("a query that sees no key yields exactly zero") { backend in
            var inputs = inputs(Sizes(), seed: 6)
            inputs["mask"] = try Tensor(Array(repeating: false, count: 11), shape: [11])
            let builder = GraphBuilder("hidden")
            var values: [String: Value] = [:]
            for (name, tensor) in inputs {
                values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
            }
            let result = try values["q"]!.attention(
                key: values["k"]!, value: values["v"]!, options: .masked(values["mask"]!))
            try builder.output("output", result.output)
            try builder.output("pattern", result.pattern)
            try builder.output("sum", result.logSumExp)
            let found = try builder.build().run(inputs, on: backend)
            let rows = 2 * 6 * 7
            #expect(try #require(found["output"]).floats() == Array(repeating: 0, count: rows * 5))
            #expect(try #require(found["pattern"]).floats() == Array(repeating: 0, count: rows * 11))
            #expect(try #require(found["sum"]).floats() == Array(repeating: -.infinity, count: rows))
        }

        BackendCheck.each(
            "what is stored at a hidden key does not leak, and at a visible one it shows",
            [Float.nan, .infinity, -.infinity]
        ) { backend, planted in
            var clean = inputs(
                Sizes(batch: 1, heads: 2, keyValueHeads: 2, queries: 4, keys: 6, width: 3, valueWidth: 2), seed: 7)
            let mask = try Tensor((0..<24).map { $0 % 6 < 5 && ($0 % 6 < 4 || $0 / 6 == 3) }, shape: [4, 6])
            clean["mask"] = mask
            func planting(_ key: Int) throws -> [String: Tensor] {
                var inputs = clean
                for name in ["k", "v"] {
                    var values = try clean[name]!.floats()
                    let width = clean[name]!.shape[3]
                    for head in 0..<2 { values[(head * 6 + key) * width] = planted }
                    inputs[name] = try Tensor(values, shape: clean[name]!.shape)
                }
                return inputs
            }
            let builder = GraphBuilder("leak")
            var values: [String: Value] = [:]
            for (name, tensor) in clean {
                values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
            }
            let result = try values["q"]!.attention(
                key: values["k"]!, value: values["v"]!, options: .masked(values["mask"]!))
            try builder.output("output", result.output)
            let session = try Program(builder.build(), on: backend).makeSession()
            let expected = try #require(session.run(clean)["output"]).floats()
            // Key 5 is hidden from every query.
            #expect(try #require(session.run(planting(5))["output"]).floats() == expected)
            // Key 4 is seen by the last query alone.
            let spoiled = try #require(session.run(planting(4))["output"]).floats()
            for head in 0..<2 {
                let rows = Array(spoiled[(head * 8)..<(head * 8 + 8)])
                #expect(rows[..<6] == expected[(head * 8)..<(head * 8 + 6)])
                #expect(!rows[6].isFinite)
            }
        }
    }
}

extension [Float] {
    fileprivate func chunks(of count: Int) -> [[Float]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<$0 + count]) }
    }
}
