#!/usr/bin/env bash
# diffusers: add_noise of a DPM-Solver, UniPC or DEIS scheduler gives the noise of time 999 - t until set_timesteps was called.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: add_noise(x0, noise, t) is sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) noise at time t in all schedulers of one table of betas, so
#   that a training loop takes the scheduler that its sampling takes, as from_config of `compatibles` suggests.
# What it does: before set_timesteps these four classes have their times from 999 down to 0 and their sigmas from time 0 up. add_noise
#   looks up where t stands among the times and takes the sigma at that place. Time 0 gets the noise of time 999 and the other way
#   round, in shape and range as it should be, without a word: a network is trained on times that mean their opposite. After
#   set_timesteps(n) both lists go down and the times that are in them are right. DDPM, DDIM, PNDM and Euler are right in both cases.
#   hush's levels are asked by time.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >mirrored.py <<'PYTHON'
import diffusers
import torch

diffusers.utils.logging.set_verbosity_error()
ONE, NONE = torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)
BETAS = {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}
SIGNAL = diffusers.DDPMScheduler(**BETAS).alphas_cumprod.sqrt()


def signal(scheduler, t):
    """The signal's part of what add_noise makes, where signal^2 + noise^2 = 1."""
    t = torch.tensor([t])
    a, b = (float(scheduler.add_noise(*pair, t)) for pair in ((ONE, NONE), (NONE, ONE)))
    return a / (a * a + b * b) ** 0.5


def in_words(scheduler):
    times = range(0, 1000, 37)
    found = [signal(scheduler, t) for t in times]
    if all(abs(found[i] - SIGNAL[t]) < 1e-3 for i, t in enumerate(times)):
        return "right"
    mirrored = all(abs(found[i] - SIGNAL[999 - t]) < 1e-3 for i, t in enumerate(times))
    return "mirrored" if mirrored else "neither"


for name in ("DDPM", "DDIM", "PNDM", "EulerDiscrete", "DPMSolverMultistep", "DPMSolverSinglestep", "UniPCMultistep", "DEISMultistep"):
    fresh = getattr(diffusers, name + "Scheduler")(**BETAS)
    words = f"time 0 has signal {signal(fresh, 0):.3f}, time 999 {signal(fresh, 999):.3f}; {in_words(fresh)}"
    fresh.set_timesteps(1000)
    print(f"{name}: {words}; after set_timesteps(1000) {in_words(fresh)}")
PYTHON
tool/bin/python -W ignore mirrored.py | tee said
diff said - <<'WANTED'
DDPM: time 0 has signal 1.000, time 999 0.006; right; after set_timesteps(1000) right
DDIM: time 0 has signal 1.000, time 999 0.006; right; after set_timesteps(1000) right
PNDM: time 0 has signal 1.000, time 999 0.006; right; after set_timesteps(1000) right
EulerDiscrete: time 0 has signal 1.000, time 999 0.006; right; after set_timesteps(1000) right
DPMSolverMultistep: time 0 has signal 0.006, time 999 1.000; mirrored; after set_timesteps(1000) right
DPMSolverSinglestep: time 0 has signal 0.006, time 999 1.000; mirrored; after set_timesteps(1000) right
UniPCMultistep: time 0 has signal 0.006, time 999 1.000; mirrored; after set_timesteps(1000) right
DEISMultistep: time 0 has signal 0.006, time 999 1.000; mirrored; after set_timesteps(1000) right
WANTED
