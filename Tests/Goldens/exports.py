#!/usr/bin/env python3
"""Whole models as exporters write them, as graph files of Attend's format: what its passes have to recognize.

    python3 Tests/Goldens/exports.py OUT

Little models with random weights of transformers' BERT, GPT-2, T5 (encoder) and Llama, exported by torch.onnx (opset 14, so that norms
and activations are primitives), their shape arithmetic folded by ONNX Runtime's basic optimization, and translated operation by
operation. OUT gets NAME/graph.json, NAME/weights.safetensors and NAME/tensors.safetensors (inputs under their names, the model's own
result, computed in float64, as expected.y). Made with torch 2.15.0, transformers 5.23.0, onnx 1.23.2, onnxruntime 1.31.1.
"""
import copy
import json
import os
import sys
import tempfile

# onnx.py beside this file is not the library.
del sys.path[0]

import numpy as np
import onnx
import onnxruntime
import torch
import transformers as tf
from onnx import numpy_helper
from safetensors.numpy import save_file

BATCH, TOKENS, VOCABULARY = 2, 7, 40


def models():
    common = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    yield "bert", tf.BertModel, tf.BertConfig(intermediate_size=64, max_position_embeddings=16, **common)
    yield "gpt2", tf.GPT2Model, tf.GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=16)
    yield "t5", tf.T5EncoderModel, tf.T5Config(
        vocab_size=VOCABULARY, d_model=32, d_kv=8, num_heads=4, d_ff=64, num_layers=2,
        relative_attention_num_buckets=8, relative_attention_max_distance=16)
    yield "llama", tf.LlamaModel, tf.LlamaConfig(intermediate_size=64, num_key_value_heads=2, max_position_embeddings=16, **common)


class Hidden(torch.nn.Module):
    """The last hidden state alone."""

    def __init__(self, model, caches):
        super().__init__()
        self.model, self.options = model, {"use_cache": False} if caches else {}

    def forward(self, ids, mask):
        return self.model(input_ids=ids, attention_mask=mask, return_dict=False, **self.options)[0]


def exported(name, kind, config):
    torch.manual_seed(7)
    config._attn_implementation = "eager"
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Biases and scales are not left at 0 and 1.
            parameter.add_(0.1 * torch.randn_like(parameter))
    ids = torch.randint(0, VOCABULARY, (BATCH, TOKENS))
    mask = torch.ones_like(ids)
    mask[1, TOKENS - 2:] = 0
    caches = name in ("gpt2", "llama")
    with tempfile.TemporaryDirectory() as folder:
        raw, plain = folder + "/raw.onnx", folder + "/plain.onnx"
        torch.onnx.export(
            Hidden(model, caches), (ids, mask), raw, input_names=["ids", "mask"], output_names=["y"], opset_version=14,
            dynamo=False)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath, options.log_severity_level = plain, 3
        onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
        found = onnx.shape_inference.infer_shapes(onnx.load(plain))
    with torch.no_grad():
        expected = Hidden(copy.deepcopy(model).double(), caches)(ids, mask).float().numpy()
    return found, {"ids": ids.numpy(), "mask": mask.numpy(), "expected.y": expected}


class Translation:
    def __init__(self, name, model):
        self.name, self.model, self.nodes, self.constants, self.weights = name, model, [], [], {}
        graph = model.graph
        self.tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.names = {i.name: i.name for i in graph.input if i.name not in self.tensors}
        self.shapes = {
            v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
            for v in list(graph.value_info) + list(graph.input) + list(graph.output)}
        for node in graph.node:
            getattr(self, "on_" + node.op_type)(node, {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute})

    def add(self, op, inputs, **attributes):
        name = f"n{len(self.nodes)}"
        attributes = {k: v for k, v in attributes.items() if v is not None}
        self.nodes.append({"name": name, "op": op, "inputs": inputs} | ({"attributes": attributes} if attributes else {}))
        return name

    def value(self, name):
        """What stands for an ONNX value; a constant is written down when it is first read."""
        if name not in self.names:
            tensor = self.tensors[name]
            if tensor.dtype == np.float64:
                tensor = tensor.astype(np.float32)
            label = f"c{len(self.constants)}"
            if tensor.size <= 4 and tensor.dtype == np.float32:
                data = [x if np.isfinite(x) else ("inf" if x > 0 else "-inf") for x in map(float, tensor.flatten())]
                self.constants.append({"name": label, "dtype": "float32", "shape": list(tensor.shape), "data": data})
            else:
                self.weights[label] = np.ascontiguousarray(tensor)
                self.constants.append({"name": label, "file": "weights.safetensors", "tensor": label})
            self.names[name] = label
        return self.names[name]

    def shape(self, name):
        return list(self.tensors[name].shape) if name in self.tensors else self.shapes[name]

    def give(self, node, value):
        self.names[node.output[0]] = value

    def unary(op):
        return lambda self, node, _: self.give(node, self.add(op, {"input": self.value(node.input[0])}))

    def binary(op):
        return lambda self, node, _: self.give(
            node, self.add(op, {"lhs": self.value(node.input[0]), "rhs": self.value(node.input[1])}))

    def reshaped(self, node, _):
        self.give(node, self.add("reshape", {"input": self.value(node.input[0])}, shape=self.shape(node.output[0])))

    on_Add, on_Sub, on_Mul, on_Div = binary("add"), binary("subtract"), binary("multiply"), binary("divide")
    on_Pow, on_And, on_MatMul = binary("power"), binary("and"), binary("matmul")
    on_GreaterOrEqual, on_LessOrEqual, on_Greater = binary("greater_equal"), binary("less_equal"), binary("greater")
    on_Less, on_Equal, on_Max, on_Min = binary("less"), binary("equal"), binary("maximum"), binary("minimum")
    on_Sqrt, on_Erf, on_Tanh, on_Neg = unary("sqrt"), unary("erf"), unary("tanh"), unary("negate")
    on_Relu, on_Sigmoid, on_Reciprocal = unary("relu"), unary("sigmoid"), unary("reciprocal")
    on_Reshape = on_Flatten = on_Unsqueeze = on_Squeeze = reshaped

    def on_Identity(self, node, _):
        self.give(node, self.value(node.input[0]))

    def on_Cast(self, node, attributes):
        dtype = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 11: "float32"}[attributes["to"]]
        self.give(node, self.add("cast", {"input": self.value(node.input[0])}, dtype=dtype))

    def on_Where(self, node, _):
        condition, left, right = map(self.value, node.input)
        self.give(node, self.add("where", {"condition": condition, "lhs": left, "rhs": right}))

    def on_Range(self, node, _):
        start, limit, step = (self.tensors[i].item() for i in node.input)
        self.tensors[node.output[0]] = np.arange(start, limit, step)

    def on_Gather(self, node, attributes):
        self.give(
            node, self.add("gather", {"input": self.value(node.input[0]), "indices": self.value(node.input[1])},
                           axis=attributes.get("axis", 0)))

    def on_Gemm(self, node, attributes):
        assert attributes.get("alpha", 1) == 1 and attributes.get("beta", 1) == 1 and not attributes.get("transA")
        product = self.add(
            "matmul", {"lhs": self.value(node.input[0]), "rhs": self.value(node.input[1])},
            transpose_rhs=bool(attributes.get("transB", 0)) or None)
        self.give(node, self.add("add", {"lhs": product, "rhs": self.value(node.input[2])}))

    def on_Softmax(self, node, attributes):
        self.give(node, self.add("softmax", {"input": self.value(node.input[0])}, axis=attributes.get("axis", -1)))

    def on_ReduceMean(self, node, attributes):
        self.give(
            node, self.add("reduce_mean", {"input": self.value(node.input[0])}, axes=list(attributes["axes"]),
                           keep_dimensions=bool(attributes.get("keepdims", 1))))

    def on_Transpose(self, node, attributes):
        self.give(node, self.add("transpose", {"input": self.value(node.input[0])}, permutation=list(attributes["perm"])))

    def on_Expand(self, node, _):
        self.give(node, self.add("broadcast", {"input": self.value(node.input[0])}, shape=self.shape(node.output[0])))

    def on_Concat(self, node, attributes):
        self.give(node, self.add("concatenate", {"inputs": [self.value(i) for i in node.input]}, axis=attributes["axis"]))

    def on_Slice(self, node, _):
        starts, ends, axes = (self.tensors[i].tolist() for i in node.input[1:4])
        steps = self.tensors[node.input[4]].tolist() if len(node.input) > 4 else None
        self.give(
            node, self.add("slice", {"input": self.value(node.input[0])}, axes=axes, starts=starts,
                           ends=[min(e, 2**31) for e in ends], steps=steps))

    def on_Split(self, node, attributes):
        axis, start = attributes.get("axis", 0), 0
        for output in node.output:
            size = self.shapes[output][axis]
            self.names[output] = self.add(
                "slice", {"input": self.value(node.input[0])}, axes=[axis], starts=[start], ends=[start + size])
            start += size

    def write(self, folder, tensors):
        os.makedirs(folder, exist_ok=True)
        read = {name for node in self.nodes for value in node["inputs"].values()
                for name in (value if isinstance(value, list) else [value])}
        inputs = [i for i in self.model.graph.input if i.name in read]
        text = {
            "attend": 1, "name": self.name,
            "inputs": [{"name": i.name, "dtype": "int64", "shape": self.shapes[i.name]} for i in inputs],
            "constants": self.constants, "nodes": self.nodes, "outputs": {"y": self.names["y"]}}
        json.dump(text, open(folder + "/graph.json", "w"), separators=(",", ":"))
        save_file(self.weights, folder + "/weights.safetensors")
        save_file({n: np.ascontiguousarray(t) for n, t in tensors.items()}, folder + "/tensors.safetensors")


def main():
    for name, kind, config in models():
        model, tensors = exported(name, kind, config)
        translation = Translation(name, model)
        translation.write(os.path.join(sys.argv[1], name), tensors)
        print(f"{name}: {len(translation.nodes)} nodes of {len(model.graph.node)}")


main()
