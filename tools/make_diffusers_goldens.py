#!/usr/bin/env python3
"""Writes tests/goldens/diffusers_schedulers.json: for schedulers of diffusers the text of the scheduler_config.json that
save_pretrained writes (Python's -Infinity, which is no JSON, included), and alphas_cumprod at five times.

Needs torch and diffusers. Run from the root of the project: python3 tools/make_diffusers_goldens.py"""

import json
import pathlib
import tempfile

import diffusers

CASES = {
    "ddpm": ("DDPMScheduler", {}),
    "latent": ("PNDMScheduler", dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1)),
    "cosine": ("DDIMScheduler", dict(beta_schedule="squaredcos_cap_v2", num_train_timesteps=400)),
    "sigmoid": ("DDPMScheduler", dict(beta_schedule="sigmoid")),
    "zero": ("DDIMScheduler", dict(rescale_betas_zero_snr=True, prediction_type="v_prediction")),
    "trained": ("DDPMScheduler", dict(trained_betas=[0.001, 0.01, 0.1, 0.2, 0.3], num_train_timesteps=5)),
    "dpm": ("DPMSolverMultistepScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "flow": ("FlowMatchEulerDiscreteScheduler", {}),
}

found = {}
for name, (kind, options) in CASES.items():
    scheduler = getattr(diffusers, kind)(**options)
    with tempfile.TemporaryDirectory() as folder:
        scheduler.save_pretrained(folder)
        found[name] = {"config": (pathlib.Path(folder) / "scheduler_config.json").read_text()}
    if hasattr(scheduler, "alphas_cumprod"):
        levels = scheduler.alphas_cumprod
        times = sorted({0, 1, len(levels) // 2, len(levels) - 2, len(levels) - 1})
        found[name]["alpha_bar"] = [[t, float(levels[t])] for t in times]
pathlib.Path("tests/goldens/diffusers_schedulers.json").write_text(json.dumps(found, indent=1) + "\n")
