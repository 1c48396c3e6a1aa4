#!/usr/bin/env python3
"""Attention and products beside PyTorch and NumPy's OpenBLAS, in turns in one run: minimum and median of all rounds.

    python3 Benchmarks/kernels.py --kind attention|linear|matmul [--backend simd,openblas] [--peers torch,numpy]
        [--dtype float32|bfloat16|float16] [--device cpu|cuda] [--threads 2] [--rounds 6] [--seconds 0.2] [--shapes 1,12,12,512,512,64 ...] [--json FILE]

Needs torch and numpy (pip install torch numpy) and the built program (swift build -c release). Data is random on both
sides. `make bench` runs all kinds, and MiniLM beside ONNX Runtime; `make bench-device` runs PyTorch on a GPU, beside
the OpenCL backend on the same one. A time on a GPU is that of one launch and the wait for its end, on both sides.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time

USUAL = {
    "attention": [
        "1,12,12,128,128,64", "1,12,12,512,512,64", "1,12,12,1024,1024,64,causal", "1,32,8,2048,2048,128,causal",
        "8,12,12,128,128,64", "1,8,8,512,2048,64", "1,12,12,1,1024,64", "1,32,8,1,8192,128",
    ],
    "further": [
        "1,16,16,4096,4096,128,causal", "1,12,12,512,512,40", "1,12,12,512,512,80", "1,12,12,512,512,96",
        "1,12,12,512,512,112", "1,8,8,512,512,256", "1,8,1,1,4096,128", "1,8,8,8192,8192,64,causal,window=512",
    ],
    "linear": [f"{rows},{sizes}" for rows in (1, 4, 8, 16, 128, 512)
               for sizes in ("384,1536", "768,3072", "3072,768", "4096,4096")],
    "matmul": ["256,256,256", "512,512,512", "1024,1024,1024", "2048,2048,2048"],
}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--kind", choices=USUAL, default="attention")
parser.add_argument("--peers", default=None, help="torch and numpy for products, torch for attention")
parser.add_argument("--shapes", nargs="*")
parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where PyTorch computes")
parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32", help="on both sides")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--rounds", type=int, default=6)
parser.add_argument("--seconds", type=float, default=0.2)
parser.add_argument("--backend", default="simd")
parser.add_argument("--attend", default=".build/release/attend")
parser.add_argument("--json")
options = parser.parse_args()

# They slow current OpenBLAS builds down; the number of threads is read once.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
attends = options.kind in ("attention", "further")

import numpy  # noqa: E402 (after the environment)
import torch  # noqa: E402

torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)


def random(*shape):
    return (torch.rand(*shape, device=options.device) * 2 - 1).to(getattr(torch, options.dtype))


def product(shape, library):
    """A function that computes the product once."""
    m, second, third = map(int, shape.split(","))
    k, n = (third, second) if options.kind == "matmul" else (second, third)
    a, b = random(m, k), random(k, n)
    weight = b.T.contiguous()
    if library == "torch":
        return (lambda: a @ b) if options.kind == "matmul" else (lambda: torch.nn.functional.linear(a, weight))
    a, b, weight = (matrix.cpu().numpy() for matrix in (a, b, weight))
    return (lambda: a @ b) if options.kind == "matmul" else (lambda: a @ weight.T)


def attention(shape):
    """A function that computes PyTorch's attention once."""
    words = shape.split(",")
    batch, heads, shared, queries, keys, d = map(int, words[:6])
    q = random(batch, heads, queries, d)
    k, v = (random(batch, shared, keys, d) for _ in range(2))
    causal = "causal" in words
    window = next((int(word[7:]) for word in words if word.startswith("window=")), None)
    mask = None
    if window is not None or causal and queries != keys:
        place = torch.arange(queries, device=options.device)[:, None] + keys - queries
        key = torch.arange(keys, device=options.device)[None, :]
        mask = torch.ones(queries, keys, dtype=torch.bool, device=options.device)
        if causal:
            mask &= key <= place
        if window is not None:
            mask &= (key > place - window) & (key < place + window)
        causal = False
    return lambda: torch.nn.functional.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal, enable_gqa=heads != shared)


def measured(function):
    """Times of runs for the given time, after a warm-up."""
    wait = torch.cuda.synchronize if options.device == "cuda" else lambda: None
    end = time.perf_counter() + 0.03
    while time.perf_counter() < end:
        function()
        wait()
    times = []
    while len(times) < 3 or sum(times) < options.seconds:
        start = time.perf_counter()
        function()
        wait()
        times.append(time.perf_counter() - start)
    return times


def ours(shape):
    """The results of a run of attend bench, one for each backend, which take turns."""
    command = [options.attend, "bench", "attention" if attends else options.kind, "--shapes", shape, "--backend",
               options.backend, "--threads", str(options.threads), "--seconds", str(options.seconds), "--json",
               "--dtype", options.dtype]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["results"]


def processor():
    """The name of what PyTorch computes on."""
    if options.device == "cuda":
        return torch.cuda.get_device_name()
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


peers = (options.peers.split(",") if options.peers
         else ["torch"] if attends or options.device == "cuda" or options.dtype != "float32" else ["torch", "numpy"])
backends = options.backend.split(",")
versions = {"torch": torch.__version__, "numpy": numpy.__version__}
print(f"{processor()}, {options.threads} threads, {', '.join(f'{name} {versions[name]}' for name in peers)}; "
      f"{options.rounds} rounds of {options.seconds} s on each side", file=sys.stderr)
heads = [f"{name}, GFLOP/s" for name in peers] + [
    cell for name in backends for cell in (f"{name}, GFLOP/s", "ratio of minima", "of medians", "of the roofline")]
print(f"| {options.kind} | " + " | ".join(heads) + " |")
print("|---" + "|---:" * len(heads) + "|")
rows = []
for shape in options.shapes or USUAL[options.kind]:
    functions = {name: attention(shape) if attends else product(shape, name) for name in peers}
    theirs, mine, flops = {name: [] for name in peers}, {name: ([], [], []) for name in backends}, 0
    for _ in range(options.rounds):
        for name in peers:
            theirs[name] += measured(functions[name])
        for result in ours(shape):
            minima, medians, shares = mine[result["backend"]]
            minima.append(result["seconds"]["minimum"])
            medians.append(result["seconds"]["median"])
            shares.append(result["roofline_share"] or 0)
            flops = result["gflops"] * minima[-1] * 1e9
    best = min(peers, key=lambda name: min(theirs[name]))
    row = {"shape": shape, "flops": flops, "best_peer": best}
    cells = [shape] + [f"{flops / min(theirs[name]) / 1e9:.0f}" for name in peers]
    for name in peers:
        row[name] = {"minimum": min(theirs[name]), "median": statistics.median(theirs[name])}
    for name in backends:
        minima, medians, shares = mine[name]
        minimum, median = min(minima), statistics.median(medians)
        row[name] = {"minimum": minimum, "median": median, "ratio": row[best]["minimum"] / minimum,
                     "roofline_share": statistics.median(shares)}
        cells += [f"{flops / minimum / 1e9:.0f}", f"{row[best]['minimum'] / minimum:.2f}",
                  f"{row[best]['median'] / median:.2f}", f"{100 * statistics.median(shares):.0f} %"]
    rows.append(row)
    print("| " + " | ".join(cells) + " |", flush=True)
means = {name: math.exp(sum(math.log(row[name]["ratio"]) for row in rows) / len(rows)) for name in backends}
for name in backends:
    print(f"\n{name}: geometric mean of the ratios of minima to the fastest peer's {means[name]:.2f}")
if options.json:
    with open(options.json + ".part", "w") as file:
        json.dump({"version": 1, "processor": processor(), "threads": options.threads, "peers": versions,
                   "kind": options.kind, "dtype": options.dtype, "rows": rows, "geometric_means": means}, file, indent=1)
    os.replace(options.json + ".part", options.json)
