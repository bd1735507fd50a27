#!/usr/bin/env bash
# diffusers: thresholding=True is a plain clip to [-1, 1], whatever dynamic_thresholding_ratio says.
#
# Seen on 2026-11-29: diffusers 0.42.1, torch 2.15.0, Python 3.11.
# Guess: dynamic thresholding (Imagen, section 2.3): an image is cut off at the .995 quantile of its magnitudes and divided by
#   it, so that one of magnitude 3 keeps its contrast.
# What it does: the quantile is clamped to 1 .. sample_max_value, and that is 1 unless one says otherwise: the threshold is
#   always 1. With sample_max_value=inf the method is Imagen's. hush's DynamicThreshold has no largest one of its own;
#   {.largest = 1} is what diffusers does.
# Output seen: "ratio .5 and .995: differ from clip by 0.0000, 0.0000; with sample_max_value=inf: 0.8".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >cut.py <<'PYTHON'
import torch
from diffusers import DDIMScheduler

def x0(**options):
    scheduler = DDIMScheduler(prediction_type="sample", clip_sample=False, **options)
    scheduler.set_timesteps(10)
    image = torch.linspace(-5, 5, 192).reshape(1, 3, 8, 8)
    return scheduler.step(image, 500, torch.zeros_like(image)).pred_original_sample

clipped = torch.linspace(-5, 5, 192).reshape(1, 3, 8, 8).clamp(-1, 1)
half, most = (float((x0(thresholding=True, dynamic_thresholding_ratio=r) - clipped).abs().max()) for r in (0.5, 0.995))
imagen = float((x0(thresholding=True, sample_max_value=float("inf")) - clipped).abs().max())
print(f"ratio .5 and .995: differ from clip by {half:.4f}, {most:.4f}; with sample_max_value=inf: {imagen:.1f}")
PYTHON
tool/bin/python cut.py | tee said
diff said - <<'WANTED'
ratio .5 and .995: differ from clip by 0.0000, 0.0000; with sample_max_value=inf: 0.8
WANTED
