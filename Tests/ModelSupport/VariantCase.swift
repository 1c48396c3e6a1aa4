package import AttendRuntime

/// A model's folder and what Hugging Face's transformers makes of it: see Tests/Goldens/transformers_variants.py,
/// and transformers_encoders.py, _decoders, _pairs and _classifiers beside it.
package struct VariantCase: Sendable, CustomStringConvertible {
    package let name: String
    package let hasLogits: Bool
    package let inputs: [String: Tensor]
    /// By the names that graphs have.
    package let outputs: [String: Tensor]
    private let configuration: JSONValue
    package let weights: TinyWeights

    package var description: String { name }

    /// `config.json` and `model.safetensors` alone.
    package func folder() throws -> TinyModel {
        let folder = try TinyModel(bare: ["config.json": configuration])
        try folder.write(weights, "model.safetensors")
        return folder
    }

    package static let all = ["variants.json", "encoders.json", "decoders.json", "pairs.json", "classifiers.json"]
        .flatMap { name in
            let document = Result { try CaseFile(name: name).root }
            return CaseFile.cases(of: document) {
                try VariantCase($0, tolerance: document.get().required("tolerance").number())
            }
        }

    /// The share of an output's largest number that a float32 backend may be off by.
    package let tolerance: Double

    private init(_ node: JSONNode, tolerance: Double) throws {
        self.tolerance = tolerance
        name = try node.required("name").string()
        hasLogits = try node.required("logits").bool()
        configuration = try node.required("config").value
        weights = try TinyWeights(node.required("weights"))
        var inputs: [String: Tensor] = [:]
        for (name, rows) in try node.required("inputs").members() { inputs[name] = try VariantCase.tensor(rows) }
        var outputs: [String: Tensor] = [:]
        let shapes = try node.required("shapes")
        for (name, values) in try node.required("outputs").members() {
            outputs[name] = try Tensor(
                values.elements().map { Float(try $0.number()) },
                shape: shapes.required(name).elements().map { try $0.integer() })
        }
        (self.inputs, self.outputs) = (inputs, outputs)
    }

    /// Int64 `[rows, columns]`, or float32 with three axes.
    private static func tensor(_ node: JSONNode) throws -> Tensor {
        let rows = try node.elements().map { try $0.elements() }
        guard let first = rows.first?.first, case .array(let values) = first.value else {
            let numbers = try rows.joined().map { Int64(try $0.integer()) }
            return try Tensor(numbers, shape: [rows.count, rows.first?.count ?? 0])
        }
        let numbers = try rows.joined().flatMap { try $0.elements().map { Float(try $0.number()) } }
        return try Tensor(numbers, shape: [rows.count, rows[0].count, values.count])
    }
}
