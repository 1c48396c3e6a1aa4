#!/usr/bin/env python3
"""Sentences to embeddings on Attend, sentence-transformers and ONNX Runtime, in turns in one run; and their tokenizers.

    pip install numpy onnx onnxruntime safetensors tokenizers sentence-transformers
    ATTEND_BENCHMARKS=1 swift build -c release
    python3 Benchmarks/sentences.py MODEL_FOLDER [--texts 10000] [--backend simd] [--threads 2] [--rounds 3]

Sentences have 3 to 120 words of the model's vocabulary, common ones more often. sentence-transformers and ONNX Runtime sort
them by length and pad batches of 32; so does Attend, within limits of its own. Times include the tokenizers. All sides
must agree first. The tokenizers alone are measured on one thread.
"""
import argparse
import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model")
parser.add_argument("--texts", type=int, default=10_000)
parser.add_argument("--backend", default="simd")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--binary", default=".build/release/minilm-benchmark")
parser.add_argument("--json")
options = parser.parse_args()
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["TOKENIZERS_PARALLELISM"] = "true"
os.environ["RAYON_NUM_THREADS"] = str(options.threads)

# transformers would take kernels.py beside this script for a library of its own.
here = sys.path.pop(0)
import numpy as np  # noqa: E402 (after the environment)
import onnxruntime  # noqa: E402
import sentence_transformers  # noqa: E402
import tokenizers  # noqa: E402
import torch  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

specification = importlib.util.spec_from_file_location("onnx_side", f"{here}/minilm_vs_onnxruntime.py")
onnx_side = importlib.util.module_from_spec(specification)
specification.loader.exec_module(onnx_side)
torch.set_num_threads(options.threads)
with open(f"{options.model}/tokenizer.json") as file:
    words = [word for word in json.load(file)["model"]["vocab"] if word.isalpha() and word.isascii()]
numbers = random.Random(5)
weights = [1 / (rank + 10) for rank in range(len(words))]
numbers.shuffle(words)
texts = [" ".join(numbers.choices(words, weights, k=int(numbers.triangular(3, 120, 18)))).capitalize() + "."
         for _ in range(options.texts)]
peer = sentence_transformers.SentenceTransformer(options.model, device="cpu")
tokenizer = tokenizers.Tokenizer.from_file(f"{options.model}/tokenizer.json")
length = peer.max_seq_length
tokenizer.enable_truncation(length)
tokenizer.no_padding()

with open(f"{options.model}/config.json") as file:
    config = json.load(file)
with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
    model = onnx_side.build(load_file(f"{options.model}/model.safetensors"), config["num_hidden_layers"],
                            config["num_attention_heads"], config["hidden_size"])
    file.write(model.SerializeToString())
    file.flush()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    # Spinning threads would take the cores from the other sides between its turns.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(file.name, settings, providers=["CPUExecutionProvider"])


def by_onnx(texts):
    """Embeddings as sentence-transformers makes them: sorted by length, in batches, mean over the tokens, normalized."""
    order = np.argsort([-len(text) for text in texts], kind="stable")
    result = np.empty((len(texts), config["hidden_size"]), np.float32)
    for start in range(0, len(texts), options.batch):
        part = order[start:start + options.batch]
        encodings = tokenizer.encode_batch([texts[index] for index in part])
        width = max(len(encoding.ids) for encoding in encodings)
        ids, mask = np.zeros((2, len(part), width), np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, :len(encoding.ids)] = encoding.ids
            mask[row, :len(encoding.ids)] = 1
        states = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0]
        sums = np.einsum("btw,bt->bw", states, mask.astype(np.float32)) / mask.sum(1, keepdims=True)
        result[part] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return result


def ours(*words):
    process = subprocess.Popen([options.binary, options.model, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    ready = process.stdout.readline().split()[1:]

    def run():
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())
    return run, ready


def timed(function):
    def run():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start
    return run


def one_thread():
    """The ids of all texts by the library alone."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer.encode_batch(texts)
    os.environ["TOKENIZERS_PARALLELISM"] = "true"


def compare(title, sides, unit):
    times = {name: [] for name in sides}
    for name in sides:
        sides[name]()
    for _ in range(options.rounds):
        for name, run in sides.items():
            times[name].append(run())
    mine = next(iter(times))
    print(title)
    rows = {}
    for name, values in times.items():
        rows[name] = {"minimum": min(values), "median": statistics.median(values)}
        ratios = f"  attend is {min(values) / min(times[mine]):.2f} times as fast (medians {statistics.median(values) / statistics.median(times[mine]):.2f})"
        print(f"  {name:38} min {min(values):7.2f} s, {options.texts / min(values):8.0f} {unit}" + ("" if name == mine else ratios))
    return rows


with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
    file.write("\n".join(texts) + "\n")
    file.flush()
    embed, ready = ours(options.backend, "sentences", file.name, str(options.threads))
    encode, count = ours("tokenizer", file.name)
    first = peer.encode(texts[:8], batch_size=options.batch, normalize_embeddings=True)
    assert np.allclose([float(number) for number in ready], first[:, 0], atol=1e-5), "Attend and the peer disagree"
    assert np.allclose(by_onnx(texts[:8]), first, atol=1e-5), "the peers disagree"
    tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts))
    tokenizer.no_truncation()
    assert int(count[0]) == sum(len(tokenizer.encode(text).ids) for text in texts), "the tokenizers disagree"
    tokenizer.enable_truncation(length)
    model_rows = compare(
        f"{options.texts} sentences, {tokens} tokens, {options.threads} threads, {options.rounds} rounds in turns",
        {f"attend {options.backend}": embed,
         f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}":
             timed(lambda: peer.encode(texts, batch_size=options.batch, normalize_embeddings=True)),
         f"onnxruntime {onnxruntime.__version__}": timed(lambda: by_onnx(texts))}, "sentences/s")
    tokenizer.no_truncation()
    token_rows = compare(
        "their tokens alone, on one thread",
        {"attend": encode,
         f"tokenizers {tokenizers.__version__}": timed(one_thread)}, "sentences/s")
if options.json:
    with open(options.json + ".part", "w") as file:
        json.dump({"version": 1, "texts": options.texts, "tokens": tokens, "threads": options.threads, "model": model_rows,
                   "tokenizer": token_rows}, file, indent=1)
    os.replace(options.json + ".part", options.json)
