#!/usr/bin/env bash
# diffusers: with "linspace" DDIM's steps do not end where the next ones begin, and with "trailing" the last one not at the
# clean image.
#
# Seen on 2026-11-29: diffusers 0.42.1, torch 2.15.0, Python 3.11.
# Guess: a step goes from a time of scheduler.timesteps to the next one of that list, the last one to the clean image, as
#   DDPMScheduler's do where n divides T.
# What it does: DDIMScheduler.step goes from t to t - T // n, whatever the spacing. For "leading" that is the next time. For
#   "linspace" and 10 steps the list is 999, 888, 777, ..., and the steps go to 899, 788, ...: the network is asked at 888
#   about an image that has the noise of 899. For "trailing" and 7 steps the last goes from 142 to 0, which is no clean
#   image. With a network that says just the noise that is there, the image ought to be on its line at every step and .3 at
#   the end. hush's Ddim goes from a time of its grid to the next and ends clean.
# Output seen: "leading 10: off by 0.0000, ends at 0.3000", "linspace 10: off by 0.0455, ends at 0.3000",
#   "trailing 10: off by 0.0000, ends at 0.3000", "trailing 7: off by 0.0028, ends at 0.3100".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >walk.py <<'PYTHON'
import torch
from diffusers import DDIMScheduler

for spacing, n in (("leading", 10), ("linspace", 10), ("trailing", 10), ("trailing", 7)):
    scheduler = DDIMScheduler(timestep_spacing=spacing, clip_sample=False)
    scheduler.set_timesteps(n)
    line = lambda t: float(scheduler.alphas_cumprod[t].sqrt() * 0.3 + (1 - scheduler.alphas_cumprod[t]).sqrt())
    x, off = torch.full((1, 1, 1, 1), line(scheduler.timesteps[0])), 0.0
    for t in scheduler.timesteps:
        off = max(off, abs(float(x) - line(t)))
        level = scheduler.alphas_cumprod[t]
        x = scheduler.step((x - level.sqrt() * 0.3) / (1 - level).sqrt(), t, x).prev_sample
    print(f"{spacing} {n}: off by {off:.4f}, ends at {float(x):.4f}")
PYTHON
tool/bin/python walk.py | tee said
diff said - <<'WANTED'
leading 10: off by 0.0000, ends at 0.3000
linspace 10: off by 0.0455, ends at 0.3000
trailing 10: off by 0.0000, ends at 0.3000
trailing 7: off by 0.0028, ends at 0.3100
WANTED
