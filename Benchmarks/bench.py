#!/usr/bin/env python3
"""All benchmarks beside their peers, in turns: a JSON file, a Markdown table and an SVG chart.

    python3 Benchmarks/bench.py OUTPUT_FOLDER [--model FOLDER] [--device cpu|cuda] [--threads 2] [--rounds 4]
        [--seconds 0.15] [--dtype float32|bfloat16] [--attend PROGRAM]

`make bench` installs what this needs and runs it; `make bench-device` runs it on a GPU. The files are named after the
processor, and the type if it isn't float32: `make bench DTYPE=bfloat16`.
"""
import argparse
import datetime
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402 (after the choice of the output)

KINDS = {
    "cpu": {"attention": "simd,openblas,opencl", "further": "simd", "matmul": "simd,openblas",
            "linear": "simd,openblas"},
    "cpu bfloat16": {"attention": "simd", "further": "simd", "matmul": "simd", "linear": "simd"},
    "cuda": {kind: "opencl" for kind in ("attention", "further", "matmul", "linear")},
}
MODELS = ((1, 16), (1, 128), (8, 128), (32, 128), (1, 512))

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("output")
parser.add_argument("--model", help="a folder of MiniLM, to measure it beside ONNX Runtime")
parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where PyTorch computes")
parser.add_argument("--attend", default=".build/release/attend")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=4)
parser.add_argument("--seconds", type=float, default=0.15)
parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="bfloat16: on a CPU only")
options = parser.parse_args()
setting = options.device if options.dtype == "float32" else f"{options.device} {options.dtype}"
if setting not in KINDS:
    parser.error(f"no benchmarks of {options.dtype} on {options.device}")
here = os.path.dirname(os.path.abspath(__file__))
if options.device == "cuda":
    os.environ["ATTEND_OPENCL_DEVICE"] = "gpu"


def run(*words):
    print("bench: " + " ".join(words[1:4]), file=sys.stderr)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def kernels(folder, kind, backends):
    """The pairs of one kind; without OpenCL, those of the other backends."""
    path = f"{folder}/{kind}.json"
    command = [sys.executable, f"{here}/kernels.py", "--kind", kind, "--threads", str(options.threads), "--rounds",
               str(options.rounds), "--seconds", str(options.seconds), "--json", path, "--device", options.device,
               "--attend", options.attend, "--dtype", options.dtype]
    names = [name for name in backends.split(",") if subprocess.run(
        [options.attend, "bench", "read", "--shapes", "1000", "--seconds", "0.001", "--backend", name],
        capture_output=True).returncode == 0]
    if not names:
        sys.exit(f"bench: none of {backends} can be used here; {options.attend} backends says why")
    run(*command, "--backend", ",".join(names))
    with open(path) as file:
        return json.load(file)


def models(folder):
    path = f"{folder}/models.jsonl"
    for batch, tokens in MODELS:
        run(sys.executable, f"{here}/minilm_vs_onnxruntime.py", options.model, "--batch", str(batch), "--tokens",
            str(tokens), "--rounds", str(max(6, 30 // batch)), "--threads", str(options.threads), "--json", path)
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    mean = math.exp(statistics.mean(math.log(row["simd"]["ratio"]) for row in rows))
    return {"kind": "MiniLM", "rows": rows, "geometric_means": {"simd": mean}}


def table(group):
    backends = list(group["geometric_means"])
    lines = [f"| {group['kind']} | fastest peer | " + " | ".join(f"`{name}`" for name in backends) + " |",
             "|---|---:|" + "---:|" * len(backends)]
    for row in group["rows"]:
        peer = row.get("best_peer", "onnxruntime")
        seconds = row[peer]["minimum"]
        speed = f"{row['flops'] / seconds / 1e9:.0f} GFLOP/s, {peer}" if "flops" in row else f"{1e3 * seconds:.1f} ms"
        lines.append(f"| {row['shape']} | {speed} | " + " | ".join(
            f"{row[name]['ratio']:.2f}" if name in row else "" for name in backends) + " |")
    lines.append("| geometric mean | | " + " | ".join(f"**{group['geometric_means'][name]:.2f}**" for name in backends)
                 + " |")
    return "\n".join(lines)


def chart(groups, title, path):
    """Bars of the speed of each backend over its fastest peer's."""
    bars = [(f"{group['kind'] if group['kind'] != 'further' else 'attention'} {row['shape']}",
             {name: row[name]["ratio"] for name in group["geometric_means"] if name in row})
            for group in groups for row in group["rows"]]
    names = [name for name in ("simd", "openblas", "opencl") if any(name in ratios for _, ratios in bars)]
    figure, axes = plt.subplots(figsize=(9, 0.24 * len(bars) * max(1, len(names) * 0.6) + 1.4))
    height = 0.8 / len(names)
    for index, name in enumerate(names):
        places = [place + index * height for place, (_, ratios) in enumerate(bars) if name in ratios]
        # From 1, where both are equally fast.
        axes.barh(places, [ratios[name] - 1 for _, ratios in bars if name in ratios], height, left=1, label=name)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(bars))], [label for label, _ in bars], fontsize=6)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("speed over the fastest peer's (minima of alternating rounds)")
    axes.set_title(title, fontsize=9)
    axes.grid(axis="x", linewidth=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path + ".part", format="svg", metadata={"Date": None})
    os.replace(path + ".part", path)


with tempfile.TemporaryDirectory() as folder:
    groups = [kernels(folder, kind, backends) for kind, backends in KINDS[setting].items()]
    if options.model and options.dtype == "float32":
        groups.append(models(folder))
processor = groups[0]["processor"]
name = re.sub(r"[^a-z0-9]+", "-", processor.lower()).strip("-")
if options.dtype != "float32":
    name += "-" + options.dtype
date = datetime.date.today().isoformat()
peers = ", ".join(f"{library} {version}" for library, version in groups[0]["peers"].items())
threads = f", {options.threads} threads" if options.device == "cpu" else ""
title = f"{processor}{threads}, {options.dtype}, {date}"
base = os.path.join(options.output, name)
chart(groups, title, base + ".svg")
command, who = {
    "cpu": (f"`make bench` on {date}: {options.threads} threads", "PyTorch is a peer of attention, PyTorch and NumPy's "
            "OpenBLAS of products, ONNX Runtime of MiniLM (batch x tokens)."),
    "cuda": (f"`make bench-device` on {date}", "The peer is PyTorch on the same device. A time is that of one launch "
             "and the wait for its end, on both sides."),
}[options.device]
text = [f"# {processor}", "", f"{command}, {options.dtype}, {peers}; rounds of {options.seconds} s on each side in turns. A "
        f"ratio is the fastest peer's minimum over ours: more than 1 is faster. {who}", "", f"![Speed over the fastest peer's]({name}.svg)", ""]
for group in groups:
    text += [table(group), ""]
for suffix, content in ((".md", "\n".join(text)), (".json", json.dumps(
        {"version": 1, "date": date, "processor": processor, "threads": options.threads, "groups": groups}, indent=1))):
    with open(base + suffix + ".part", "w") as file:
        file.write(content)
    os.replace(base + suffix + ".part", base + suffix)
print(base + ".md")
