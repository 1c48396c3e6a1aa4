import AttendCore

extension BERTConfiguration {
    /// Reads a Hugging Face `config.json` of a BERT-family encoder.
    ///
    /// - Throws: ``ModelError`` that names the key, what was expected and what was found.
    public init(contentsOf path: String) throws {
        let file = try ModelFile(path)
        self = try file.read { root in
            func size(_ key: String, default fallback: Int? = nil) throws -> Int {
                guard let node = try root.optional(key) else {
                    guard let fallback else { throw JSONError.missing(path: key) }
                    return fallback
                }
                let value = try node.integer()
                guard value > 0 else { throw JSONError.type(path: key, expected: "a size above 0", found: "\(value)") }
                return value
            }
            func choice(_ key: String, _ known: [String], default fallback: String) throws -> String {
                let value = try root.optional(key)?.string() ?? fallback
                guard known.contains(value) else {
                    throw JSONError.type(
                        path: key, expected: "one of \(known.joined(separator: ", "))", found: "\"\(value)\"")
                }
                return value
            }
            _ = try choice("model_type", ["bert"], default: "bert")
            _ = try choice("position_embedding_type", ["absolute"], default: "absolute")
            if try root.optional("is_decoder")?.bool() ?? false {
                throw ModelError(path: path, reason: "is_decoder: a BERT decoder is not known here, only encoders")
            }
            let activation = try choice("hidden_act", Activation.allCases.map(\.rawValue), default: "gelu")
            let configuration = BERTConfiguration(
                vocabularySize: try size("vocab_size"), modelDimension: try size("hidden_size"),
                layerCount: try size("num_hidden_layers"), headCount: try size("num_attention_heads"),
                feedForwardDimension: try size("intermediate_size"),
                positionCount: try size("max_position_embeddings"),
                tokenTypeCount: try size("type_vocab_size", default: 2),
                activation: Activation(rawValue: activation) ?? .gelu,
                layerNormEpsilon: try root.optional("layer_norm_eps")?.number() ?? 1e-12)
            guard configuration.modelDimension % configuration.headCount == 0 else {
                throw ModelError(
                    path: path,
                    reason:
                        "hidden_size \(configuration.modelDimension) is not divisible by num_attention_heads \(configuration.headCount)"
                )
            }
            return configuration
        }
    }
}

extension BERTEncoder {
    /// An encoder with the weights of a model's folder, whose names may begin with `bert.`.
    /// 16-bit weights are widened.
    public init(folder: String) throws {
        let configuration = try BERTConfiguration(contentsOf: "\(folder)/config.json")
        let checkpoint = try Checkpoint(folder: folder)
        let source = WeightSource.tensors { name, shape in
            let known = checkpoint.bertName(name)
            let tensor = try checkpoint.tensor(named: known, shape: shape)
            guard tensor.dtype.isFloatingPoint else {
                throw SafetensorsError.dtype(
                    path: folder, name: known, expected: "a floating-point type", found: tensor.dtype.rawValue)
            }
            return tensor.dtype == .float32 ? tensor : try Tensor(tensor.floats(), shape: shape)
        }
        self.init(configuration, weights: source)
    }

    /// An encoder with the shapes of a model's folder alone: every weight that the graph wants must stand in the files with its
    /// shape, but none is read.
    init(declaringWeightsOf folder: String) throws {
        let configuration = try BERTConfiguration(contentsOf: "\(folder)/config.json")
        let checkpoint = try Checkpoint(folder: folder)
        self.init(configuration, weights: .declared { try checkpoint.check(checkpoint.bertName($0), shape: $1) })
    }
}

extension Checkpoint {
    /// The name in the files, which may begin with `bert.`.
    func bertName(_ name: String) -> String {
        let prefixed = "bert.\(name)"
        return contains(prefixed) && !contains(name) ? prefixed : name
    }

    /// The outputs that the files have weights for.
    var bertOutputs: Set<BERTOutput> {
        var outputs: Set<BERTOutput> = [.lastHiddenState]
        if contains(bertName("pooler.dense.weight")) { outputs.insert(.poolerOutput) }
        if contains("cls.predictions.transform.dense.weight") { outputs.insert(.logits) }
        return outputs
    }
}
