#!/usr/bin/env python3
"""Times the networks of hush_bench in hush and in PyTorch on this machine, in turn: hush, torch, hush, torch, ... and
prints the medians and their ratio as Markdown. Needs torch; build/release/bench/hush_bench must be built.

  python3 bench/peers/cpu.py [--rounds 5] [--threads N] [--bench PROGRAM]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess

import torch

from gpu import Peer

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What hush_bench calls the networks of bench/gpu/networks.json.
NETWORKS = {"small": "fashion_mnist_small", "paper": "fashion_mnist", "palette_small": "palette_small"}
PARTS = {"forward": "forward", "training_step": "training"}
CELLS = [
    ("small", "forward", 1),
    ("small", "forward", 16),
    ("small", "training_step", 64),
    ("paper", "forward", 1),
    ("paper", "forward", 16),
    ("paper", "training_step", 16),
    ("palette_small", "forward", 8),
    ("palette_small", "training_step", 8),
]


def torch_seconds(network, what, batch, layout):
    chosen = argparse.Namespace(
        network=NETWORKS[network], batch=batch, precision="fp32", way="eager", steps=0, device="cpu"
    )
    peer = Peer(chosen, layout)
    return peer.report(PARTS[what], seconds=1)["seconds"]


def hush_seconds(program, network, what, batch):
    name = f"network/cpu/{network}/{what}/{batch}/real_time"
    command = [program, f"--benchmark_filter=^{name}$", "--benchmark_format=json", "--benchmark_min_time=1"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    row = json.loads(made.stdout)["benchmarks"][0]
    return row["real_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[row["time_unit"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--bench", default=str(ROOT / "build/release/bench/hush_bench"))
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"torch {torch.__version__}, {chosen.threads} threads, medians of {chosen.rounds} rounds, milliseconds\n")
    print("| network | what | batch | hush | torch | torch channels_last | best torch / hush |")
    print("|---|---|---|---|---|---|---|")
    for network, what, batch in CELLS:
        rows = []
        for _ in range(chosen.rounds):
            ours = hush_seconds(chosen.bench, network, what, batch)
            layouts = (torch.contiguous_format, torch.channels_last)
            rows.append((ours, *(torch_seconds(network, what, batch, layout) for layout in layouts)))
        ours, plain, last = (statistics.median(column) for column in zip(*rows))
        ratio = statistics.median(min(p, c) / h for h, p, c in rows)
        print(
            f"| {network} | {what} | {batch} | {1e3 * ours:.1f} | {1e3 * plain:.1f} | {1e3 * last:.1f} | {ratio:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
