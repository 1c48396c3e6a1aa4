import AttendRuntime
import Foundation
import Testing

private let folder = "\(Bundle.module.resourcePath ?? ".")/Fixtures/onnx"

/// The backend node tests of ONNX that a graph file can express, as graph files (`Tests/Goldens/onnx.py`).
@Suite struct ONNXTests {
    private static let cases: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasSuffix(".json") }.sorted()
    }()

    /// The other 14 of the 101 use integer types that tensors don't have.
    @Test func `the goldens are there`() { #expect(Self.cases.count == 87) }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("a golden case of ONNX", cases) { backend, test in
            let graph = try Graph(contentsOf: "\(folder)/\(test)/graph.json")
            let file = try SafetensorsFile("\(folder)/\(test)/tensors.safetensors")
            var inputs: [String: Tensor] = [:]
            for id in graph.inputs { inputs[graph.values[id].name] = try file.tensor(named: graph.values[id].name) }
            let found = try graph.run(inputs, on: backend)
            #expect(found.count == graph.outputs.count)
            for (output, tensor) in found {
                let expected = try file.tensor(named: "expected.\(output)")
                try #require(tensor.shape == expected.shape && tensor.dtype == expected.dtype)
                guard expected.dtype == .float32 else {
                    #expect(tensor == expected)
                    continue
                }
                // The longest sums have 120 terms of size about 1: 120 · 2⁻²⁴ is 7e-6; both sides round.
                let (left, right) = (try tensor.floats(), try expected.floats())
                #expect(
                    zip(left, right).allSatisfy { $0 == $1 || abs($0 - $1) <= 7e-6 * max(1, abs($1)) },
                    "\(test).\(output)")
            }
        }
    }
}
