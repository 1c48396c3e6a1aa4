import AttendRuntime

/// The table of the supported families in `Documentation/models.md`: what differs between them, from the configuration
/// that each has without any setting but its type.
package enum FamilyTable {
    /// The table in Markdown.
    ///
    /// - Throws: ``JSONError`` for a family without defaults.
    package static func markdown() throws -> String {
        var lines = [
            "| `model_type` | stacks | norms | positions | attention | MLP | biases | embeddings and head |",
            "|---|---|---|---|---|---|---|---|"
        ]
        for family in ModelFamilies.all {
            for type in family.modelTypes.sorted() {
                let root = JSONNode(.object([.init("model_type", .string(type))]))
                let row = FamilyRow(try family.configuration(root))
                lines.append("| `\(type)` | \(row.cells.joined(separator: " | ")) |")
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// A family's cells.
private struct FamilyRow {
    private let configuration: TransformerConfiguration
    private let stack: TransformerConfiguration.Stack?

    init(_ configuration: TransformerConfiguration) {
        self.configuration = configuration
        stack = configuration.mainStack
    }

    var cells: [String] { [stacks, norms, positions, attention, mlp, biases, ends] }

    private var stacks: String {
        var parts: [String] = []
        if configuration.encoder != nil { parts.append(configuration.audio == nil ? "encoder" : "encoder of audio") }
        if configuration.decoder != nil { parts.append("decoder") }
        if stack?.weightPaths != nil { parts.append("shared layers") }
        return parts.joined(separator: ", ")
    }

    private var norms: String {
        let kind = configuration.norm == .layerNorm ? "layer" : "RMS"
        let place =
            switch configuration.normPlacement {
            case .before: "before"
            case .after: "after"
            case .around: "around"
            }
        var parts = ["\(kind), \(place)"]
        if !configuration.hasNormBiases { parts.append("no bias") }
        if configuration.addsOneToNorms { parts.append("scale + 1") }
        return parts.joined(separator: ", ")
    }

    private var positions: String {
        guard let stack else { return "" }
        var parts: [String]
        switch stack.positions {
        case .learned: parts = [stack.paddingID == nil ? "learned" : "learned, without padding"]
        case .sinusoidal, .sinusoidalTable: parts = ["sinusoidal"]
        case .rotary: parts = ["rotary"]
        case .relative: parts = ["relative"]
        case .none: parts = ["none"]
        }
        if stack.localRotary != nil { parts.append("other base in windows") }
        if stack.relativeBuckets != nil { parts.append("relative bias") }
        return parts.joined(separator: ", ")
    }

    private var attention: String {
        guard let stack else { return "" }
        var parts: [String] = []
        if stack.keyValueHeadCount < stack.headCount { parts.append("grouped heads") }
        if configuration.normalizesHeads { parts.append("normalized queries and keys") }
        if let scale = configuration.scoreScale {
            parts.append(scale == 1 ? "unscaled" : "scale of its own")
        }
        if configuration.scoreCap != nil { parts.append("soft cap") }
        if stack.window != nil {
            parts.append(stack.localLayers.count < stack.layerCount ? "window in some layers" : "window")
        }
        return parts.joined(separator: ", ")
    }

    private var mlp: String { "\(configuration.activation.rawValue)\(configuration.isGated ? ", gated" : "")" }

    private var biases: String {
        let biases = configuration.biases
        if biases == .all { return "all" }
        if biases == .allButKey { return "all but keys" }
        if biases == [.query, .key, .value] { return "queries, keys, values" }
        return biases.isEmpty ? "none" : "some"
    }

    private var ends: String {
        var parts: [String] = []
        if configuration.tokenTypeCount > 0 { parts.append("token types") }
        if configuration.normalizesEmbeddings { parts.append("normalized") }
        if configuration.embeddingScale != nil { parts.append("scaled") }
        if configuration.embeddingDimension != nil { parts.append("projected") }
        parts.append(configuration.unembedding == .tied ? "tied" : "untied")
        if configuration.prediction != nil { parts.append("a layer before the head") }
        if configuration.logitCap != nil { parts.append("soft cap") }
        if configuration.logitScale != nil { parts.append("scaled logits") }
        return parts.joined(separator: ", ")
    }
}
