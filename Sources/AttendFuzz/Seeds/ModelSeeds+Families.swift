import AttendParity

/// Folders of other families: one layer each, with the spelling of transformers.
extension ModelSeeds {
    private static let vocabulary = 20

    static func families() throws -> [Draft] {
        try [
            family(
                """
                {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": \(width), "n_head": 2, "n_layer": 1,
                 "n_positions": \(positions), "n_inner": \(inner), "vocab_size": \(vocabulary),
                 "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "scale_attn_weights": true,
                 "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 1}
                """, gpt2),
            family(
                """
                {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": \(width),
                 "intermediate_size": \(inner), "num_hidden_layers": 1, "num_attention_heads": 2,
                 "num_key_value_heads": 1, "head_dim": 4, "vocab_size": \(vocabulary), "hidden_act": "silu",
                 "rms_norm_eps": 1e-6, "max_position_embeddings": \(positions), "tie_word_embeddings": false,
                 "rope_parameters": {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0,
                   "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8},
                 "attention_bias": false, "mlp_bias": false}
                """, llama + [("lm_head.weight", [vocabulary, width])]),
            family(
                """
                {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": \(width),
                 "intermediate_size": \(inner), "num_hidden_layers": 1, "num_attention_heads": 2,
                 "num_key_value_heads": 1, "head_dim": 4, "vocab_size": \(vocabulary), "hidden_act": "silu",
                 "rms_norm_eps": 1e-6, "max_position_embeddings": \(positions), "tie_word_embeddings": true,
                 "rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.0}, "use_sliding_window": false}
                """,
                llama + [
                    ("model.layers.0.self_attn.q_norm.weight", [4]), ("model.layers.0.self_attn.k_norm.weight", [4])
                ]),
            family(
                """
                {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "d_model": \(width), "d_kv": 4,
                 "d_ff": \(inner), "num_layers": 1, "num_decoder_layers": 1, "num_heads": 2,
                 "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16,
                 "feed_forward_proj": "relu", "layer_norm_epsilon": 1e-6, "vocab_size": \(vocabulary),
                 "tie_word_embeddings": true, "decoder_start_token_id": 0, "pad_token_id": 0, "is_encoder_decoder": true}
                """, t5)
        ]
    }

    private static func family(_ config: String, _ shapes: [(name: String, shape: [Int])]) throws -> Draft {
        let entries = shapes.enumerated().map { entry($1.name, $1.shape, seed: 40 + $0) }
        return Draft([
            DraftFile("config.json", .json(try DraftValue(parsing: config))),
            DraftFile("model.safetensors", .tensors(DraftTensors(entries)))
        ])
    }

    private static var gpt2: [(name: String, shape: [Int])] {
        let layer = [
            ("ln_1.weight", [width]), ("ln_1.bias", [width]), ("attn.c_attn.weight", [width, 3 * width]),
            ("attn.c_attn.bias", [3 * width]), ("attn.c_proj.weight", [width, width]), ("attn.c_proj.bias", [width]),
            ("ln_2.weight", [width]), ("ln_2.bias", [width]), ("mlp.c_fc.weight", [width, inner]),
            ("mlp.c_fc.bias", [inner]), ("mlp.c_proj.weight", [inner, width]), ("mlp.c_proj.bias", [width])
        ]
        return [("transformer.wte.weight", [vocabulary, width]), ("transformer.wpe.weight", [positions, width])]
            + layer.map { ("transformer.h.0.\($0.0)", $0.1) }
            + [("transformer.ln_f.weight", [width]), ("transformer.ln_f.bias", [width])]
    }

    private static var llama: [(name: String, shape: [Int])] {
        let layer = [
            ("input_layernorm.weight", [width]), ("self_attn.q_proj.weight", [8, width]),
            ("self_attn.k_proj.weight", [4, width]), ("self_attn.v_proj.weight", [4, width]),
            ("self_attn.o_proj.weight", [width, 8]), ("post_attention_layernorm.weight", [width]),
            ("mlp.gate_proj.weight", [inner, width]), ("mlp.up_proj.weight", [inner, width]),
            ("mlp.down_proj.weight", [width, inner])
        ]
        return [("model.embed_tokens.weight", [vocabulary, width])] + layer.map { ("model.layers.0.\($0.0)", $0.1) }
            + [("model.norm.weight", [width])]
    }

    private static var t5: [(name: String, shape: [Int])] {
        func attention(_ prefix: String) -> [(String, [Int])] {
            ["q", "k", "v"].map { ("\(prefix).\($0).weight", [8, width]) } + [("\(prefix).o.weight", [width, 8])]
        }
        func stack(_ name: String, _ parts: [String]) -> [(String, [Int])] {
            var found = [("\(name).block.0.layer.0.SelfAttention.relative_attention_bias.weight", [8, 2])]
            for (index, part) in parts.enumerated() {
                let layer = "\(name).block.0.layer.\(index)"
                found.append(("\(layer).layer_norm.weight", [width]))
                found +=
                    part == "DenseReluDense"
                    ? [("\(layer).\(part).wi.weight", [inner, width]), ("\(layer).\(part).wo.weight", [width, inner])]
                    : attention("\(layer).\(part)")
            }
            return found + [("\(name).final_layer_norm.weight", [width])]
        }
        return [("shared.weight", [vocabulary, width])] + stack("encoder", ["SelfAttention", "DenseReluDense"])
            + stack("decoder", ["SelfAttention", "EncDecAttention", "DenseReluDense"])
    }
}
