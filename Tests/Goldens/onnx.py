#!/usr/bin/env python3
"""Turns ONNX backend node tests into graph files of Attend's format, with their inputs and results.

    python3 Tests/Goldens/onnx.py CASES OUT

CASES holds one folder a test: case.json (op_type, attributes, inputs, outputs, types) and
tensors.safetensors (in.NAME, out.NAME). OUT gets NAME/graph.json and NAME/tensors.safetensors (inputs
under their names, results as expected.OUTPUT), and left-out.json: what could not be expressed and why.
"""
import glob
import json
import os
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

DTYPES = {"float32", "float16", "bfloat16", "int32", "int64", "bool"}


class CannotExpress(Exception):
    pass


class Graph:
    def __init__(self, case, tensors):
        self.case, self.tensors = case, tensors
        self.nodes, self.inputs, self.outputs = [], {}, {}

    def read(self, name):
        """An ONNX input as a graph input; a name must not begin like nothing else does."""
        label = "x_" + name if name[0].isdigit() else name
        self.inputs[label] = self.tensors["in." + name]
        return label

    def constant(self, name):
        return self.tensors["in." + name]

    def add(self, op, inputs, **attributes):
        name = f"n{len(self.nodes)}"
        node = {"name": name, "op": op, "inputs": inputs}
        attributes = {k: v for k, v in attributes.items() if v is not None}
        if attributes:
            node["attributes"] = attributes
        self.nodes.append(node)
        return name

    def shape(self, name):
        return list(self.tensors["in." + name].shape)


def unary(op, **attributes):
    def build(g, i, a):
        return [g.add(op, {"input": g.read(i[0])}, **attributes)]
    return build


def binary(op):
    def build(g, i, a):
        return [g.add(op, {"lhs": g.read(i[0]), "rhs": g.read(i[1])})]
    return build


def reduction(op):
    def build(g, i, a):
        axes = g.constant(i[1]).tolist() if len(i) > 1 else []
        if not axes and a.get("noop_with_empty_axes"):
            return [g.add("stop_gradient", {"input": g.read(i[0])})]
        keep, axes, value = bool(a.get("keepdims", 1)), axes or None, g.read(i[0])
        if str(g.tensors["in." + i[0]].dtype) == "bool":
            numbers = g.add("cast", {"input": value}, dtype="int32")
            return [g.add("cast", {"input": g.add(op, {"input": numbers}, axes=axes, keep_dimensions=keep)}, dtype="bool")]
        return [g.add(op, {"input": value}, axes=axes, keep_dimensions=keep)]
    return build


def layer_norm(g, i, a):
    x, axis, epsilon = g.read(i[0]), a.get("axis", -1), a.get("epsilon", 1e-5)
    rank = len(g.shape(i[0]))
    axes = list(range(axis % rank, rank))
    inputs = {"input": x, "scale": g.read(i[1])}
    if len(i) > 2:
        inputs["bias"] = g.read(i[2])
    y = g.add("layer_norm", inputs, axis=axis, epsilon=epsilon)
    mean = g.add("reduce_mean", {"input": x}, axes=axes, keep_dimensions=True)
    centered = g.add("subtract", {"lhs": x, "rhs": mean})
    variance = g.add("reduce_mean", {"input": g.add("multiply", {"lhs": centered, "rhs": centered})}, axes=axes, keep_dimensions=True)
    g.constants = [{"name": "epsilon", "dtype": "float32", "shape": [], "data": [epsilon]}]
    return [y, mean, g.add("reciprocal_sqrt", {"input": g.add("add", {"lhs": variance, "rhs": "epsilon"})})]


def gemm(g, i, a):
    product = g.add("matmul", {"lhs": g.read(i[0]), "rhs": g.read(i[1])}, transpose_lhs=bool(a.get("transA", 0)), transpose_rhs=bool(a.get("transB", 0)))
    scale = {"alpha": a.get("alpha", 1.0), "beta": a.get("beta", 1.0)}
    g.constants = [{"name": n, "dtype": "float32", "shape": [], "data": [v]} for n, v in scale.items()]
    scaled = g.add("multiply", {"lhs": product, "rhs": "alpha"})
    if len(i) < 3:
        return [scaled]
    return [g.add("add", {"lhs": scaled, "rhs": g.add("multiply", {"lhs": g.read(i[2]), "rhs": "beta"})})]


def matmul(g, i, a):
    left, right = g.read(i[0]), g.read(i[1])
    if len(g.shape(i[0])) > 1:
        return [g.add("matmul", {"lhs": left, "rhs": right})]
    row = g.add("reshape", {"input": left}, shape=[1] + g.shape(i[0]))
    out = list(g.tensors["out." + g.case["outputs"][0]].shape)
    return [g.add("reshape", {"input": g.add("matmul", {"lhs": row, "rhs": right})}, shape=out)]


def split(g, i, a):
    axis, x, start, parts = a.get("axis", 0), g.read(i[0]), 0, []
    for name in g.case["outputs"]:
        size = g.tensors["out." + name].shape[axis]
        parts.append(g.add("slice", {"input": x}, axes=[axis], starts=[start], ends=[start + size]))
        start += size
    return parts


def slicing(g, i, a):
    starts, ends = g.constant(i[1]).tolist(), g.constant(i[2]).tolist()
    axes = g.constant(i[3]).tolist() if len(i) > 3 else list(range(len(starts)))
    steps = g.constant(i[4]).tolist() if len(i) > 4 else None
    return [g.add("slice", {"input": g.read(i[0])}, axes=axes, starts=starts, ends=ends, steps=steps)]


def rotary(g, i, a):
    x, shape = g.read(i[0]), g.shape(i[0])
    if len(shape) == 3:
        heads = a["num_heads"]
        x = g.add("reshape", {"input": x}, shape=[shape[0], shape[1], heads, shape[2] // heads])
        x = g.add("transpose", {"input": x}, permutation=[0, 2, 1, 3])
    angles = [g.read(i[1]), g.read(i[2])]
    if len(i) > 3:
        angles = [g.add("gather", {"input": table, "indices": g.read(i[3])}) for table in angles]
    turned = g.add("rotary_embedding", {"input": x, "cos": angles[0], "sin": angles[1]}, interleaved=bool(a.get("interleaved", 0)), rotary_dimension=a.get("rotary_embedding_dim"))
    if len(shape) == 3:
        turned = g.add("reshape", {"input": g.add("transpose", {"input": turned}, permutation=[0, 2, 1, 3])}, shape=shape)
    return [turned]


def convolution(g, i, a):
    inputs = {"input": g.read(i[0]), "weight": g.read(i[1])}
    if len(i) > 2:
        inputs["bias"] = g.read(i[2])
    return [g.add("convolution_1d", inputs, stride=a["strides"][0], padding=a["pads"], dilation=a["dilations"][0], groups=a["group"])]


def concatenate(g, i, a):
    return [g.add("concatenate", {"inputs": [g.read(n) for n in i]}, axis=a["axis"])]


def softmax(op):
    return lambda g, i, a: [g.add(op, {"input": g.read(i[0])}, axis=a.get("axis", -1))]


BUILD = {
    "Add": binary("add"), "Sub": binary("subtract"), "Mul": binary("multiply"), "Div": binary("divide"),
    "Tanh": unary("tanh"), "Sigmoid": unary("sigmoid"), "Softmax": softmax("softmax"), "LogSoftmax": softmax("log_softmax"),
    "Gelu": lambda g, i, a: [g.add("gelu", {"input": g.read(i[0])}, approximation=a.get("approximate", "none"))],
    "ReduceSum": reduction("reduce_sum"), "ReduceMax": reduction("reduce_max"), "ReduceMean": reduction("reduce_mean"),
    "LayerNormalization": layer_norm, "Gemm": gemm, "MatMul": matmul, "Split": split, "Slice": slicing,
    "RMSNormalization": lambda g, i, a: [g.add("rms_norm", {"input": g.read(i[0]), "scale": g.read(i[1])}, axis=a.get("axis", -1), epsilon=a.get("epsilon", 1e-5))],
    "RotaryEmbedding": rotary, "Conv": convolution, "Concat": concatenate,
    "Transpose": lambda g, i, a: [g.add("transpose", {"input": g.read(i[0])}, permutation=a.get("perm", list(range(len(g.shape(i[0]))))[::-1]))],
    "Gather": lambda g, i, a: [g.add("gather", {"input": g.read(i[0]), "indices": g.read(i[1])}, axis=a.get("axis", 0))],
    "Where": lambda g, i, a: [g.add("where", {"condition": g.read(i[0]), "lhs": g.read(i[1]), "rhs": g.read(i[2])})],
    "Expand": lambda g, i, a: [g.add("broadcast", {"input": g.read(i[0])}, shape=list(g.tensors["out." + g.case["outputs"][0]].shape))],
}


def convert(folder, out):
    case = json.load(open(folder + "/case.json"))
    foreign = sorted({dtype for dtype, _ in case["types"].values()} - DTYPES)
    if foreign:
        raise CannotExpress(f"dtype {', '.join(foreign)} is none of the graph format's")
    tensors = load_file(folder + "/tensors.safetensors")
    graph = Graph(case, tensors)
    graph.constants = []
    results = BUILD[case["op_type"]](graph, case["inputs"], case["attributes"])
    names = [f"y{k}" for k in range(len(results))]
    text = {"attend": 1, "name": case["name"],
            "inputs": [{"name": n, "dtype": str(t.dtype), "shape": list(t.shape)} for n, t in graph.inputs.items()],
            "constants": graph.constants, "nodes": graph.nodes, "outputs": dict(zip(names, results))}
    target = os.path.join(out, case["name"])
    os.makedirs(target, exist_ok=True)
    json.dump(text, open(target + "/graph.json", "w"), indent=1)
    content = {n: np.ascontiguousarray(t) for n, t in graph.inputs.items()}
    content |= {"expected." + n: np.ascontiguousarray(tensors["out." + o]) for n, o in zip(names, case["outputs"])}
    save_file(content, target + "/tensors.safetensors")


def main():
    cases, out = sys.argv[1:]
    left_out, done = {}, 0
    for path in sorted(glob.glob(cases + "/*/*/case.json")):
        try:
            convert(os.path.dirname(path), out)
            done += 1
        except CannotExpress as reason:
            left_out[os.path.basename(os.path.dirname(path))] = str(reason)
    json.dump(left_out, open(os.path.join(out, "left-out.json"), "w"), indent=1)
    print(done, "expressed,", len(left_out), "left out")


if __name__ == "__main__":
    main()
