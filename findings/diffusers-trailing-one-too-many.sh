#!/usr/bin/env bash
# diffusers: timestep_spacing "trailing" gives one step more than asked for at 62 of the 1000 counts, and the last is -1.
#
# Seen on 2026-11-29: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: set_timesteps(n) gives n times, from 999 down to about 1000 / n - 1.
# What it does: the times are numpy.arange(1000, 0, -1000 / n), rounded, less 1. Where 1000 / n is rounded down, n steps do
#   not quite reach 0, and arange gives one more number next to it: 61, 103, 121, 122, ... steps become 62, 104, ... Its
#   time is -1, by which alphas_cumprod is read from its end: the noisiest level. With a network that says just the noise
#   that is there, DDIM is at .3035 (of an image .3) after 61 steps, and the 62nd makes -109.6 of it. hush counts the times instead.
# Output seen: "62 counts, the first: 61, 103, 121, 122" and "61 asked, 62 given, the last: -1; 0.3035 becomes -109.6".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >count.py <<'PYTHON'
import torch
from diffusers import DDIMScheduler

scheduler = DDIMScheduler(timestep_spacing="trailing", clip_sample=False)
wrong = []
for n in range(1, 1001):
    scheduler.set_timesteps(n)
    if len(scheduler.timesteps) != n:
        wrong.append(n)
scheduler.set_timesteps(61)
level = scheduler.alphas_cumprod[999]
x = torch.full((1, 1, 1, 1), float(level.sqrt() * 0.3 + (1 - level).sqrt()))  # the image .3 and the noise 1
steps = []
for t in scheduler.timesteps:
    x = scheduler.step(torch.ones_like(x), t, x).prev_sample
    steps.append(float(x))
print(f"{len(wrong)} counts, the first: {', '.join(map(str, wrong[:4]))}")
print(f"61 asked, {len(scheduler.timesteps)} given, the last: {scheduler.timesteps[-1]}; {steps[60]:.4f} becomes {steps[61]:.1f}")
PYTHON
tool/bin/python count.py | tee said
diff said - <<'WANTED'
62 counts, the first: 61, 103, 121, 122
61 asked, 62 given, the last: -1; 0.3035 becomes -109.6
WANTED
