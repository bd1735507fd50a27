#!/usr/bin/env bash
# diffusers: DPMSolverMultistepScheduler with cosine betas and use_karras_sigmas raises IndexError in any run of 5 steps or more.
#
# Seen on 2026-11-29: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: use_karras_sigmas works with every beta_schedule of the class.
# What it does: sigmas of Karras on cosine betas begin at 20291, so many of them lie between the last two times of training. Their
#   times are kept as int64, cut off for cosine betas, and some are then equal: 10 steps have 7 different times. step() looks up
#   where it is by the time, takes the second of two equal ones at the start, and so runs out of the list at the end.
#   use_exponential_sigmas does the same from 10 steps on. hush keeps the place of a step, not its time.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >run.py <<'PYTHON'
import torch
from diffusers import DPMSolverMultistepScheduler


def run(steps, **options):
    scheduler = DPMSolverMultistepScheduler(beta_schedule="squaredcos_cap_v2", **options)
    scheduler.set_timesteps(steps)
    x = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
    try:
        for t in scheduler.timesteps:
            x = scheduler.step(0.5 * x, t, x).prev_sample
    except IndexError as error:
        return f"{len(set(scheduler.timesteps.tolist()))} times, IndexError: {error}"
    return "runs"


for steps in (5, 10, 50):
    print(steps, "karras:", run(steps, use_karras_sigmas=True))
    print(steps, "exponential:", run(steps, use_exponential_sigmas=True))
    print(steps, "neither:", run(steps))
PYTHON
tool/bin/python run.py | tee said
diff said - <<'WANTED'
5 karras: 4 times, IndexError: index 6 is out of bounds for dimension 0 with size 6
5 exponential: runs
5 neither: runs
10 karras: 7 times, IndexError: index 11 is out of bounds for dimension 0 with size 11
10 exponential: 8 times, IndexError: index 11 is out of bounds for dimension 0 with size 11
10 neither: runs
50 karras: 26 times, IndexError: index 51 is out of bounds for dimension 0 with size 51
50 exponential: 37 times, IndexError: index 51 is out of bounds for dimension 0 with size 51
50 neither: runs
WANTED
