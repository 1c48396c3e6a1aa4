import AttendRuntime

/// A masked language model's folder and the tokens that it predicts: see Tests/Goldens/transformers_classifiers.py.
package struct MaskCase: Sendable, CustomStringConvertible {
    package struct Mask: Sendable {
        package let position: Int
        package let ids: [Int]
        package let probabilities: [Double]
    }

    package let text: String
    package let masks: [Mask]
    private let configuration: JSONValue
    private let weights: TinyWeights

    package var description: String { text }

    /// The base folder's tokenizer with another configuration and weights, without modules.
    package func folder() throws -> TinyModel {
        let base = try ModelCase.base.files
        let names = ["tokenizer.json", "tokenizer_config.json"]
        let folder = try TinyModel(
            bare: base.filter { names.contains($0.key) }.merging(["config.json": configuration]) { $1 })
        try folder.write(weights, "model.safetensors")
        return folder
    }

    package static let only: MaskCase = {
        do {
            return try MaskCase(CaseFile(name: "classifiers.json").root.required("masks"))
        } catch {
            fatalError("a file of cases: \(error)")
        }
    }()

    private init(_ node: JSONNode) throws {
        text = try node.required("text").string()
        masks = try node.required("masks").elements().map { node in
            Mask(
                position: try node.required("position").integer(),
                ids: try node.required("ids").elements().map { try $0.integer() },
                probabilities: try node.required("probabilities").elements().map { try $0.number() })
        }
        configuration = try node.required("config").value
        weights = try TinyWeights(node.required("weights"))
    }
}
