#!/usr/bin/env python3
"""MiniLM on two of Attend's backends, measured alternately in one run. Needs Python alone.

    ATTEND_BENCHMARKS=1 swift build -c release
    python3 Benchmarks/minilm_backends.py MODEL_FOLDER [--backends opencl simd] [--batch 8] [--tokens 128] [--rounds 40]

Each round times one run of either side; reported are minimum and median, and their ratios (first by second).
Both sides must agree first.
"""
import argparse
import statistics
import subprocess


class Side:
    def __init__(self, backend, options):
        self.backend, self.times = backend, []
        sizes = [str(n) for n in (options.batch, options.tokens, options.threads)]
        self.process = subprocess.Popen(
            [options.binary, options.model, backend] + sizes, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = self.process.stdout.readline().split()
        assert answer and answer[0] == "ready", f"{backend} did not start"
        self.values = [float(x) for x in answer[1:]]

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--backends", nargs=2, default=["opencl", "simd"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--binary", default=".build/release/minilm-benchmark")
    options = parser.parse_args()

    sides = [Side(name, options) for name in options.backends]
    assert all(abs(a - b) < 1e-4 for a, b in zip(*(side.values for side in sides))), "the sides disagree"
    for _ in range(3):
        for side in sides:
            side.run()
    for _ in range(options.rounds):
        for side in sides:
            side.times.append(side.run())
    for side in sides:
        side.process.stdin.close()
    print(f"MiniLM {options.batch}x{options.tokens}, {options.threads} threads, {options.rounds} alternating rounds, milliseconds")
    for side in sides:
        print(f"  {side.backend:12} min {min(side.times) * 1e3:8.2f}  median {statistics.median(side.times) * 1e3:8.2f}")
    first, second = (side.times for side in sides)
    print(f"  ratio        min {min(first) / min(second):8.2f}  median {statistics.median(first) / statistics.median(second):8.2f}")


if __name__ == "__main__":
    main()
