import AttendRuntime

/// The modules of a sentence encoder's folder from `modules.json`, in execution order.
///
/// A folder without that file is a plain transformer, pooled as in sentence-transformers: by the mean over its tokens,
/// or by the last token for a causal language model.
struct ModuleList {
    enum Kind: String, CaseIterable {
        case transformer = "Transformer"
        case pooling = "Pooling"
        case dense = "Dense"
        case layerNorm = "LayerNorm"
        case normalize = "Normalize"
        case dropout = "Dropout"
    }

    struct Entry {
        var kind: Kind
        /// The module's folder.
        var folder: String
    }

    let folder: String
    /// `modules.json`, or the folder if that is missing.
    let path: String
    /// Whether there is a `modules.json`.
    let isListed: Bool
    /// The modules, the transformer first; empty without `modules.json`.
    let entries: [Entry]

    /// - Throws: ``ModelError`` for an unknown module, a path outside the folder, or a list that does not start with
    ///   its only Transformer.
    init(folder: String) throws {
        self.folder = folder
        guard let file = try ModelFile.optional("\(folder)/modules.json") else {
            (path, isListed, entries) = (folder, false, [])
            return
        }
        (path, isListed) = (file.path, true)
        entries = try file.read { root in
            var names: Set<String> = []
            return try root.elements().map { node in
                try node.allowKeys(["idx", "name", "path", "type", "kwargs"])
                let name = try node.required("name")
                guard try names.insert(name.string()).inserted else {
                    throw name.unexpected("a unique module name")
                }
                return Entry(
                    kind: try ModuleList.kind(node.required("type")),
                    folder: try ModuleList.path(node.required("path"), in: folder))
            }
        }
        guard entries.first?.kind == .transformer, entries.count(where: { $0.kind == .transformer }) == 1 else {
            throw ModelError(
                path: path,
                reason:
                    """
                    type: expected one Transformer as the first module, found \
                    \(entries.isEmpty ? "no modules" : entries.map(\.kind.rawValue).joined(separator: ", "))
                    """
            )
        }
    }

    /// The folder of the transformer's files.
    var transformerFolder: String { entries.first?.folder ?? folder }

    private static func kind(_ node: JSONNode) throws(JSONError) -> Kind {
        let type = try node.string()
        let name = type.split(separator: ".").last.map(String.init) ?? ""
        guard type.hasPrefix("sentence_transformers."), let kind = Kind(rawValue: name) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.unexpected("one of sentence_transformers' modules \(known)")
        }
        return kind
    }

    /// A module's folder, which must be inside the model's.
    private static func path(_ node: JSONNode, in folder: String) throws(JSONError) -> String {
        let path = try node.string()
        let parts = path.split(separator: "/")
        guard !path.hasPrefix("/"), !parts.contains("..") else {
            throw node.unexpected("a folder inside the model folder")
        }
        return ([folder] + parts.filter { $0 != "." }.map(String.init)).joined(separator: "/")
    }
}
