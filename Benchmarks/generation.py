#!/usr/bin/env python3
"""Prompts and decode steps beside Hugging Face transformers on PyTorch, in turns.

    python3 Benchmarks/generation.py PROGRAM MODEL [--rounds 5] [--prompt 400] [--new 100] [--backend simd] [--quantized FOLDER]

PROGRAM is generation-benchmark. Needs torch and transformers. Prints one line for each side, minimum and median.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

for name in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]:
    os.environ.pop(name, None)

# The folder has a module named as one of theirs.
sys.path.pop(0)

import torch
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("model")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--prompt", type=int, default=400)
parser.add_argument("--new", type=int, default=100)
parser.add_argument("--backend", default="simd")
parser.add_argument("--dtype", default="float32")
parser.add_argument("--quantized")
arguments = parser.parse_args()
torch.set_num_threads(2)


def start(folder):
    words = [arguments.program, folder, arguments.backend, str(arguments.prompt), str(arguments.new), arguments.dtype]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ours(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=getattr(torch, arguments.dtype)).eval()
prompt = torch.randint(0, 1000, (1, arguments.prompt))


def peer():
    with torch.no_grad():
        begin = time.perf_counter()
        out = model(prompt, use_cache=True, logits_to_keep=1)
        first = time.perf_counter() - begin
        steps = []
        for _ in range(arguments.new):
            begin = time.perf_counter()
            out = model(out.logits[:, -1:].argmax(-1), past_key_values=out.past_key_values, use_cache=True)
            steps.append(time.perf_counter() - begin)
    return {"prompt": first, "steps": steps}


sides = {"attend": start(arguments.model)}
if arguments.quantized:
    sides["quantized"] = start(arguments.quantized)
found = {name: [] for name in list(sides) + ["transformers"]}
peer()
for _ in range(arguments.rounds):
    for name, process in sides.items():
        found[name].append(ours(process))
    found["transformers"].append(peer())
times = {}
for name, rounds in found.items():
    prompts = [r["prompt"] for r in rounds]
    # A round's steps together, so that a cache of growing length counts as it is.
    steps = [sum(r["steps"]) / len(r["steps"]) for r in rounds]
    times[name] = (min(prompts), statistics.median(prompts), min(steps), statistics.median(steps))
    print(f"{name:13} prompt {min(prompts) * 1e3:8.1f} ms ({statistics.median(prompts) * 1e3:.1f})  step {min(steps) * 1e3:7.2f} ms ({statistics.median(steps) * 1e3:.2f})", end="")
    if "read" in rounds[0]:
        read = min(x for r in rounds for x in r["read"])
        bytes_ = rounds[0]["bytes"]
        print(f"  read of {bytes_ / 1e6:.0f} MB {read * 1e3:.2f} ms ({bytes_ / read / 1e9:.1f} GB/s): share {read / min(steps):.2f}", end="")
    print()
for name in sides:
    print(f"{name} over transformers: prompt {times['transformers'][0] / times[name][0]:.2f}, step {times['transformers'][2] / times[name][2]:.2f} (medians {times['transformers'][1] / times[name][1]:.2f}, {times['transformers'][3] / times[name][3]:.2f})")
if arguments.quantized:
    print(f"quantized over float: step {times['attend'][2] / times['quantized'][2]:.2f} (medians {times['attend'][3] / times['quantized'][3]:.2f})")
