package import AttendRuntime

/// A model's folder and what Hugging Face's transformers makes of it: see Tests/Goldens/transformers_variants.py,
/// transformers_encoders.py and transformers_decoders.py beside it.
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

    package static let all = ["variants.json", "encoders.json", "decoders.json"].flatMap { name in
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
        for (name, rows) in try node.required("inputs").members() {
            let numbers = try rows.elements().map { try $0.elements().map { Int64(try $0.integer()) } }
            inputs[name] = try Tensor(Array(numbers.joined()), shape: [numbers.count, numbers[0].count])
        }
        var outputs: [String: Tensor] = [:]
        let shapes = try node.required("shapes")
        for (name, values) in try node.required("outputs").members() {
            outputs[name] = try Tensor(
                values.elements().map { Float(try $0.number()) },
                shape: shapes.required(name).elements().map { try $0.integer() })
        }
        (self.inputs, self.outputs) = (inputs, outputs)
    }
}
