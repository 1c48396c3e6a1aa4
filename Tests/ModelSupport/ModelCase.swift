package import AttendRuntime

/// A folder and what sentence-transformers makes of it: see Tests/Goldens/models.py.
package struct ModelCase: Sendable, CustomStringConvertible {
    package let name: String
    package let texts: [String]
    /// Put before the texts; nil for the model's own.
    package let prompt: String?
    package let files: [String: JSONValue?]
    package let weights: [String: TinyWeights?]
    package let ids: [[Int]]
    /// By text.
    package let embeddings: [[Double]]
    /// The name of the similarity, and what it gives; nil where the case is about something else.
    package let similarity: (name: String, values: [[Double]])?

    package var description: String { name }

    package func folder() throws -> TinyModel { try TinyModel(files: files, weights: weights) }

    // MARK: The file

    private static let document = Result { try CaseFile(name: "cases.json").root }

    package static let all = CaseFile.cases(of: document) { try ModelCase($0) }

    package static func named(_ name: String) -> ModelCase? { all.first { $0.name == name } }

    /// Sixteen times the largest difference of the peer's float32 from its float64, over all cases.
    package static var tolerance: Double { get throws { try document.get().required("tolerance").number() } }

    static var base: (files: [String: JSONValue], weights: [String: TinyWeights]) {
        get throws {
            let root = try document.get()
            return (
                Dictionary(
                    uniqueKeysWithValues: try root.required("files").members().map { ($0.key, $0.node.value) }),
                Dictionary(
                    uniqueKeysWithValues: try root.required("weights").members().map {
                        ($0.key, try TinyWeights($0.node))
                    })
            )
        }
    }

    /// The weights of the base folder.
    package static var baseWeights: TinyWeights {
        get throws { try base.weights["model.safetensors"] ?? TinyWeights(dtype: "F32", entries: []) }
    }

    /// Functions that files may name, at points.
    package static var activations: (points: [Double], values: [(name: String, values: [Double])]) {
        get throws {
            let root = try document.get()
            return (
                try root.required("points").elements().map { try $0.number() },
                try root.required("activations").members().map { ($0.key, try numbers($0.node)) }
            )
        }
    }

    private static func numbers(_ node: JSONNode) throws -> [Double] { try node.elements().map { try $0.number() } }

    private init(_ node: JSONNode) throws {
        name = try node.required("name").string()
        texts = try node.required("texts").elements().map { try $0.string() }
        prompt = try node.optional("prompt")?.string()
        var files: [String: JSONValue?] = [:]
        for (name, content) in try node.required("files").members() {
            files[name] = .some(content.value == .null ? nil : content.value)
        }
        var weights: [String: TinyWeights?] = [:]
        for (name, content) in try node.required("weights").members() {
            weights[name] = .some(content.value == .null ? nil : try TinyWeights(content))
        }
        (self.files, self.weights) = (files, weights)
        ids = try node.required("ids").elements().map { try $0.elements().map { try $0.integer() } }
        embeddings = try node.required("embeddings").elements().map(ModelCase.numbers)
        similarity = try node.optional("function").map {
            (try $0.string(), try node.required("similarity").elements().map(ModelCase.numbers))
        }
    }
}
