import AttendRuntime

/// A sentence encoder's folder, saved by sentence-transformers, and its embeddings: see
/// Tests/Goldens/sentence_families.py.
package struct FamilyCase: Sendable, CustomStringConvertible {
    package let name: String
    package let texts: [String]
    /// By text.
    package let embeddings: [[Double]]
    private let files: [String: JSONValue]
    private let weights: [String: TinyWeights]

    package var description: String { name }

    package func folder() throws -> TinyModel {
        let folder = try TinyModel(bare: files)
        for (name, weights) in weights { try folder.write(weights, name) }
        return folder
    }

    package static let all = CaseFile.cases(of: Result { try CaseFile(name: "families.json").root }) {
        try FamilyCase($0)
    }

    private init(_ node: JSONNode) throws {
        name = try node.required("name").string()
        texts = try node.required("texts").elements().map { try $0.string() }
        embeddings = try node.required("embeddings").elements().map { try $0.elements().map { try $0.number() } }
        files = try Dictionary(
            uniqueKeysWithValues: node.required("files").members().map { ($0.key, $0.node.value) })
        weights = try Dictionary(
            uniqueKeysWithValues: node.required("weights").members().map { ($0.key, try TinyWeights($0.node)) })
    }
}
