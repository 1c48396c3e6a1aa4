import AttendRuntime

/// A cross-encoder's folder and the scores of sentence-transformers: see Tests/Goldens/transformers_classifiers.py.
package struct CrossCase: Sendable, CustomStringConvertible {
    package let name: String
    package let query: String
    package let texts: [String]
    package let scores: [Double]
    private let configuration: JSONValue
    private let weights: TinyWeights

    package var description: String { name }

    /// The base folder's tokenizer with another configuration and weights, without modules.
    package func folder() throws -> TinyModel {
        let base = try ModelCase.base.files
        let names = ["tokenizer.json", "tokenizer_config.json"]
        let folder = try TinyModel(
            bare: base.filter { names.contains($0.key) }.merging(["config.json": configuration]) { $1 })
        try folder.write(weights, "model.safetensors")
        return folder
    }

    package static let all: [CrossCase] = {
        do {
            return try CaseFile(name: "classifiers.json").root.required("crosses").elements().map { try CrossCase($0) }
        } catch {
            fatalError("a file of cases: \(error)")
        }
    }()

    private init(_ node: JSONNode) throws {
        name = try node.required("name").string()
        query = try node.required("query").string()
        texts = try node.required("texts").elements().map { try $0.string() }
        scores = try node.required("scores").elements().map { try $0.number() }
        configuration = try node.required("config").value
        weights = try TinyWeights(node.required("weights"))
    }
}
