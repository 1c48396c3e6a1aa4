import AttendRuntime
import Foundation
import Testing

/// What `print` shows of tensors, values, graphs and devices. The texts of tensors are NumPy's own
/// (Tests/Goldens/tensor_texts.py).
@Suite struct TensorDescriptionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let tensor: Tensor
        let text: String

        var testDescription: String { "\(tensor.dtype)\(tensor.shape)" }
    }

    private static func cases() throws -> [Case] {
        let path = try #require(Bundle.module.url(forResource: "Fixtures/tensor-texts", withExtension: "json"))
        let root = try JSONNode(JSONValue(parsing: [UInt8](Data(contentsOf: path))))
        return try root.required("cases").elements().map { node in
            let shape = try node.required("shape").elements().map { try $0.integer() }
            let numbers = try node.required("data").elements().map { try $0.integer() }
            let storage: Tensor.Storage =
                switch try node.required("dtype").string() {
                case "float32": .float32(numbers.map { Float(bitPattern: UInt32($0)) })
                case "float16": .float16(numbers.map { UInt16($0) })
                case "int32": .int32(numbers.map { Int32($0) })
                case "int64": .int64(numbers.map { Int64($0) })
                default: .bool(numbers.map { UInt8($0) })
                }
            return Case(tensor: try Tensor(storage: storage, shape: shape), text: try node.required("text").string())
        }
    }

    @Test func `a tensor prints as NumPy prints the array`() throws {
        let cases = try Self.cases()
        #expect(cases.count > 30)
        for one in cases {
            let lines = "\(one.tensor)".split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            #expect(lines.first.map(String.init) == one.testDescription)
            #expect(lines.last.map(String.init) == one.text, "\(one.testDescription)")
        }
    }

    @Test func `a bfloat16 shows the digits that it has`() throws {
        let bits = [Float(0.1), 3.14159, 100].map(NarrowFloat.bfloat16)
        let tensor = try Tensor(storage: .bfloat16(bits), shape: [3])
        #expect("\(tensor)" == "bfloat16[3]\n[  0.1    3.14 100.  ]")
    }

    @Test func `values, graphs and devices tell what they are`() throws {
        let builder = GraphBuilder("scores")
        let query = try builder.input("query", .float32, ["tokens", 4])
        let scores = try query.matmul(builder.constant(Tensor(zeros: [4, 2]), named: "weight"))
        #expect("\(query)" == "query: float32[tokens, 4]")
        #expect("\(scores)" == "matmul_1: float32[tokens, 2]")
        try builder.output("scores", scores)
        #expect(
            try "\(builder.build())" == """
                graph scores
                  inputs: query: float32[tokens, 4]
                  1 nodes, 1 constants of 32 bytes
                  outputs: scores: float32[tokens, 2]
                """)
        let device = DeviceDescription(backend: "simd", name: "Xeon", threads: 2, instructionSet: "AVX-512")
        #expect("\(device)" == "simd on Xeon, 2 threads, AVX-512")
    }
}
