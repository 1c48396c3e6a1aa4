import AttendRuntime

/// Texts to prepend to a model's inputs, by name.
public struct Prompts: Sendable, Hashable {
    /// Always includes `query` and `document`, which may be empty.
    public let texts: [String: String]
    /// The prompt that is prepended by default.
    public let defaultName: String?

    /// No prompts.
    init() { (texts, defaultName) = (["query": "", "document": ""], nil) }

    /// - Throws: ``JSONError`` for a default that names no prompt.
    init(_ root: JSONNode) throws(JSONError) {
        var texts = ["query": "", "document": ""]
        for (name, node) in try root.optional("prompts")?.members() ?? [] {
            texts[name] = node.value == .null ? "" : try node.string()
        }
        let name = try root.optional("default_prompt_name")
        defaultName = try name?.string()
        if let name, let defaultName, texts[defaultName] == nil {
            throw name.unexpected("one of the prompts \(texts.keys.sorted().joined(separator: ", "))")
        }
        self.texts = texts
    }

    /// The default prompt's text, or "".
    public var standard: String { defaultName.flatMap { texts[$0] } ?? "" }
}
