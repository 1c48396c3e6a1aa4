#!/usr/bin/env python3
"""Writes creature.json, creature.safetensors and creature.words.json: a transformer whose every number is made by hand.

Nothing here was trained. Two blocks, each of two heads of attention and an MLP, do what 3Blue1Brown's film tells of: adjectives
update their nouns. Each number of a vector has a meaning, so that each step can be followed. Needs Python alone.
"""

import json
import math
import struct
from pathlib import Path

FOLDER = Path(__file__).parent

# What each number of an embedding means.
FEATURES = [
    "noun", "adjective", "verb", "article", "fluffy", "blue", "verdant", "animal", "woods", "moving",
    "described", "cuddly", "lush", "story", "cos", "sin",
]
WIDTH = len(FEATURES)

# The table: a row for each word.
WORDS = {
    "a": {"article": 1.0, "noun": 0.1},
    "the": {"article": 1.0},
    "fluffy": {"adjective": 1.0, "fluffy": 1.0},
    "blue": {"adjective": 1.0, "blue": 1.0, "noun": 0.2},
    "verdant": {"adjective": 1.0, "verdant": 1.0, "woods": 0.2},
    "creature": {"noun": 1.0, "animal": 1.0},
    "forest": {"noun": 1.0, "woods": 1.0},
    "roamed": {"verb": 1.0, "moving": 1.0},
    "slept": {"verb": 1.0, "moving": -1.0},
    "and": {"article": 0.3},
    "azure": {"adjective": 1.0, "blue": 0.9},
    "furry": {"adjective": 1.0, "fluffy": 0.8},
    ".": {"story": -1.0},
}
POSITIONS = 16
TEXT = "a fluffy blue creature roamed the verdant forest"


def row(features):
    assert set(features) <= set(FEATURES), features
    return [features.get(name, 0.0) for name in FEATURES]


def matrix(*rows):
    """Rows that read features, as a matrix [rows, width]."""
    return [row(r) for r in rows]


def columns(*features):
    """Columns that write features, as a matrix [width, columns]."""
    return [list(r) for r in zip(*matrix(*features))]


def beside(left, right):
    return [a + b for a, b in zip(left, right)]


def asks(sought, others, strength):
    """A query's first number: large for what asks, below 0 for the rest."""
    return {sought: strength, **{name: -0.6 * strength for name in others}}


# Positions are points on a circle: the closer two of them, the larger their product.
def nearness(strength):
    return [{"cos": strength}, {"sin": strength}]


# The same, but largest for the position one before.
STEP = math.pi / POSITIONS


def before(strength):
    c, s = strength * math.cos(STEP), strength * math.sin(STEP)
    return [{"cos": c, "sin": s}, {"cos": -s, "sin": c}]


# Block 0, head 0: nouns ask for adjectives near by; fluffy, blue and verdant come back.
HEAD_00 = dict(
    query=matrix(asks("noun", ["adjective", "verb", "article"], 4.0), *nearness(4.0), {"described": 1.0}),
    key=matrix({"adjective": 4.0}, *nearness(4.0), {"described": 1.0}),
    value=matrix({"fluffy": 1.0}, {"blue": 1.0}, {"verdant": 1.0}, {"adjective": 1.0}),
    output=columns({"fluffy": 0.8}, {"blue": 0.8}, {"verdant": 0.8}, {"described": 0.7}),
)
# Block 0, head 1: verbs ask who does it.
HEAD_01 = dict(
    query=matrix(asks("verb", ["noun", "adjective", "article"], 3.0), *nearness(2.0), {"story": 1.0}),
    key=matrix({"noun": 4.0}, *nearness(2.0), {"story": 1.0}),
    value=matrix({"animal": 1.0}, {"woods": 1.0}, {"noun": 0.5}, {"cuddly": 1.0}),
    output=columns({"animal": 0.9}, {"woods": 0.9}, {"described": 0.2}, {"cuddly": 0.5}),
)
# Block 1, head 0: nouns ask what happened; the verb knows by now who did it.
HEAD_10 = dict(
    query=matrix(asks("noun", ["adjective", "verb", "article"], 4.0), *nearness(1.5), {"lush": 0.5}),
    key=matrix({"verb": 4.0}, *nearness(1.5), {"lush": 0.5}),
    value=matrix({"verb": 1.0}, {"moving": 1.0}, {"animal": 1.0}, {"woods": 1.0}),
    output=columns({"story": 1.2}, {"moving": 0.8}, {"animal": 0.8}, {"woods": 0.3}),
)
# Block 1, head 1: each word looks at the one before.
HEAD_11 = dict(
    query=matrix(*before(9.0), {"article": 0.5}, {"verb": 0.5}),
    key=matrix(*nearness(9.0), {"article": 0.5}, {"verb": 0.5}),
    value=matrix({"adjective": 1.0}, {"article": 1.0}, {"verb": 1.0}, {"described": 1.0}),
    output=columns({"described": 0.4}, {"noun": 0.1}, {"story": 0.1}, {"described": 0.2}),
)

# MLPs: each neuron fires where two features meet, and writes what they mean together.
MLP_0 = dict(
    up=matrix({"fluffy": 2, "animal": 2}, {"verdant": 2, "woods": 2}, {"blue": 2, "animal": 2}, {"moving": 2, "animal": 2}),
    up_bias=[-2.2, -2.2, -2.2, -2.2],
    down=columns({"cuddly": 1.0}, {"lush": 0.9}, {"animal": 0.2}, {"story": 0.6}),
    down_bias=[0.0] * WIDTH,
)
MLP_1 = dict(
    up=matrix({"story": 2, "woods": 2}, {"cuddly": 2, "described": 2}, {"lush": 2, "story": 2}, {"adjective": 2, "article": -2}),
    up_bias=[-2.5, -1.0, -1.5, -2.0],
    down=columns({"story": 0.7}, {"cuddly": 0.4}, {"story": 0.5}, {"described": 0.3}),
    down_bias=[0.0] * WIDTH,
)

# What the last vector says about the word to come: a told story ends, an article wants a noun.
UNEMBEDDING = {
    ".": {"story": 1.3, "woods": 0.8, "noun": 0.5},
    "and": {"noun": 1.0, "story": 0.7, "described": 0.6},
    "creature": {"adjective": 2.0, "fluffy": 1.0, "blue": 0.8, "animal": -0.8, "verb": -1.0},
    "forest": {"adjective": 1.6, "verdant": 1.5, "woods": -0.8, "verb": -1.0},
    "roamed": {"noun": 1.5, "animal": 1.5, "moving": -1.5, "story": -0.8},
    "slept": {"noun": 1.4, "animal": 1.3, "moving": -1.5, "story": -0.8},
    "a": {"verb": 1.6, "story": 0.2},
    "the": {"verb": 2.0, "story": 0.3},
    "fluffy": {"article": 1.7, "fluffy": -1.0},
    "blue": {"article": 1.5, "adjective": 0.8, "blue": -1.5},
    "verdant": {"article": 1.4, "verb": 0.3},
    "azure": {"article": 1.0, "adjective": 0.4, "blue": -1.0},
    "furry": {"article": 1.1, "fluffy": -1.0},
}


def weights():
    vocabulary = list(WORDS)
    tensors = {
        "embeddings/table": [row(WORDS[word]) for word in vocabulary],
        "embeddings/position_table": [
            row({"cos": math.cos(STEP * p), "sin": math.sin(STEP * p)}) for p in range(POSITIONS)
        ],
        "unembedding": [row(UNEMBEDDING[word]) for word in vocabulary],
    }
    for layer, (first, second, mlp) in enumerate([(HEAD_00, HEAD_01, MLP_0), (HEAD_10, HEAD_11, MLP_1)]):
        name = f"layers/{layer}"
        for role in ["query", "key", "value"]:
            tensors[f"{name}/attention/{role}"] = first[role] + second[role]
        tensors[f"{name}/attention/output"] = beside(first["output"], second["output"])
        for role, values in mlp.items():
            tensors[f"{name}/feed_forward/{role}"] = values
    return vocabulary, tensors


def shape(tensor):
    return [len(tensor), len(tensor[0])] if isinstance(tensor[0], list) else [len(tensor)]


def flat(tensor):
    return [x for r in tensor for x in r] if isinstance(tensor[0], list) else tensor


def write_safetensors(tensors, path):
    header = {"__metadata__": {"made": "by hand, see make.py"}}
    data = b""
    for name in sorted(tensors):
        values = flat(tensors[name])
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape(tensors[name]), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def block(layer, source):
    name = f"layers/{layer}"

    def linear(node, source, role):
        weights = {"weight": f"{name}/feed_forward/{role}", "bias": f"{name}/feed_forward/{role}_bias"}
        return {"name": node, "op": "linear", "inputs": {"input": source, **weights}}

    return [
        {
            "name": f"{name}/attention", "op": "self_attention",
            "inputs": {"input": source, **{f"{r}_weight": f"{name}/attention/{r}" for r in ["query", "key", "value", "output"]}},
            "attributes": {"heads": 2, "causal": True},
        },
        {"name": f"{name}/attention_sum", "op": "add", "inputs": {"lhs": source, "rhs": f"{name}/attention"}},
        linear(f"{name}/neurons_before", f"{name}/attention_sum", "up"),
        {"name": f"{name}/neurons", "op": "relu", "inputs": {"input": f"{name}/neurons_before"}},
        linear(f"{name}/feed_forward", f"{name}/neurons", "down"),
        {"name": f"{name}/hidden", "op": "add", "inputs": {"lhs": f"{name}/attention_sum", "rhs": f"{name}/feed_forward"}},
    ]


def graph(tensors):
    return {
        "attend": 1,
        "name": "creature (made by hand)",
        "inputs": [{"name": "tokens", "dtype": "int64", "shape": ["tokens"]}],
        "constants": [{"name": name, "file": "creature.safetensors", "tensor": name} for name in tensors],
        "nodes": [
            {"name": "embeddings/tokens", "op": "embedding", "inputs": {"indices": "tokens", "table": "embeddings/table"}},
            {
                "name": "embeddings/positions", "op": "slice", "inputs": {"input": "embeddings/position_table"},
                "attributes": {"axes": [0], "starts": [0], "ends": ["tokens"], "steps": [1]},
            },
            {"name": "embeddings", "op": "add", "inputs": {"lhs": "embeddings/tokens", "rhs": "embeddings/positions"}},
            *block(0, "embeddings"),
            *block(1, "layers/0/hidden"),
            {"name": "logits", "op": "linear", "inputs": {"input": "layers/1/hidden", "weight": "unembedding"}},
            {"name": "prediction", "op": "softmax", "inputs": {"input": "logits"}, "attributes": {"axis": -1}},
        ],
        "outputs": {"hidden": "layers/1/hidden", "logits": "logits", "prediction": "prediction"},
    }


def lines(value, key):
    """One element of a list a line, so that changes can be read."""
    items = ",\n".join("    " + json.dumps(item) for item in value)
    return f'  "{key}": [\n{items}\n  ]'


def main():
    vocabulary, tensors = weights()
    write_safetensors(tensors, FOLDER / "creature.safetensors")
    parts = graph(tensors)
    text = ",\n".join(
        lines(v, k) if isinstance(v, list) else f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in parts.items()
    )
    (FOLDER / "creature.json").write_text("{\n" + text + "\n}\n")
    words = {
        "attend_words": 1, "made_by_hand": True, "text": TEXT, "focus": "creature",
        "vocabulary": vocabulary, "features": FEATURES,
    }
    text = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in words.items())
    (FOLDER / "creature.words.json").write_text("{\n" + text + "\n}\n")


if __name__ == "__main__":
    main()
