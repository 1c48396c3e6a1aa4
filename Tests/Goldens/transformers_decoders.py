#!/usr/bin/env python3
"""What Hugging Face's transformers makes of little folders of Llama, Mistral, Qwen2, Qwen3 and Gemma: settings of config.json in the dialects of transformers 4
and 5, and names of weights.

    python3 Tests/Goldens/transformers_decoders.py OUT

writes OUT/decoders.json (Tests/ModelSupport/Fixtures), in the form of variants.json: see transformers_variants.py. Where transformers computes in float32
whatever the model's type is (norms, softmax, rotary angles), it is lifted to float64 here.
Made with torch 2.15.0, transformers 5.24.0.
"""
import sys

from transformers_variants import HEADS, LAYERS, LEFT, PLACES, RIGHT, VOCABULARY, WIDTH, record
from models import stored

INNER, POSITIONS = 12, 16
CASES = []


def sizes(kind, architecture, **more):
    return {"architectures": [architecture], "model_type": kind, "hidden_size": WIDTH, "intermediate_size": INNER, "num_attention_heads": HEADS,
            "num_key_value_heads": 1, "num_hidden_layers": LAYERS, "max_position_embeddings": POSITIONS, "vocab_size": VOCABULARY, "pad_token_id": 0,
            "bos_token_id": 1, "eos_token_id": 2, **more}


def weights(dimension=WIDTH // HEADS, heads=HEADS, shared=1, biases=(), norms=False, around=False, tied=False, prefix="model.", layers=LAYERS):
    """Names and shapes of a decoder; `biases` are names of linear layers."""
    shapes = {prefix + "embed_tokens.weight": [VOCABULARY, WIDTH], prefix + "norm.weight": [WIDTH]}
    if not tied:
        shapes["lm_head.weight"] = [VOCABULARY, WIDTH]
    for n in range(layers):
        p = f"{prefix}layers.{n}."
        for name, shape in {"self_attn.q_proj": [heads * dimension, WIDTH], "self_attn.k_proj": [shared * dimension, WIDTH],
                            "self_attn.v_proj": [shared * dimension, WIDTH], "self_attn.o_proj": [WIDTH, heads * dimension],
                            "mlp.gate_proj": [INNER, WIDTH], "mlp.up_proj": [INNER, WIDTH], "mlp.down_proj": [WIDTH, INNER]}.items():
            shapes[p + name + ".weight"] = shape
            if name.split(".")[1] in biases:
                shapes[p + name + ".bias"] = shape[:1]
        for norm in ["input_layernorm", "post_attention_layernorm"] + (["pre_feedforward_layernorm", "post_feedforward_layernorm"] if around else []):
            shapes[p + norm + ".weight"] = [WIDTH]
        if norms:
            for norm in ("q_norm", "k_norm"):
                shapes[p + f"self_attn.{norm}.weight"] = [dimension]
    return shapes


def case(name, config, shapes, ids=None, kind=None, **inputs):
    CASES.append({"name": name, "config": config, "weights": stored(shapes), "kind": kind or config["architectures"][0],
                  "inputs": {"input_ids": ids or [[1, 5, 2, 7, 10], [3, 3, 9, 4, 6]], **inputs}})


QKV, ALL = ("q_proj", "k_proj", "v_proj"), ("q_proj", "k_proj", "v_proj", "o_proj")


def llama(**more):
    return sizes("llama", "LlamaForCausalLM", **more)


case("Llama", llama(), weights())
case("Llama, padded on the right", llama(), weights(), attention_mask=RIGHT)
case("Llama, padded on the left", llama(), weights(), attention_mask=LEFT, position_ids=PLACES)
case("Llama, one head for each query head, an epsilon, another activation", llama(num_key_value_heads=None, rms_norm_eps=0.25, hidden_act="gelu_pytorch_tanh"),
     weights(shared=HEADS))
case("Llama, tied", llama(tie_word_embeddings=True), weights(tied=True))
case("Llama, biases", llama(attention_bias=True, mlp_bias=True), weights(biases=ALL + ("gate_proj", "up_proj", "down_proj")))
case("Llama, a head dimension of its own", llama(head_dim=6), weights(6))
case("Llama without a head", llama(architectures=["LlamaModel"]), weights(prefix="", tied=True))
case("Llama, old buffers", llama(), {**weights(), **{f"model.layers.{n}.self_attn.rotary_emb.inv_freq": [2] for n in range(LAYERS)}})
case("Llama, both ways", llama(is_causal=False), weights(), attention_mask=RIGHT)
case("Llama, a base, transformers 4", llama(rope_theta=50.0, rope_scaling=None), weights())
case("Llama, a base, transformers 5", llama(rope_parameters={"rope_theta": 50.0, "rope_type": "default"}), weights())
case("Llama, linear, transformers 4", llama(rope_theta=50.0, rope_scaling={"type": "linear", "factor": 2.5}), weights())
case("Llama, linear, transformers 5", llama(rope_parameters={"rope_theta": 50.0, "rope_type": "linear", "factor": 2.5}), weights())
DYNAMIC = {"rope_theta": 50.0, "rope_scaling": {"type": "dynamic", "factor": 3.0}}
case("Llama, dynamic, short", llama(**DYNAMIC), weights())
case("Llama, dynamic, long", llama(**DYNAMIC, max_position_embeddings=3), weights())
case("Llama, dynamic, far positions", llama(**DYNAMIC, max_position_embeddings=8), weights(), position_ids=[[7, 8, 9, 10, 11], [3, 4, 5, 6, 7]])
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8, "beta_fast": 2.0, "beta_slow": 0.2}
case("Llama, yarn", llama(head_dim=12, rope_theta=20.0, rope_scaling=YARN), weights(12))
case("Llama, yarn, no whole pairs", llama(head_dim=12, rope_theta=20.0, rope_scaling={**YARN, "truncate": False, "attention_factor": 0.75}), weights(12))
case("Llama, yarn, scales", llama(head_dim=12, rope_parameters={**YARN, "rope_theta": 20.0, "mscale": 1.5, "mscale_all_dim": 0.5, "beta_fast": None, "beta_slow": 0}),
     weights(12))
LONG = {"rope_type": "longrope", "short_factor": [1.0, 1.5], "long_factor": [2.0, 6.0], "original_max_position_embeddings": 4}
case("Llama, longrope, long", llama(rope_theta=50.0, rope_scaling=LONG), weights())
case("Llama, longrope, short", llama(rope_theta=50.0, rope_scaling=LONG), weights(), ids=[[1, 5, 2, 7], [3, 3, 9, 4]])
case("Llama, longrope, factors", llama(rope_theta=50.0, rope_scaling={**LONG, "factor": 2.0, "attention_factor": 1.25}), weights())
case("Llama, llama3", llama(head_dim=12, rope_theta=100.0, rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                                                       "original_max_position_embeddings": 32}), weights(12))


def mistral(**more):
    return sizes("mistral", "MistralForCausalLM", **more)


case("Mistral, a window", mistral(sliding_window=2), weights())
case("Mistral, the default window", mistral(), weights())
case("Mistral, no window", mistral(sliding_window=None), weights())
case("Mistral, a window, padded on the left", mistral(sliding_window=2), weights(), attention_mask=LEFT, position_ids=PLACES)
case("Mistral, a window both ways", mistral(sliding_window=1, is_causal=False), weights())


def qwen2(**more):
    return sizes("qwen2", "Qwen2ForCausalLM", **more)


def qwen3(**more):
    return sizes("qwen3", "Qwen3ForCausalLM", head_dim=6, **more)


case("Qwen2", qwen2(sliding_window=2, tie_word_embeddings=True), weights(biases=QKV, tied=True))
case("Qwen2, a window in the second layer", qwen2(sliding_window=2, use_sliding_window=True, max_window_layers=1), weights(biases=QKV))
case("Qwen2, kinds of layers", qwen2(sliding_window=2, use_sliding_window=True, layer_types=["sliding_attention", "full_attention"]), weights(biases=QKV))
case("Qwen3", qwen3(rope_theta=1e6, rope_scaling=None), weights(6, norms=True))
case("Qwen3, biases, a window", qwen3(attention_bias=True, sliding_window=2, use_sliding_window=True, max_window_layers=1), weights(6, norms=True, biases=ALL))


def gemma(number, **more):
    return sizes({1: "gemma", 2: "gemma2", 3: "gemma3_text"}[number], f"Gemma{number if number > 1 else ''}ForCausalLM", head_dim=4, **more)


case("Gemma", gemma(1, hidden_act="gelu"), weights(tied=True))
case("Gemma, biases", gemma(1, attention_bias=True), weights(tied=True, biases=ALL), attention_mask=RIGHT)
CAPS = {"attn_logit_softcapping": 1.5, "final_logit_softcapping": 2.5, "query_pre_attn_scalar": 3}
case("Gemma 2", gemma(2, sliding_window=2, **CAPS), weights(around=True, tied=True))
case("Gemma 2, no caps, kinds of layers", gemma(2, sliding_window=2, attn_logit_softcapping=None, final_logit_softcapping=None,
                                                layer_types=["full_attention", "sliding_attention"]), weights(around=True, tied=True))
case("Gemma 3, transformers 4", gemma(3, sliding_window=2, sliding_window_pattern=2, rope_theta=500.0, rope_local_base_freq=20.0, query_pre_attn_scalar=9,
                                      rope_scaling={"rope_type": "linear", "factor": 4.0}), weights(around=True, norms=True, tied=True))
case("Gemma 3, transformers 5", gemma(3, sliding_window=2, layer_types=["full_attention", "sliding_attention"], final_logit_softcapping=2.0, rope_parameters={
    "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 20.0}}),
     weights(around=True, norms=True, tied=True))
case("Gemma 3, the usual frequencies", gemma(3), weights(around=True, norms=True, tied=True))
case("Gemma 3, both ways", gemma(3, sliding_window=3, use_bidirectional_attention=True), weights(around=True, norms=True, tied=True), attention_mask=RIGHT)

if __name__ == "__main__":
    record(CASES, f"{sys.argv[1]}/decoders.json")
