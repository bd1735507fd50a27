#!/usr/bin/env bash
# diffusers: UniPC with solver_type "bh1" or with predict_x0 = False ends in NaN at the default final_sigmas_type, on any input.
#
# Seen on 2026-11-29: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: all documented options of UniPCMultistepScheduler give finite pictures, as its defaults do.
# What it does: final_sigmas_type is "zero" by default, so the last step goes to lambda = inf and h = inf. bh2's B(h) = expm1(-h)
#   stays finite; bh1's B(h) = -h does not, nor what predicts noise. lower_order_final = False meets the same step with order 2
#   (inf) or 3 (a singular matrix). With final_sigmas_type = "sigma_min" all are finite. hush ends such a step at x0.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >run.py <<'PYTHON'
import torch
from diffusers import UniPCMultistepScheduler


def run(**options):
    scheduler = UniPCMultistepScheduler(**options)
    scheduler.set_timesteps(10)
    x = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
    try:
        for t in scheduler.timesteps:
            x = scheduler.step(0.5 * x, t, x).prev_sample
    except Exception as error:
        return type(error).__name__
    return "finite" if x.isfinite().all() else "nan" if x.isnan().any() else "inf"


for options in ({}, {"solver_type": "bh1"}, {"predict_x0": False}, {"lower_order_final": False},
                {"lower_order_final": False, "solver_order": 3}):
    print(options, run(**options), run(**options, final_sigmas_type="sigma_min"))
PYTHON
tool/bin/python run.py | tee said
diff said - <<'WANTED'
{} finite finite
{'solver_type': 'bh1'} nan finite
{'predict_x0': False} nan finite
{'lower_order_final': False} inf finite
{'lower_order_final': False, 'solver_order': 3} _LinAlgError finite
WANTED
