import AttendRuntime

/// Named texts to prepend to a model's inputs.
public struct Prompts: Sendable, Hashable {
    /// The prompts by name; always includes `query` and `document`, which may be empty.
    public let texts: [String: String]
    /// The name of the default prompt; nil for none.
    public let defaultName: String?

    /// No prompts.
    init() { (texts, defaultName) = (["query": "", "document": ""], nil) }

    /// - Throws: ``JSONError`` for a default without a prompt of that name.
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

    /// The default prompt's text; empty without one.
    public var standard: String { defaultName.flatMap { texts[$0] } ?? "" }
}
