#!/usr/bin/env python3
"""Attention and products beside PyTorch, in turns in one run: minimum and median of all rounds on each side.

    python3 Benchmarks/attention_vs_pytorch.py [--threads 2] [--rounds 6] [--seconds 0.2] [--backend simd,openblas]
        [--kind attention|linear|matmul] [--shapes 1,12,12,512,512,64 ...] [--json FILE]

Needs torch (pip install torch) and the built program (swift build -c release). Data is random on both sides.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time

# They slow current OpenBLAS builds down.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

USUAL = {
    "attention": [
        "1,12,12,128,128,64", "1,12,12,512,512,64", "1,12,12,1024,1024,64,causal", "1,32,8,2048,2048,128,causal",
        "8,12,12,128,128,64", "1,8,8,512,2048,64", "1,12,12,1,1024,64", "1,32,8,1,8192,128",
    ],
    "linear": [f"{rows},{sizes}" for rows in (1, 4, 8, 16, 128, 512)
               for sizes in ("384,1536", "768,3072", "3072,768", "4096,4096")],
    "matmul": ["256,256,256", "512,512,512", "1024,1024,1024", "2048,2048,2048"],
}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--kind", choices=USUAL, default="attention")
parser.add_argument("--shapes", nargs="*")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--rounds", type=int, default=6)
parser.add_argument("--seconds", type=float, default=0.2)
parser.add_argument("--backend", default="simd")
parser.add_argument("--attend", default=".build/release/attend")
parser.add_argument("--json")
options = parser.parse_args()

import torch  # noqa: E402 (after the environment)

torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)


def peer(shape):
    """A function that computes the shape once."""
    words = shape.split(",")
    if options.kind == "matmul":
        m, n, k = map(int, words)
        a, b = torch.rand(m, k) * 2 - 1, torch.rand(k, n) * 2 - 1
        return lambda: a @ b
    if options.kind == "linear":
        rows, width, out = map(int, words)
        x, w = torch.rand(rows, width) * 2 - 1, torch.rand(out, width) * 2 - 1
        return lambda: torch.nn.functional.linear(x, w)
    batch, heads, shared, queries, keys, d = map(int, words[:6])
    q = torch.rand(batch, heads, queries, d) * 2 - 1
    k, v = (torch.rand(batch, shared, keys, d) * 2 - 1 for _ in range(2))
    causal = "causal" in words
    window = next((int(word[7:]) for word in words if word.startswith("window=")), None)
    mask = None
    if window is not None or causal and queries != keys:
        place = torch.arange(queries)[:, None] + keys - queries
        key = torch.arange(keys)[None, :]
        mask = torch.ones(queries, keys, dtype=torch.bool)
        if causal:
            mask &= key <= place
        if window is not None:
            mask &= (key > place - window) & (key < place + window)
        causal = False
    return lambda: torch.nn.functional.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal, enable_gqa=heads != shared)


def measured(function):
    """Times of runs for the given time, after a warm-up."""
    end = time.perf_counter() + 0.03
    while time.perf_counter() < end:
        function()
    times = []
    while len(times) < 3 or sum(times) < options.seconds:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def ours(shape, backend):
    """The minimum and the median of a run of attend bench, and its GFLOP/s."""
    command = [options.attend, "bench", options.kind, "--shapes", shape, "--backend", backend, "--threads",
               str(options.threads), "--seconds", str(options.seconds), "--json"]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["results"][0]
    return result["seconds"]["minimum"], result["seconds"]["median"], result["gflops"]


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


rows, backends = [], options.backend.split(",")
print(f"{processor()}, {options.threads} threads, torch {torch.__version__}; {options.rounds} rounds of "
      f"{options.seconds} s on each side", file=sys.stderr)
print(f"| {options.kind} | PyTorch, GFLOP/s | " + " | ".join(f"{name}, GFLOP/s | ratio of minima | of medians"
                                                              for name in backends) + " |")
print("|---" * (2 + 3 * len(backends)) + "|")
for shape in options.shapes or USUAL[options.kind]:
    function, theirs, mine, flops = peer(shape), [], {name: ([], []) for name in backends}, 0
    for _ in range(options.rounds):
        theirs += measured(function)
        for name in backends:
            minimum, median, gflops = ours(shape, name)
            mine[name][0].append(minimum)
            mine[name][1].append(median)
            flops = gflops * minimum * 1e9
    row = {"shape": shape, "torch": {"minimum": min(theirs), "median": statistics.median(theirs)}}
    cells = [shape, f"{flops / min(theirs) / 1e9:.0f}"]
    for name in backends:
        minimum, median = min(mine[name][0]), statistics.median(mine[name][1])
        row[name] = {"minimum": minimum, "median": median}
        cells += [f"{flops / minimum / 1e9:.0f}", f"{min(theirs) / minimum:.2f}",
                  f"{statistics.median(theirs) / median:.2f}"]
    rows.append(row)
    print("| " + " | ".join(cells) + " |", flush=True)
for name in backends:
    logs = [math.log(row["torch"]["minimum"] / row[name]["minimum"]) for row in rows]
    print(f"\n{name}: geometric mean of the ratios of minima {math.exp(sum(logs) / len(logs)):.2f}")
if options.json:
    with open(options.json + ".part", "w") as file:
        json.dump({"processor": processor(), "threads": options.threads, "torch": torch.__version__,
                   "kind": options.kind, "rows": rows}, file, indent=1)
    os.replace(options.json + ".part", options.json)
