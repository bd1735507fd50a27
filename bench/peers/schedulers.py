#!/usr/bin/env python3
"""Times a step of hush's samplers and of diffusers' schedulers without the network, on this machine, in turn: hush,
diffusers, hush, diffusers, ..., each by its quickest runs, and prints the medians as Markdown. Needs torch (CPU),
diffusers and scipy; build/release/bench/hush_bench must be built.

Both run whole: hush `sample`, diffusers set_timesteps, scale_model_input and step, with a network that always
gives the same answer; a step is a fiftieth of the difference between runs of 60 and of 10 steps, in processor time for
one thread, so that other programs disturb little, and by the clock for two.

  python3 bench/peers/schedulers.py [--rounds 5] [--threads 1 2] [--bench PROGRAM]
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import time
import warnings

import diffusers
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHORT, LONG = 10, 60
NORMALS = 16384  # of a measurement of "normal"
SIZES = [(1, 32), (16, 64)]
# The name in examples/shared/samplers.hpp: the scheduler of diffusers, its configuration, and whether it draws noise
PEERS = {
    "ddim": ("DDIMScheduler", {}, False),
    "euler": ("EulerDiscreteScheduler", {}, False),
    "heun": ("HeunDiscreteScheduler", {}, False),
    "lms": ("LMSDiscreteScheduler", {}, False),
    "plms": ("PNDMScheduler", {"skip_prk_steps": True}, False),
    "dpm++2m": ("DPMSolverMultistepScheduler", {}, False),
    "deis": ("DEISMultistepScheduler", {}, False),
    "unipc": ("UniPCMultistepScheduler", {}, False),
    "ddpm": ("DDPMScheduler", {}, True),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}, True),
    "dpm++2m-sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}, True),
}


def run(scheduler, start, answer, steps):
    scheduler.set_timesteps(steps)
    x = start
    for t in scheduler.timesteps:
        scheduler.scale_model_input(x, t)
        x = scheduler.step(answer, t, x, return_dict=False)[0]


def seconds(scheduler, start, answer, steps, clock):
    """The quickest of as many runs as fit into a fifth of a second, three at least."""
    run(scheduler, start, answer, steps)
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < 0.2:
        at = clock()
        run(scheduler, start, answer, steps)
        times.append(clock() - at)
    return min(times)


def a_step(long, short):
    return 1e6 * (long - short) / (LONG - SHORT)


def diffusers_round(counts):
    """Microseconds a step, by name, images, size and threads."""
    found = {}
    with torch.inference_mode():
        for threads in counts:
            torch.set_num_threads(threads)
            clock = time.process_time if threads == 1 else time.perf_counter
            for images, size in SIZES:
                start, answer = torch.randn(images, 3, size, size), torch.full((images, 3, size, size), 0.1)
                for name, (kind, config, _) in PEERS.items():
                    scheduler = getattr(diffusers, kind)(**config)
                    took = [seconds(scheduler, start, answer, steps, clock) for steps in (LONG, SHORT)]
                    found[name, images, size, threads] = a_step(*took)
    return found


def hush_round(program):
    """The same of hush, quickest of ten, with "memory_pass"; and the nanoseconds of a normal number."""
    asked = [program, "--benchmark_filter=^overhead/", "--benchmark_format=json", "--benchmark_min_time=0.01",
             "--benchmark_repetitions=10"]
    made = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    times, normal = {}, math.inf
    for row in made["benchmarks"]:
        if row["run_type"] != "iteration":
            continue
        name, *arguments = row["run_name"].removeprefix("overhead/").removesuffix("/real_time").split("/")
        cell = (name, *(int(argument.split(":")[1]) for argument in arguments))
        clock = "cpu_time" if name == "normal" or cell[3] == 1 else "real_time"
        took = row[clock] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[row["time_unit"]]
        if name == "normal":
            normal = min(normal, 1e9 * took / NORMALS)
            continue
        times[cell] = min(took, times.get(cell, math.inf))
    found = {}
    for (*cell, threads, steps), took in times.items():
        if steps == 0:
            found[(*cell, threads)] = 1e6 * took
        elif steps == LONG:
            found[(*cell, threads)] = a_step(took, times[(*cell, threads, SHORT)])
    return found, normal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", choices=[1, 2], default=[1, 2])
    parser.add_argument("--bench", default=str(ROOT / "build/release/bench/hush_bench"))
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    rounds = [(hush_round(chosen.bench), diffusers_round(chosen.threads)) for _ in range(chosen.rounds)]
    hush = {cell: statistics.median(mine[cell] for (mine, _), _ in rounds) for cell in rounds[0][0][0]}
    peer = {cell: statistics.median(theirs[cell] for _, theirs in rounds) for cell in rounds[0][1]}
    normal = statistics.median(ns for (_, ns), _ in rounds)
    print(f"torch {torch.__version__}, diffusers {diffusers.__version__}; medians of {chosen.rounds} rounds; "
          f"a normal number takes {normal:.1f} ns\n")
    for images, size in SIZES:
        for threads in chosen.threads:
            one_pass = hush["memory_pass", images, size, threads]
            print(f"{images}x3x{size}x{size}, threads: {threads}; one pass over memory takes {one_pass:.2f} us\n")
            print("| sampler | noise | hush, us | diffusers, us | diffusers / hush | hush / pass | ns a normal, core |")
            print("|---|---|---|---|---|---|---|")
            for name, (_, _, noisy) in PEERS.items():
                mine, theirs = hush[name, images, size, threads], peer[name, images, size, threads]
                numbers = images * 3 * size * size
                quiet = {"ddpm": "ddim", "euler-a": "euler", "dpm++2m-sde": "dpm++2m"}.get(name)
                each = 1e3 * (mine - hush[quiet, images, size, threads]) * threads / numbers if noisy else None
                print(f"| {name} | {'yes' if noisy else 'no'} | {mine:.1f} | {theirs:.1f} | {theirs / mine:.1f} | "
                      f"{mine / one_pass:.1f} | {f'{each:.1f}' if noisy else '–'} |")
            print()


if __name__ == "__main__":
    main()
