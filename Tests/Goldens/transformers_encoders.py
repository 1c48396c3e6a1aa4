#!/usr/bin/env python3
"""What Hugging Face's transformers makes of little folders of RoBERTa, XLM-R, DistilBERT, MPNet, ALBERT, ELECTRA and ModernBERT.

    python3 Tests/Goldens/transformers_encoders.py OUT

writes OUT/encoders.json (Tests/ModelSupport/Fixtures), in the form of variants.json: see transformers_variants.py.
Made with torch 2.15.0, transformers 5.24.0.
"""
import sys

from transformers_variants import BERT, HEADS, LAYERS, POSITIONS, RIGHT, TYPES, VOCABULARY, WIDTH, record
from models import stored

INNER, NARROW = 12, 6
IDS = [[0, 5, 2, 7, 10], [3, 3, 9, 4, 6]]
# 1 is padding in RoBERTa and MPNet.
PADDED = [[0, 5, 2, 7, 10], [3, 3, 9, 1, 1]]
WITHIN = [[0, 5, 1, 7, 10], [1, 3, 9, 4, 1]]
PLACES = [[4, 3, 2, 1, 0], [5, 5, 6, 11, 0]]
CASES = []


def case(name, config, shapes, ids=IDS, kind=None, **inputs):
    CASES.append({"name": name, "config": config, "weights": stored(shapes), "kind": kind or config["architectures"][0], "inputs": {"input_ids": ids, **inputs}})


def sizes(kind, architecture, **more):
    without = more.pop("without", ())
    config = {**BERT, "architectures": [architecture], "model_type": kind, "pad_token_id": 1, **more}
    return {key: value for key, value in config.items() if key not in without}


def linear(shapes, name, rows, columns, bias=True):
    shapes[name + ".weight"] = [rows, columns]
    if bias:
        shapes[name + ".bias"] = [rows]


def norm(shapes, name, width=WIDTH, bias=True):
    shapes[name + ".weight"] = [width]
    if bias:
        shapes[name + ".bias"] = [width]


def weights(prefix, head, types=2, narrow=WIDTH, layers=LAYERS):
    """Names and shapes with BERT's layers; the head is its dense layer, its norm, and the names of its biases."""
    shapes = {f"{prefix}embeddings.word_embeddings.weight": [VOCABULARY, narrow], f"{prefix}embeddings.position_embeddings.weight": [POSITIONS, narrow]}
    if types:
        shapes[f"{prefix}embeddings.token_type_embeddings.weight"] = [types, narrow]
    norm(shapes, f"{prefix}embeddings.LayerNorm", narrow)
    for n in range(layers):
        p = f"{prefix}encoder.layer.{n}."
        for part in ("query", "key", "value"):
            linear(shapes, f"{p}attention.self.{part}", WIDTH, WIDTH)
        linear(shapes, f"{p}attention.output.dense", WIDTH, WIDTH)
        norm(shapes, f"{p}attention.output.LayerNorm")
        linear(shapes, f"{p}intermediate.dense", INNER, WIDTH)
        linear(shapes, f"{p}output.dense", WIDTH, INNER)
        norm(shapes, f"{p}output.LayerNorm")
    if head:
        dense, head_norm, biases = head
        linear(shapes, dense, narrow, WIDTH)
        norm(shapes, head_norm, narrow)
        for bias in biases:
            shapes[bias] = [VOCABULARY]
    return shapes


LM = ("lm_head.dense", "lm_head.layer_norm", ["lm_head.bias"])
OWN = {"lm_head.decoder.weight": [VOCABULARY, WIDTH], "lm_head.decoder.bias": [VOCABULARY]}
roberta = lambda **more: sizes("roberta", "RobertaForMaskedLM", **more)
case("RoBERTa", roberta(), weights("roberta.", LM))
case("RoBERTa, padded", roberta(type_vocab_size=1), weights("roberta.", LM, types=1), PADDED, attention_mask=RIGHT)
case("RoBERTa, padding within", roberta(), weights("roberta.", LM), WITHIN, token_type_ids=TYPES)
case("RoBERTa, another padding and activation", roberta(pad_token_id=3, hidden_act="relu"), weights("roberta.", LM))
case("RoBERTa at given places", roberta(), weights("roberta.", LM), position_ids=PLACES)
case("RoBERTa with a head of its own", roberta(tie_word_embeddings=False), {**weights("roberta.", LM), **OWN})
case("RoBERTa as a decoder", roberta(is_decoder=True, architectures=["RobertaForCausalLM"]), weights("roberta.", LM), attention_mask=RIGHT)
case("RoBERTa without a head", roberta(architectures=["RobertaModel"]), weights("", None))
case("XLM-RoBERTa", sizes("xlm-roberta", "XLMRobertaForMaskedLM"), weights("roberta.", LM), PADDED, attention_mask=RIGHT)

RENAMED = {"attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin", "attention.self.value": "attention.v_lin",
           "attention.output.dense": "attention.out_lin", "attention.output.LayerNorm": "sa_layer_norm", "intermediate.dense": "ffn.lin1",
           "output.dense": "ffn.lin2", "output.LayerNorm": "output_layer_norm", "encoder.layer": "transformer.layer"}


def renamed(shapes, names):
    def name(old):
        for before, after in names.items():
            if before in old and not (before.startswith("output") and "attention" in old):
                old = old.replace(before, after)
        return old
    return {name(old): shape for old, shape in shapes.items()}


DISTIL = {"architectures": ["DistilBertForMaskedLM"], "model_type": "distilbert", "dim": WIDTH, "hidden_dim": INNER, "n_heads": HEADS, "n_layers": LAYERS,
          "max_position_embeddings": POSITIONS, "vocab_size": VOCABULARY, "pad_token_id": 0}
DISTILLED = renamed(weights("distilbert.", ("vocab_transform", "vocab_layer_norm", ["vocab_projector.bias"]), types=0), RENAMED)
case("DistilBERT", DISTIL, DISTILLED, attention_mask=RIGHT)
case("DistilBERT, sinusoids, another activation", {**DISTIL, "sinusoidal_pos_embds": True, "activation": "relu"}, DISTILLED)
case("DistilBERT, transformers' names of sizes", {**{k: v for k, v in DISTIL.items() if k not in ("dim", "n_heads", "n_layers")}, "hidden_size": WIDTH,
                                                  "num_attention_heads": HEADS, "num_hidden_layers": LAYERS}, DISTILLED)

MPNET = {"attention.self.query": "attention.attn.q", "attention.self.key": "attention.attn.k", "attention.self.value": "attention.attn.v",
         "attention.output.dense": "attention.attn.o", "attention.output.LayerNorm": "attention.LayerNorm"}
mpnet = lambda **more: sizes("mpnet", "MPNetForMaskedLM", without=("type_vocab_size",), **more)
mpnet_weights = lambda prefix, head: {**renamed(weights(prefix, head, types=0), MPNET), f"{prefix}encoder.relative_attention_bias.weight": [32, HEADS]}
case("MPNet", mpnet(), mpnet_weights("mpnet.", LM))
case("MPNet, padded", mpnet(hidden_act="relu"), mpnet_weights("mpnet.", LM), PADDED, attention_mask=RIGHT)
case("MPNet, long", mpnet(max_position_embeddings=80), {**mpnet_weights("mpnet.", LM), "mpnet.embeddings.position_embeddings.weight": [80, WIDTH]},
     [[(7 * n + n // 5) % 9 + 2 for n in range(60)]])


def albert_weights(groups=1, inner=1):
    shapes = {n: s for n, s in weights("albert.", ("predictions.dense", "predictions.LayerNorm", ["predictions.bias"]), narrow=NARROW).items() if "encoder" not in n}
    linear(shapes, "albert.encoder.embedding_hidden_mapping_in", WIDTH, NARROW)
    for group in range(groups):
        for n in range(inner):
            p = f"albert.encoder.albert_layer_groups.{group}.albert_layers.{n}."
            for part in ("query", "key", "value", "dense"):
                linear(shapes, f"{p}attention.{part}", WIDTH, WIDTH)
            norm(shapes, f"{p}attention.LayerNorm")
            linear(shapes, f"{p}ffn", INNER, WIDTH)
            linear(shapes, f"{p}ffn_output", WIDTH, INNER)
            norm(shapes, f"{p}full_layer_layer_norm")
    return shapes


albert = lambda **more: sizes("albert", "AlbertForMaskedLM", embedding_size=NARROW, **{"num_hidden_layers": 3, **more})
case("ALBERT", albert(), albert_weights(), token_type_ids=TYPES, attention_mask=RIGHT)
case("ALBERT, two groups", albert(num_hidden_groups=2), albert_weights(2))
case("ALBERT, two layers in a group", albert(inner_group_num=2, hidden_act="gelu"), albert_weights(inner=2))

GENERATOR = ("generator_predictions.dense", "generator_predictions.LayerNorm", ["generator_lm_head.bias"])
electra = lambda **more: sizes("electra", "ElectraForMaskedLM", **more)
PROJECTION = {"electra.embeddings_project.weight": [WIDTH, NARROW], "electra.embeddings_project.bias": [WIDTH]}
case("ELECTRA", electra(embedding_size=NARROW, hidden_act="relu"), {**weights("electra.", GENERATOR, narrow=NARROW), **PROJECTION}, token_type_ids=TYPES,
     attention_mask=RIGHT)
case("ELECTRA without a projection", electra(embedding_size=WIDTH), weights("electra.", GENERATOR))


def modern_weights(layers=3, norms=False, biases=False, head=False, decoder=True):
    shapes = {"model.embeddings.tok_embeddings.weight": [VOCABULARY, WIDTH]}
    norm(shapes, "model.embeddings.norm", bias=norms)
    norm(shapes, "model.final_norm", bias=norms)
    for n in range(layers):
        p = f"model.layers.{n}."
        if n > 0:
            norm(shapes, f"{p}attn_norm", bias=norms)
        norm(shapes, f"{p}mlp_norm", bias=norms)
        linear(shapes, f"{p}attn.Wqkv", 3 * WIDTH, WIDTH, biases)
        linear(shapes, f"{p}attn.Wo", WIDTH, WIDTH, biases)
        linear(shapes, f"{p}mlp.Wi", 2 * INNER, WIDTH, biases)
        linear(shapes, f"{p}mlp.Wo", WIDTH, INNER, biases)
    linear(shapes, "head.dense", WIDTH, WIDTH, head)
    norm(shapes, "head.norm", bias=norms)
    if decoder:
        shapes["decoder.bias"] = [VOCABULARY]
    return shapes


def modern(**more):
    return {"architectures": ["ModernBertForMaskedLM"], "model_type": "modernbert", "hidden_size": WIDTH, "intermediate_size": INNER, "num_attention_heads": HEADS,
            "num_hidden_layers": 3, "vocab_size": VOCABULARY, "max_position_embeddings": 16, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
            "cls_token_id": 1, "sep_token_id": 2, "local_attention": 4, **more}


case("ModernBERT", modern(), modern_weights(), attention_mask=RIGHT)
case("ModernBERT, transformers 4", modern(global_attn_every_n_layers=2, global_rope_theta=200.0, local_rope_theta=20.0, local_attention=3), modern_weights())
case("ModernBERT, transformers 5", modern(layer_types=["sliding_attention", "full_attention", "sliding_attention"], rope_parameters={
    "full_attention": {"rope_type": "default", "rope_theta": 200.0}, "sliding_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 20.0}}), modern_weights())
case("ModernBERT, biases", modern(norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True, decoder_bias=False, hidden_activation="relu",
                                  classifier_activation="silu", norm_eps=0.25), modern_weights(norms=True, biases=True, head=True, decoder=False))
case("ModernBERT, scaled", modern(rope_scaling={"rope_type": "linear", "factor": 3.0}), modern_weights())

if __name__ == "__main__":
    record(CASES, f"{sys.argv[1]}/encoders.json")
