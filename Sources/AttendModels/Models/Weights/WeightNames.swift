import AttendRuntime

/// The mapping from a model's weight names to a checkpoint's tensor names, which may have wrappers' prefixes and old
/// spellings.
struct WeightNames: Sendable {
    /// Prefixes of wrappers, in any order and number: PyTorch's parallel and compiled modules, Lightning and similar,
    /// and a sentence-transformers model saved whole.
    static let prefixes = ["module.", "_orig_mod.", "model.", "0.auto_model.", "0.model.", "auto_model."]

    private let folder: String
    private let found: [String: [String]]
    private let alternatives: [String: String]

    init(_ checkpoint: Checkpoint, _ map: WeightMap) {
        folder = checkpoint.folder
        let prefixes = WeightNames.prefixes + map.prefixes
        found = Dictionary(grouping: checkpoint.names) { WeightNames.plain($0, prefixes, map.endings) }
        alternatives = map.alternatives
    }

    /// A name without prefixes, in the current spelling.
    private static func plain(
        _ name: String, _ prefixes: [String], _ endings: [(old: String, new: String)]
    ) -> String {
        var rest = name[...]
        while let prefix = prefixes.first(where: { rest.hasPrefix($0) }) { rest = rest.dropFirst(prefix.count) }
        for (old, new) in endings where rest.hasSuffix(old) { return rest.dropLast(old.count) + new }
        return String(rest)
    }

    func contains(_ name: String) -> Bool { found[name] != nil }

    /// All names, without prefixes and in the current spelling.
    var all: some Collection<String> { found.keys }

    /// The tensor's name for a weight; an unknown name is returned unchanged, so that the checkpoint reports it as
    /// missing.
    ///
    /// - Throws: ``SafetensorsError/tensor(path:name:reason:)`` for two tensors that are the same weight under two
    ///   names.
    func tensor(for name: String) throws(SafetensorsError) -> String {
        var wanted = name
        while found[wanted] == nil, let other = alternatives[wanted], other != wanted { wanted = other }
        guard let names = found[wanted] else { return name }
        guard names.count == 1 else {
            let others = names.sorted().dropFirst().map { "\"\($0)\"" }.joined(separator: ", ")
            throw .tensor(
                path: folder, name: names.sorted()[0],
                reason: "it and \(others) name the same weight, \(wanted); remove all but one")
        }
        return names[0]
    }
}
