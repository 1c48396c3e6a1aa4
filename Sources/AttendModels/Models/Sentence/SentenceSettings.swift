import AttendRuntime

/// The settings of `config_sentence_transformers.json`: prompts, similarity and truncation of the embedding.
struct SentenceSettings {
    private(set) var prompts = Prompts()
    private(set) var similarity = Similarity.cosine
    private(set) var truncatedDimension: Int?

    /// The defaults, without a file.
    init() {}

    /// - Throws: ``ModelError`` that names the key.
    init(folder: String) throws {
        guard let file = try ModelFile.optional("\(folder)/config_sentence_transformers.json") else { return }
        try file.read { root in
            // The versions and requirements are of Python packages.
            try root.allowKeys([
                "__version__", "requirements", "model_type", "prompts", "default_prompt_name", "similarity_fn_name",
                "truncate_dim"
            ])
            if let type = try root.optional("model_type"), try type.string() != "SentenceTransformer" {
                throw type.unexpected("\"SentenceTransformer\"")
            }
            prompts = try Prompts(root)
            if let node = try root.optional("similarity_fn_name") {
                guard let known = Similarity(rawValue: try node.string()) else {
                    throw node.unexpected(
                        "one of \(Similarity.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                similarity = known
            }
            truncatedDimension = try root.optional("truncate_dim")?.integer(atLeast: 1)
        }
    }
}
