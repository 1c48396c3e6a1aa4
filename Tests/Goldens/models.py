#!/usr/bin/env python3
"""What sentence-transformers makes of little model folders: the settings that Attend obeys, with the right embeddings.

    python3 Tests/Goldens/models.py OUT

writes OUT/cases.json (Tests/ModelSupport/Fixtures). It holds the files of a base folder and, for each case, the files that differ, texts, and the
token ids and embeddings that the peer gave, computed in float64 from the same float32 numbers. Weights are not stored: each number follows from the
tensor's name and its place (`number`), here and in Tests/ModelSupport/TinyModel.swift. `activations` has the functions that a config.json or a Dense
module may name, in float64 at `points`. `tolerance` is sixteen times the largest difference between the peer's own float32 and float64 results over all cases.
Made with torch 2.15.0, transformers 5.24.0, sentence-transformers 6.2.0, tokenizers 0.23.3.
"""
import copy
import json
import logging
import os
import shutil
import struct
import sys
import tempfile
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()

WIDTH, INNER, LAYERS, POSITIONS = 8, 12, 2, 24
TEXTS = ["the cat sat", "take a mole of query : the big cat"]
LONG = ["the cat sat on a mat " * 6]


# Weights

def number(name, index):
    """A multiple of 1/256 in ±½, or of 1/64 around 1 for the scale of a norm: exact in every float type."""
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    x = (seed + index * 2654435761) & 0xFFFFFFFF
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    x ^= x >> 16
    byte = x >> 24
    return 1 + ((byte >> 3) - 16) / 64 if name.endswith("orm.weight") else (byte - 128) / 256


def tensor(source, shape):
    return np.array([number(source, i) for i in range(int(np.prod(shape)))]).reshape(shape)


def encoder_weights(vocabulary, layers=LAYERS):
    """Names and shapes of a BertModel."""
    shapes = {"embeddings.word_embeddings.weight": [vocabulary, WIDTH], "embeddings.position_embeddings.weight": [POSITIONS, WIDTH],
              "embeddings.token_type_embeddings.weight": [2, WIDTH], "embeddings.LayerNorm.weight": [WIDTH], "embeddings.LayerNorm.bias": [WIDTH]}
    for layer in range(layers):
        p = f"encoder.layer.{layer}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes[p + part + ".weight"], shapes[p + part + ".bias"] = [WIDTH, WIDTH], [WIDTH]
        shapes[p + "intermediate.dense.weight"], shapes[p + "intermediate.dense.bias"] = [INNER, WIDTH], [INNER]
        shapes[p + "output.dense.weight"], shapes[p + "output.dense.bias"] = [WIDTH, INNER], [WIDTH]
        for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[p + norm + ".weight"], shapes[p + norm + ".bias"] = [WIDTH], [WIDTH]
    shapes["pooler.dense.weight"], shapes["pooler.dense.bias"] = [WIDTH, WIDTH], [WIDTH]
    return shapes


def stored(shapes, dtype="F32", rename=lambda n: n):
    """A weight file's description: its dtype, and of each tensor the name, the name that its numbers come from, and the shape."""
    return {"dtype": dtype, "tensors": [[rename(n), n, s] for n, s in shapes.items()]}


def save(path, description):
    kinds = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}
    header, data = {}, b""
    for name, source, shape in description["tensors"]:
        a = tensor(source, shape)
        if description["dtype"] == "BF16":
            raw = (a.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
        else:
            raw = a.astype(kinds[description["dtype"]]).tobytes()
        header[name] = {"dtype": description["dtype"], "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


# The base folder

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = {t: i for i, t in enumerate(SPECIAL + "the a cat sat on mat take mole of query : big dog ##s hello passage".split())}


def modules(*kinds, spelling="sentence_transformers.models.{}"):
    return [{"idx": i, "name": str(i), "path": p, "type": spelling.format(k)} for i, (k, p) in enumerate(kinds)]


TRANSFORMER, POOLING, NORMALIZE = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
OLD = {"word_embedding_dimension": WIDTH, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
       "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}
BASE = {
    "config.json": {"architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "intermediate_size": INNER,
                    "layer_norm_eps": 1e-12, "max_position_embeddings": POSITIONS, "num_attention_heads": 2, "num_hidden_layers": LAYERS,
                    "type_vocab_size": 2, "vocab_size": len(VOCABULARY), "pad_token_id": 0, "hidden_dropout_prob": 0.1},
    "tokenizer.json": {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": VOCABULARY[s], "content": s, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for s in SPECIAL],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {s: {"id": s, "ids": [VOCABULARY[s]], "tokens": [s]} for s in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": VOCABULARY}},
    "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": POSITIONS, "unk_token": "[UNK]",
                              "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"},
    "modules.json": modules(TRANSFORMER, POOLING, NORMALIZE), "1_Pooling/config.json": OLD,
    "sentence_bert_config.json": {"max_seq_length": POSITIONS, "do_lower_case": False},
    "config_sentence_transformers.json": {"__version__": {"sentence_transformers": "2.0.0", "transformers": "4.6.1", "pytorch": "1.8.1"}},
}
WEIGHTS = {"model.safetensors": stored(encoder_weights(len(VOCABULARY)))}


# Cases

CASES = []


def case(name, files={}, weights={}, texts=TEXTS, prompt=None, **more):
    """`files` replaces files; a value of None takes one away."""
    CASES.append({"name": name, "files": files, "weights": weights, "texts": texts, "prompt": prompt, **more})


def edited(path, **changes):
    content = {k: v for k, v in {**BASE[path], **changes}.items() if v is not ...}
    return {path: content}


def pooling(**settings):
    return {"1_Pooling/config.json": {"embedding_dimension": WIDTH, **settings}}


def plain(*more):
    """No Normalize, so that lengths count."""
    return {"modules.json": modules(TRANSFORMER, POOLING, *more)}


def dense(path, inputs, outputs, dtype="F32", residual=False, bias=True, **settings):
    shapes = {"linear.weight": [outputs, inputs]}
    if bias:
        shapes["linear.bias"] = [outputs]
    if residual:
        shapes["residual.weight"] = [outputs, inputs]
    description = {"dtype": dtype, "tensors": [[n, path + n, s] for n, s in shapes.items()]}
    return {path + "/config.json": {"in_features": inputs, "out_features": outputs, "bias": bias, **settings}}, {path + "/model.safetensors": description}


case("base")
MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
for mode in MODES:
    case(f"pooling {mode}", {**pooling(pooling_mode=mode, include_prompt=True), **plain()})
case("pooling list", {**pooling(pooling_mode=["lasttoken", "mean", "cls"]), **plain()})
case("pooling list of one", {**pooling(pooling_mode=["max"]), **plain()})
KEYS = {"pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean",
        "pooling_mode_mean_sqrt_len_tokens": "sqrt", "pooling_mode_weightedmean_tokens": "weightedmean", "pooling_mode_lasttoken": "last"}
for key in KEYS:
    case(f"old {key}", {"1_Pooling/config.json": {**OLD, "pooling_mode_mean_tokens": False, key: True}, **plain()})
case("old, all of them", {"1_Pooling/config.json": {"word_embedding_dimension": WIDTH, **{k: True for k in KEYS}}, **plain()})
case("old, none of them", {"1_Pooling/config.json": {**OLD, "pooling_mode_mean_tokens": False}})
case("old, written 1 and 0", {"1_Pooling/config.json": {**OLD, "pooling_mode_mean_tokens": 0, "pooling_mode_cls_token": 1}})
case("old, written null", {"1_Pooling/config.json": {**OLD, "pooling_mode_mean_tokens": None, "pooling_mode_max_tokens": True}})
case("old beside new", {"1_Pooling/config.json": {**OLD, "pooling_mode": "cls"}})

PROMPT = edited("config_sentence_transformers.json", prompts={"query": "query : ", "big": "big "}, default_prompt_name="query")
case("default prompt", PROMPT)
case("prompt of a name without a default", edited("config_sentence_transformers.json", prompts={"query": "query : "}), prompt="query : ")
case("no prompt in place of the default", PROMPT, prompt="")
for mode in MODES:
    case(f"pooling {mode} without the prompt", {**PROMPT, **pooling(pooling_mode=mode, include_prompt=False), **plain()})
case("include_prompt 0", {**PROMPT, **pooling(pooling_mode="mean", include_prompt=0)})
case("include_prompt null", {**PROMPT, **pooling(pooling_mode="mean", include_prompt=None)})
case("include_prompt false and no prompt", pooling(pooling_mode="mean", include_prompt=False))
case("an empty text without its prompt", {**PROMPT, **pooling(pooling_mode="mean", include_prompt=False)}, texts=["", "the cat"])
case("left padding without the prompt", {**PROMPT, **pooling(pooling_mode=["weightedmean", "cls"], include_prompt=False), **plain(),
                                        **edited("tokenizer_config.json", padding_side="left")})

for kind in ("dot", "euclidean", "manhattan", "cosine"):
    case(f"similarity {kind}", {**edited("config_sentence_transformers.json", similarity_fn_name=kind), **plain()})
case("truncate_dim", edited("config_sentence_transformers.json", truncate_dim=3))
case("truncate_dim beyond the width", edited("config_sentence_transformers.json", truncate_dim=300))

case("no Normalize", plain())
case("pooling elsewhere", {"modules.json": modules(TRANSFORMER, ("Pooling", "1_Pooling_cls"), NORMALIZE),
                           "1_Pooling_cls/config.json": {**OLD, "pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}})
case("idx means nothing", {"modules.json": [{**m, "idx": 9 - i} for i, m in enumerate(modules(TRANSFORMER, POOLING))]})
for spelling in ("sentence_transformers.models.{0}.{0}", "sentence_transformers.sentence_transformer.modules.{0}"):
    case(f"modules as {spelling}", {"modules.json": modules(TRANSFORMER, POOLING, spelling=spelling)})
case("paths with dots", {"modules.json": modules(("Transformer", "."), ("Pooling", "./1_Pooling"))})
case("two poolings", {"modules.json": modules(TRANSFORMER, POOLING, ("Pooling", "2_Pooling")), "2_Pooling/config.json": {"embedding_dimension": WIDTH, "pooling_mode": "max"}})
case("Dropout", {"modules.json": modules(TRANSFORMER, POOLING, ("Dropout", "2_Dropout")), "2_Dropout/config.json": {"dropout": 0.3}})
case("a transformer alone", {n: None for n in ("modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json")})
case("a transformer alone beside settings", {"modules.json": None, **edited("sentence_bert_config.json", max_seq_length=4), **PROMPT})
case("a transformer alone, for the next word", {"modules.json": None, **edited("config.json", architectures=["BertForCausalLM"])})

moved = {n: None for n in ("config.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json")}
for folder in ("0_Transformer", "deep/er"):
    case(f"transformer in {folder}", {**moved, **{f"{folder}/{n}": BASE[n] for n in moved}, "modules.json": modules(("Transformer", folder), POOLING, NORMALIZE)},
         {"model.safetensors": None, f"{folder}/model.safetensors": WEIGHTS["model.safetensors"]})

TANH = "torch.nn.modules.activation.Tanh"
for name, options in {"same size": (WIDTH, WIDTH), "smaller": (WIDTH, 3), "larger": (WIDTH, 11)}.items():
    f, w = dense("2_Dense", *options, activation_function=TANH)
    case(f"Dense of {name}", {**f, "modules.json": modules(TRANSFORMER, POOLING, ("Dense", "2_Dense"), ("Normalize", "3_Normalize"))}, w)
for title, options in {
        "without a bias": dict(bias=False, activation_function=TANH), "with a residual": dict(use_residual=True, residual=True, activation_function=TANH),
        "as float16": dict(dtype="F16", activation_function=TANH), "by default": {},
        "to another name": dict(activation_function=TANH, module_output_name="other")}.items():
    f, w = dense("2_Dense", WIDTH, 5, **options)
    case(f"Dense {title}", {**f, **plain(("Dense", "2_Dense"))}, w)
f, w = dense("2_Dense", WIDTH, WIDTH, use_residual=True, activation_function=TANH)
case("Dense with a residual of one size", {**f, **plain(("Dense", "2_Dense"))}, w)
f, w = dense("1_Dense", WIDTH, 5, activation_function="torch.nn.modules.activation.ReLU", module_input_name="token_embeddings")
case("Dense of tokens", {**f, "modules.json": modules(TRANSFORMER, ("Dense", "1_Dense"), ("Normalize", "2_Normalize"), POOLING),
                         "2_Normalize/config.json": {"module_input_name": "token_embeddings"}}, w)
f, w = dense("2_Dense", WIDTH, 5, activation_function="torch.nn.modules.linear.Identity")
g, v = dense("3_Dense", 5, 4, activation_function="torch.nn.modules.activation.GELU")
case("two Dense", {**f, **g, **plain(("Dense", "2_Dense"), ("Dense", "3_Dense"))}, {**w, **v})
TORCH = ("Identity", "Tanh", "ReLU", "ReLU6", "GELU", "Sigmoid", "SiLU", "LeakyReLU", "ELU", "CELU", "SELU", "Softplus", "Softsign", "Mish", "Hardswish",
         "Hardsigmoid", "Hardtanh", "LogSigmoid", "Tanhshrink", "Softshrink", "Hardshrink", "RReLU")
for name in ("Identity", "ReLU", "GELU", "Sigmoid", "RReLU"):
    f, w = dense("2_Dense", WIDTH, WIDTH, activation_function=f"torch.nn.{name}")
    case(f"Dense with {name}", {**f, **plain(("Dense", "2_Dense"))}, w)
norm = {"dtype": "F32", "tensors": [[n, "2_LayerNorm" + n, [WIDTH]] for n in ("norm.weight", "norm.bias")]}
case("LayerNorm", {**plain(("LayerNorm", "2_LayerNorm")), "2_LayerNorm/config.json": {"dimension": WIDTH}}, {"2_LayerNorm/model.safetensors": norm})

unset = edited("sentence_bert_config.json", max_seq_length=...)
case("max_seq_length", edited("sentence_bert_config.json", max_seq_length=7), texts=LONG)
case("max_seq_length null", {**edited("sentence_bert_config.json", max_seq_length=None), **edited("tokenizer_config.json", model_max_length=9)}, texts=LONG)
case("max_seq_length of the special tokens alone", edited("sentence_bert_config.json", max_seq_length=2), texts=LONG)
case("model_max_length", {**unset, **edited("tokenizer_config.json", model_max_length=9)}, texts=LONG)
case("max_len", {**unset, **edited("tokenizer_config.json", model_max_length=..., max_len=9)}, texts=LONG)
for value in (None, ..., 1e30, int(1e30), 2**63, 500):
    case(f"model_max_length {'missing' if value is ... else value}", {**unset, **edited("tokenizer_config.json", model_max_length=value)}, texts=LONG)
case("no sentence_bert_config.json", {"sentence_bert_config.json": None, **edited("tokenizer_config.json", model_max_length=9)}, texts=LONG)
case("no tokenizer_config.json", {"sentence_bert_config.json": None, "tokenizer_config.json": None}, texts=LONG)
case("sentence_roberta_config.json", {"sentence_bert_config.json": None, "sentence_roberta_config.json": {"max_seq_length": 5}}, texts=LONG)
case("an empty sentence_bert_config.json", {"sentence_bert_config.json": {}, "sentence_roberta_config.json": {"max_seq_length": 5}}, texts=LONG)
case("tokenizer_args", edited("sentence_bert_config.json", tokenizer_args={"model_max_length": 5, "truncation_side": "left"}, max_seq_length=9), texts=LONG)
case("processing_kwargs", edited("sentence_bert_config.json", processing_kwargs={"text": {"max_length": 5}}), texts=LONG)
case("processing_kwargs that change nothing", edited("sentence_bert_config.json", processing_kwargs={
    "text": {"padding": "max_length", "truncation": True, "max_length": 7}, "common": {"return_tensors": "pt"}}), texts=LONG + TEXTS)
case("processor_kwargs of the tokenizer", edited("sentence_bert_config.json", processor_kwargs={"do_lower_case": False, "model_max_length": 7}),
     texts=["The cat", *LONG])
case("model_kwargs that change nothing", edited("sentence_bert_config.json", model_kwargs={"add_pooling_layer": False}))
case("lengths for other tasks", edited("sentence_bert_config.json", query_length=3, document_length=4, unpad_inputs=False))
for side in ("left", "right"):
    case(f"truncation_side {side}", {**edited("sentence_bert_config.json", max_seq_length=6), **edited("tokenizer_config.json", truncation_side=side)}, texts=LONG)
    case(f"padding_side {side}", edited("tokenizer_config.json", padding_side=side))
left = {"direction": "Left", "max_length": 5, "strategy": "LongestFirst", "stride": 0}
template = copy.deepcopy(BASE["tokenizer.json"]["post_processor"])
template["single"] = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
FAST = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}
for title, config in {"that the model is not told": FAST, "that the model is told": {**FAST, "model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}}.items():
    case(f"types {title}", {**edited("tokenizer.json", post_processor=template), "tokenizer_config.json": config})
case("direction of tokenizer.json", {**edited("tokenizer.json", truncation=left), **edited("sentence_bert_config.json", max_seq_length=6)}, texts=LONG)
case("direction of tokenizer.json against truncation_side", {**edited("tokenizer.json", truncation=left), **edited("sentence_bert_config.json", max_seq_length=6),
                                                              **edited("tokenizer_config.json", truncation_side="right")}, texts=LONG)

FORWARD = {"transformer_task": "feature-extraction", "module_output_name": "token_embeddings"}
case("modality_config", {"sentence_bert_config.json": {**FORWARD, "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}}})
for index in (0, 1, -1, -2):
    case(f"states {index}", {"sentence_bert_config.json": {**FORWARD, "modality_config": {"text": {"method": "forward", "method_output_name": ["hidden_states", index]}}}})
case("the pooler's output", {"modules.json": modules(TRANSFORMER), "sentence_bert_config.json": {
    "modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}, "module_output_name": "sentence_embedding"}})
case("config_args", edited("sentence_bert_config.json", config_args={"hidden_act": "relu", "num_hidden_layers": 1}))

HIDDEN = ("gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python", "gelu_python_tanh", "gelu_pytorch_tanh", "hardswish", "laplace",
          "leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2", "relu6", "sigmoid", "silu", "sqrtsoftplus", "swish", "tanh")
for name in ("gelu_fast", "gelu_new", "gelu_python", "quick_gelu", "relu", "swish"):
    case(f"hidden_act {name}", edited("config.json", hidden_act=name))
for changes in (dict(is_decoder=True), dict(is_decoder=True, add_cross_attention=True), dict(num_hidden_layers=1), dict(num_hidden_layers=0),
                dict(layer_norm_eps=0.1), dict(num_attention_heads=4), dict(chunk_size_feed_forward=1), dict(is_causal=False)):
    case("config " + ", ".join(f"{k} {v}" for k, v in changes.items()), edited("config.json", **changes))

shapes = encoder_weights(len(VOCABULARY))
gamma = lambda n: n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
for title, description in {
        "with bert.": stored(shapes, rename=lambda n: "bert." + n), "with gamma and beta": stored(shapes, rename=gamma),
        "with bert., gamma and beta": stored(shapes, rename=lambda n: "bert." + gamma(n)), "as F16": stored(shapes, "F16"), "as BF16": stored(shapes, "BF16"),
        "as F64": stored(shapes, "F64"), "without a pooler": stored({n: s for n, s in shapes.items() if "pooler" not in n}),
        "with a head": stored({**shapes, "classifier.weight": [2, WIDTH], "embeddings.position_ids": [1, POSITIONS]}),
        "with more layers": stored(encoder_weights(len(VOCABULARY), 3))}.items():
    case(f"weights {title}", weights={"model.safetensors": description})
half = list(shapes)[:9]
shards = {"model-00001-of-00002.safetensors": stored({n: shapes[n] for n in half}), "model-00002-of-00002.safetensors": stored({n: s for n, s in shapes.items() if n not in half})}
index = {"metadata": {}, "weight_map": {n: f"model-0000{1 if n in half else 2}-of-00002.safetensors" for n in shapes}}
case("weights in shards", {"model.safetensors.index.json": index}, {"model.safetensors": None, **shards})
case("an index beside a single file", {"model.safetensors.index.json": {"weight_map": {n: "other.safetensors" for n in shapes}}},
     {"other.safetensors": {"dtype": "F32", "tensors": [[n, "other" + n, s] for n, s in shapes.items()]}})


# The peer

def write(folder, files, weights):
    for path, content in {**BASE, **files}.items():
        if content is not None:
            os.makedirs(os.path.dirname(f"{folder}/{path}") or ".", exist_ok=True)
            json.dump(content, open(f"{folder}/{path}", "w"))
    for path, description in {**WEIGHTS, **weights}.items():
        if description is not None:
            os.makedirs(os.path.dirname(f"{folder}/{path}") or ".", exist_ok=True)
            save(f"{folder}/{path}", description)


def run(folder, case, dtype):
    # The base model's dtype is the pipeline's; the modules after it follow it.
    model = SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": dtype, "attn_implementation": "eager"})
    prompt = case["prompt"] if case["prompt"] is not None else model.prompts.get(model.default_prompt_name) if model.default_prompt_name else None
    features = model.preprocess(case["texts"], prompt=prompt)
    ids = [[int(x) for x, k in zip(r, m) if k] for r, m in zip(features["input_ids"], features["attention_mask"])]
    embeddings = model.encode(case["texts"], prompt=case["prompt"], convert_to_tensor=True)
    similarity = model.similarity(embeddings.double(), embeddings.double())
    return ids, embeddings.double().numpy(), similarity.numpy(), model.similarity_fn_name


def rounded(values):
    return [[float(f"{x:.8g}") for x in row] for row in values.tolist()]


POINTS = [-30, -11, -6.5, -3, -1.25, -0.5, -0.25, -1e-3, 0, 1e-3, 0.25, 0.5, 0.75, 2, 3.5, 6.5, 12, 30]


def activations():
    x = torch.tensor(POINTS, dtype=torch.float64)
    functions = {name: transformers.activations.ACT2FN[name] for name in HIDDEN} | {f"torch.nn.{name}": getattr(torch.nn, name)().eval() for name in TORCH}
    return {name: rounded(function(x).numpy()[None])[0] for name, function in functions.items()}


def main(out):
    assert len({c["name"] for c in CASES}) == len(CASES)
    largest = 0.0
    for item in CASES:
        folder = tempfile.mkdtemp()
        write(folder, item["files"], item["weights"])
        ids, exact, similarity, function = run(folder, item, torch.float64)
        _, single, _, _ = run(folder, item, torch.float32)
        largest = max(largest, float(np.abs(exact - single).max()))
        item.update(ids=ids, embeddings=rounded(exact))
        if item["name"].startswith("similarity"):
            item.update(function=function, similarity=rounded(similarity))
        shutil.rmtree(folder)
        print(f"{item['name']}: {len(item['texts'])} texts, {exact.shape[1]} numbers, float32 differs by {np.abs(exact - single).max():.1e}")
    os.makedirs(out, exist_ok=True)
    document = {"tolerance": float(f"{16 * largest:.2g}"), "points": POINTS, "activations": activations(), "files": BASE, "weights": WEIGHTS,
                "cases": CASES}
    lines = [json.dumps(c, separators=(",", ":")) for c in CASES]
    head = json.dumps({k: v for k, v in document.items() if k != "cases"}, separators=(",", ":"))
    with open(f"{out}/cases.json", "w") as file:
        file.write(head[:-1] + ',\n"cases":[\n' + ",\n".join(lines) + "\n]}\n")
    print(f"{len(CASES)} cases, tolerance {document['tolerance']:.2g}, {os.path.getsize(out + '/cases.json')} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
