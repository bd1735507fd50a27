#!/usr/bin/env python3
"""Times the networks of examples/fashion_mnist in hush and in PyTorch on this machine, in turn: hush, torch, hush, torch, ...
and prints the medians and their ratio as Markdown. Needs torch; build/release/bench/hush_bench must be built.

  python3 bench/peers/attention_unet.py [--rounds 5] [--threads N] [--bench PROGRAM]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import torch
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from make_network_goldens import AttentionUnet  # noqa: E402

NETWORKS = {
    "small": dict(widths=[32, 64, 64], bottleneck=128, heads=4, head_width=16, embedding=256),
    "paper": dict(widths=[64, 128, 256], bottleneck=512, heads=4, head_width=0, embedding=256),
}
CELLS = [("small", "forward", 1), ("small", "forward", 16), ("small", "training_step", 64), ("paper", "forward", 1),
         ("paper", "forward", 16), ("paper", "training_step", 16)]


def torch_seconds(network, what, batch, layout):
    net = AttentionUnet(channels=1, **NETWORKS[network]).to(memory_format=layout)
    x = torch.randn(batch, 1, 32, 32).contiguous(memory_format=layout)
    t = torch.full((batch,), 250.0)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)

    def forward():
        with torch.inference_mode():
            net(x, t)

    def training_step():
        eps = torch.randn_like(x)
        loss = F.mse_loss(net(0.7 * x + 0.7 * eps, t), eps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()

    run = forward if what == "forward" else training_step
    run()
    count, start = 0, time.perf_counter()
    while count < 2 or time.perf_counter() - start < 1:
        run()
        count += 1
    return (time.perf_counter() - start) / count


def hush_seconds(program, network, what, batch):
    name = f"network/cpu/{network}/{what}/{batch}/real_time"
    made = subprocess.run([program, f"--benchmark_filter=^{name}$", "--benchmark_format=json", "--benchmark_min_time=1"],
                          check=True, capture_output=True, text=True)
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
            rows.append((hush_seconds(chosen.bench, network, what, batch),
                         torch_seconds(network, what, batch, torch.contiguous_format),
                         torch_seconds(network, what, batch, torch.channels_last)))
        ours, plain, last = (statistics.median(column) for column in zip(*rows))
        ratio = statistics.median(min(p, c) / h for h, p, c in rows)
        print(f"| {network} | {what} | {batch} | {1e3 * ours:.1f} | {1e3 * plain:.1f} | {1e3 * last:.1f} | {ratio:.2f} |",
              flush=True)


if __name__ == "__main__":
    main()
