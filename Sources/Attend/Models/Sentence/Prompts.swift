import AttendCore

/// Texts that a model wants in front of others, by name.
public struct Prompts: Sendable, Hashable {
    /// `query` and `document` are there always, and may be empty.
    public let texts: [String: String]
    /// The one that is put in front where none is asked for.
    public let defaultName: String?

    /// No prompts.
    init() { (texts, defaultName) = (["query": "", "document": ""], nil) }

    /// - Throws: ``JSONError`` for a default that is none of them.
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

    /// The default's text; empty where there is none.
    public var standard: String { defaultName.flatMap { texts[$0] } ?? "" }
}
