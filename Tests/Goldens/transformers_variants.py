#!/usr/bin/env python3
"""What Hugging Face's transformers makes of little GPT-2 and BERT folders: the settings of config.json and the names of weights that Attend obeys.

    python3 Tests/Goldens/transformers_variants.py OUT

writes OUT/variants.json (Tests/ModelSupport/Fixtures). Of each case it holds config.json, the tensors' names and shapes, the inputs, and the outputs
that the peer gave, computed in float64 from the same float32 numbers. Weights are not stored: see models.py. `tolerance` is sixteen times the largest
difference between the peer's own float32 and float64 results over all cases, relative to the largest number of an output.
Made with torch 2.15.0, transformers 5.24.0.
"""
import contextlib
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np
import torch
import transformers
import transformers.modeling_rope_utils
from models import save, stored

WIDTH, HEADS, LAYERS, POSITIONS, VOCABULARY = 8, 2, 2, 12, 11
GPT2 = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": WIDTH, "n_head": HEADS, "n_layer": LAYERS, "n_positions": POSITIONS,
        "vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 0}
BERT = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": WIDTH, "intermediate_size": 12, "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS, "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "vocab_size": VOCABULARY, "pad_token_id": 0}
IDS = [[1, 5, 2, 7, 10], [3, 3, 9, 4, 6]]
RIGHT, LEFT = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]]
PLACES = [[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]]
TYPES = [[0, 0, 1, 1, 1], [1, 0, 0, 0, 1]]


def gpt2_weights(inner=4 * WIDTH, prefix="transformer.", layers=LAYERS):
    shapes = {"wte.weight": [VOCABULARY, WIDTH], "wpe.weight": [POSITIONS, WIDTH], "ln_f.weight": [WIDTH], "ln_f.bias": [WIDTH]}
    for n in range(layers):
        h = f"h.{n}."
        for name, (rows, columns) in {"attn.c_attn": (WIDTH, 3 * WIDTH), "attn.c_proj": (WIDTH, WIDTH), "mlp.c_fc": (WIDTH, inner), "mlp.c_proj": (inner, WIDTH)}.items():
            shapes[f"{h}{name}.weight"], shapes[f"{h}{name}.bias"] = [rows, columns], [columns]
        for norm in ("ln_1", "ln_2"):
            shapes[f"{h}{norm}.weight"], shapes[f"{h}{norm}.bias"] = [WIDTH], [WIDTH]
    return {prefix + name: shape for name, shape in shapes.items()}


def bert_weights(prefix="bert."):
    from models import encoder_weights
    inner = {"bert." + name: shape for name, shape in encoder_weights(VOCABULARY).items() if not name.startswith("pooler")}
    inner["bert.embeddings.position_embeddings.weight"] = [POSITIONS, WIDTH]
    p = "cls.predictions."
    return {**inner, p + "transform.dense.weight": [WIDTH, WIDTH], p + "transform.dense.bias": [WIDTH], p + "transform.LayerNorm.weight": [WIDTH],
            p + "transform.LayerNorm.bias": [WIDTH], p + "bias": [VOCABULARY]}


CASES = []


def case(name, config, weights, kind, base=GPT2, without=(), **inputs):
    config = {**{k: v for k, v in base.items() if k not in without}, **config}
    CASES.append({"name": name, "config": config, "weights": stored(weights), "kind": kind, "inputs": {"input_ids": IDS, **inputs}})


LM = "GPT2LMHeadModel"
case("plain", {}, gpt2_weights(), LM)
case("transformers' names of sizes", {"hidden_size": WIDTH, "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "max_position_embeddings": POSITIONS},
     gpt2_weights(), LM, without=("n_embd", "n_head", "n_layer", "n_positions"))
case("both names of sizes", {"n_embd": 40, "hidden_size": WIDTH, "n_head": 5, "num_attention_heads": HEADS, "n_layer": 1, "num_hidden_layers": LAYERS,
                             "n_positions": 3, "max_position_embeddings": POSITIONS}, gpt2_weights(), LM)
case("n_inner and relu", {"n_inner": 12, "activation_function": "relu"}, gpt2_weights(12), LM)
case("gelu by erf", {"activation_function": "gelu"}, gpt2_weights(), LM)
case("unscaled scores", {"scale_attn_weights": False}, gpt2_weights(), LM)
case("scores by layer", {"scale_attn_by_inverse_layer_idx": True}, gpt2_weights(), LM)
case("unscaled scores by layer", {"scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True}, gpt2_weights(), LM)
case("reordered", {"reorder_and_upcast_attn": True}, gpt2_weights(), LM)
case("an epsilon", {"layer_norm_epsilon": 0.5}, gpt2_weights(), LM)
case("one layer of two", {"n_layer": 1}, gpt2_weights(), LM)
HEAD = {"lm_head.weight": [VOCABULARY, WIDTH]}
case("a head of its own", {"tie_word_embeddings": False}, {**gpt2_weights(), **HEAD}, LM)
case("tied, another head stored", {}, {**gpt2_weights(), **HEAD}, LM)
case("tied, the head alone stored", {}, {**{n: s for n, s in gpt2_weights().items() if "wte" not in n}, **HEAD}, LM)
case("no head", {"architectures": ["GPT2Model"]}, gpt2_weights(prefix=""), "GPT2Model")
case("mask buffers", {}, {**gpt2_weights(prefix=""), **{f"h.{n}.attn.bias": [1, 1, POSITIONS, POSITIONS] for n in range(LAYERS)},
                          **{f"h.{n}.attn.masked_bias": [] for n in range(LAYERS)}}, LM)
case("padded on the right", {}, gpt2_weights(), LM, attention_mask=RIGHT)
case("padded on the left", {}, gpt2_weights(), LM, attention_mask=LEFT, position_ids=PLACES)
# Without a mask, positions that don't count up are sequences packed into one row.
case("places without padding", {}, gpt2_weights(), LM, attention_mask=[[1] * 5] * 2, position_ids=[[4, 3, 2, 1, 0], [5, 5, 6, 11, 0]])

MLM = "BertForMaskedLM"
case("BERT", {}, bert_weights(), MLM, BERT, token_type_ids=TYPES, attention_mask=RIGHT)
case("BERT as a decoder", {"is_decoder": True, "architectures": ["BertLMHeadModel"]}, bert_weights(), "BertLMHeadModel", BERT, token_type_ids=TYPES,
     attention_mask=RIGHT)
OWN = {"cls.predictions.decoder.weight": [VOCABULARY, WIDTH], "cls.predictions.decoder.bias": [VOCABULARY]}
case("BERT with a head of its own", {"tie_word_embeddings": False}, {**bert_weights(), **OWN}, MLM, BERT)
case("BERT, tied, another head stored", {}, {**bert_weights(), **OWN}, MLM, BERT)
case("BERT, tied, another matrix stored", {}, {**bert_weights(), "cls.predictions.decoder.weight": [VOCABULARY, WIDTH]}, MLM, BERT)
case("BERT, quick gelu, an epsilon", {"hidden_act": "quick_gelu", "layer_norm_eps": 0.25}, bert_weights(), MLM, BERT)
case("places that count up, without a mask", {}, gpt2_weights(), LM, position_ids=[[4, 5, 6, 7, 8], [0, 1, 2, 3, 4]])
case("BERT at given places", {}, bert_weights(), MLM, BERT, position_ids=[[4, 3, 2, 1, 0], [5, 5, 6, 11, 0]])


class Lifted:
    """The module torch, in which float32 is float64."""

    def __getattr__(self, name):
        found = getattr(torch, name)
        return torch.float64 if found is torch.float32 else found


@contextlib.contextmanager
def lifted(kind):
    """transformers computes in float64 what it computes in float32 whatever the model's type is."""
    class_ = getattr(transformers, kind)
    modules = [sys.modules[class_.__module__], transformers.modeling_rope_utils]
    plain = [(module, module.torch) for module in modules if hasattr(module, "torch")]
    single = torch.Tensor.float
    try:
        torch.Tensor.float = torch.Tensor.double
        for module, _ in plain:
            module.torch = Lifted()
        yield
    finally:
        torch.Tensor.float = single
        for module, before in plain:
            module.torch = before


def outputs(folder, entry, dtype):
    with lifted(entry["kind"]) if dtype == torch.float64 else contextlib.nullcontext():
        return computed(folder, entry, dtype)


def computed(folder, entry, dtype):
    model = getattr(transformers, entry["kind"]).from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).to(dtype).eval()
    for module in model.modules():
        # Raises but in float32, where it changes the order of operations alone.
        if dtype == torch.float64 and hasattr(module, "reorder_and_upcast_attn"):
            module.reorder_and_upcast_attn = False
    inputs = {name: torch.tensor(rows) for name, rows in entry["inputs"].items()}
    inputs = {name: value.to(dtype) if value.is_floating_point() else value for name, value in inputs.items()}
    with torch.no_grad():
        found = model(**inputs, output_hidden_states=True, output_attentions=True, use_cache=False)
    series = ("hidden_states", "attentions")
    if "encoder_last_hidden_state" in found:
        result = {"last_hidden_state": found.decoder_hidden_states[-1], "encoder_last_hidden_state": found.encoder_last_hidden_state}
        series = ("encoder_hidden_states", "encoder_attentions", "decoder_hidden_states", "decoder_attentions", "cross_attentions")
    else:
        result = {"last_hidden_state": found.hidden_states[-1]}
    if "logits" in found:
        result["logits"] = found.logits
    for name in series:
        for n, value in enumerate(found[name]):
            result[f"{name}_{n}"] = value
    return {name: value.double().numpy() for name, value in result.items()}


def record(cases, path):
    os.environ["HF_HUB_OFFLINE"] = "1"
    tolerance = 0
    for entry in cases:
        with tempfile.TemporaryDirectory() as folder:
            json.dump(entry["config"], open(f"{folder}/config.json", "w"))
            save(f"{folder}/model.safetensors", entry["weights"])
            exact, single = (outputs(folder, entry, dtype) for dtype in (torch.float64, torch.float32))
        real = np.array(entry["inputs"].get("attention_mask", np.ones((2, 5)))).astype(bool)
        for name, value in exact.items():
            # Queries of a lone stack that are padding may see no key.
            rows = 1 if "encoder_last_hidden_state" in exact or value.ndim == 2 else np.broadcast_to(real[:, None, :, None] if value.ndim == 4 else real[:, :, None], value.shape)
            error = (np.abs(value - single[name]) * rows).max() / np.abs(value).max()
            if error > 1e-5:
                print(f"{entry['name']}: {name} differs by {error}", file=sys.stderr)
            tolerance = max(tolerance, error)
        entry["outputs"] = {name: [float(str(np.float32(x))) for x in value.ravel()] for name, value in exact.items()}
        entry["shapes"] = {name: list(value.shape) for name, value in exact.items()}
        entry["logits"] = "logits" in exact
        del entry["kind"]
    with open(path, "w") as file:
        file.write('{"tolerance": %r, "cases": [\n' % float(f"{16 * tolerance:.2g}") + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases) + "\n]}\n")


if __name__ == "__main__":
    record(CASES, f"{sys.argv[1]}/variants.json")
