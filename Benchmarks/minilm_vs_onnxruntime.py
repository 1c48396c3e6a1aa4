#!/usr/bin/env python3
"""MiniLM on Attend and on ONNX Runtime, measured alternately in one run.

    pip install numpy onnx onnxruntime safetensors
    ATTEND_BENCHMARKS=1 swift build -c release
    python3 Benchmarks/minilm_vs_onnxruntime.py MODEL_FOLDER [--backend simd] [--batch 8] [--tokens 128] [--rounds 40]

The ONNX model is built here from the same weights, in the operators that PyTorch's exporter writes,
so that ONNX Runtime's own fusions (attention, layer norm, GELU) take hold. Each round times one run
of either side; reported are minimum and median, and their ratios. Both sides must agree first.
"""
import argparse
import json
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


def build(weights, layers, heads, width):
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def linear(x, name, tag):
        product = node("MatMul", [x, constant(name + ".T", weights[name + ".weight"].T)], tag + ".product")
        return node("Add", [constant(name + ".b", weights[name + ".bias"]), product], tag + ".biased")

    def norm(x, name, tag):
        scale, bias = constant(name + ".s", weights[name + ".weight"]), constant(name + ".c", weights[name + ".bias"])
        return node("LayerNormalization", [x, scale, bias], tag, axis=-1, epsilon=1e-12)

    head = width // heads
    split = constant("split", np.array([0, 0, heads, head], np.int64))
    merge = constant("merge", np.array([0, 0, width], np.int64))
    words = node("Gather", [constant("words", weights["embeddings.word_embeddings.weight"]), "input_ids"], "e.words")
    types = node("Gather", [constant("types", weights["embeddings.token_type_embeddings.weight"]), "token_type_ids"], "e.types")
    table = constant("positions", weights["embeddings.position_embeddings.weight"][None])
    length = node("Gather", [node("Shape", ["input_ids"], "shape"), constant("one", np.array([1], np.int64))], "length", axis=0)
    positions = node("Slice", [table, constant("zero", np.array([0], np.int64)), length, constant("axis", np.array([1], np.int64))], "e.positions")
    x = norm(node("Add", [node("Add", [words, types], "e.sum"), positions], "e.all"), "embeddings.LayerNorm", "e.norm")
    mask = node("Cast", [node("Unsqueeze", ["attention_mask", constant("m.axes", np.array([1, 2], np.int64))], "m.4d")], "m.float", to=TensorProto.FLOAT)
    bias = node("Mul", [node("Sub", [constant("m.one", np.array(1, np.float32)), mask], "m.inverted"), constant("m.low", np.array(np.finfo(np.float32).min, np.float32))], "m.bias")
    for index in range(layers):
        name, tag = f"encoder.layer.{index}", f"l{index}"

        def projected(role, permutation):
            flat = linear(x, f"{name}.attention.self.{role}", f"{tag}.{role}")
            return node("Transpose", [node("Reshape", [flat, split], f"{tag}.{role}.split")], f"{tag}.{role}.heads", perm=permutation)

        query, key, value = projected("query", [0, 2, 1, 3]), projected("key", [0, 2, 3, 1]), projected("value", [0, 2, 1, 3])
        scores = node("Div", [node("MatMul", [query, key], f"{tag}.scores"), constant(f"{tag}.root", np.array(head ** 0.5, np.float32))], f"{tag}.scaled")
        pattern = node("Softmax", [node("Add", [scores, bias], f"{tag}.masked")], f"{tag}.pattern", axis=-1)
        mixed = node("Transpose", [node("MatMul", [pattern, value], f"{tag}.mixed")], f"{tag}.turned", perm=[0, 2, 1, 3])
        attended = linear(node("Reshape", [mixed, merge], f"{tag}.merged"), f"{name}.attention.output.dense", f"{tag}.out")
        x = norm(node("Add", [attended, x], f"{tag}.residual"), f"{name}.attention.output.LayerNorm", f"{tag}.norm")
        up = linear(x, f"{name}.intermediate.dense", f"{tag}.up")
        erf = node("Erf", [node("Div", [up, constant(f"{tag}.sqrt2", np.array(2 ** 0.5, np.float32))], f"{tag}.g1")], f"{tag}.g2")
        gate = node("Mul", [up, node("Add", [erf, constant(f"{tag}.1", np.array(1, np.float32))], f"{tag}.g3")], f"{tag}.g4")
        gelu = node("Mul", [gate, constant(f"{tag}.half", np.array(0.5, np.float32))], f"{tag}.gelu")
        down = linear(gelu, f"{name}.output.dense", f"{tag}.down")
        last = index == layers - 1
        x = norm(node("Add", [down, x], f"{tag}.residual2"), f"{name}.output.LayerNorm", "last_hidden_state" if last else f"{tag}.hidden")
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"]) for n in ("input_ids", "attention_mask", "token_type_ids")]
    out = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", width])]
    graph = helper.make_graph(nodes, "minilm", ids, out, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--backend", default="simd")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", help="add the result to this file, one JSON object per line")
    parser.add_argument("--binary", default=".build/release/minilm-benchmark")
    options = parser.parse_args()

    model = build(load_file(options.model + "/model.safetensors"), 6, 12, 384)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(model, file.name)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        # Spinning threads would take the cores from the other side between its turns.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        peer = onnxruntime.InferenceSession(file.name, settings, providers=["CPUExecutionProvider"])
    count = options.batch * options.tokens
    ids = (1000 + (np.arange(count) * 7919) % 28000).astype(np.int64).reshape(options.batch, options.tokens)
    feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    expected = peer.run(None, feeds)[0].ravel()

    command = [options.binary, options.model, options.backend, str(options.batch), str(options.tokens), str(options.threads)]
    ours = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _, first, last = ours.stdout.readline().split()
    assert abs(float(first) - expected[0]) < 1e-4 and abs(float(last) - expected[-1]) < 1e-4, "the sides disagree"

    def run_ours():
        ours.stdin.write("\n")
        ours.stdin.flush()
        return float(ours.stdout.readline())

    def run_peer():
        start = time.perf_counter()
        peer.run(None, feeds)
        return time.perf_counter() - start

    for _ in range(3):
        run_ours(), run_peer()
    left, right = [], []
    for _ in range(options.rounds):
        left.append(run_ours())
        right.append(run_peer())
    ours.stdin.close()
    print(f"MiniLM {options.batch}x{options.tokens}, {options.threads} threads, {options.rounds} alternating rounds, milliseconds")
    for name, times in ((f"attend {options.backend}", left), (f"onnxruntime {onnxruntime.__version__}", right)):
        print(f"  {name:22} min {min(times) * 1e3:8.2f}  median {statistics.median(times) * 1e3:8.2f}")
    if options.json:
        with open(options.json, "a") as file:
            file.write(json.dumps({
                "shape": f"{options.batch}x{options.tokens}", "onnxruntime": {
                    "minimum": min(right), "median": statistics.median(right)},
                options.backend: {"minimum": min(left), "median": statistics.median(left),
                                  "ratio": min(right) / min(left)}}) + "\n")
    print(f"  ratio                  min {min(left) / min(right):8.2f}  median {statistics.median(left) / statistics.median(right):8.2f}")


if __name__ == "__main__":
    main()
