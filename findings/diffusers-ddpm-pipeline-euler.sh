#!/usr/bin/env bash
# diffusers: DDPMPipeline runs Euler's scheduler to the end on an input that was never scaled.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: the pipeline calls scale_model_input, which every scheduler has (the identity in DDPM's), or refuses schedulers that need it.
# What it does: it starts from noise of deviation 1 instead of init_noise_sigma (157) and gives the network x instead of
#   x / sqrt(sigma^2 + 1). A picture comes out, by another formula; a warning is logged. With Heun, UniPC, DEIS, PNDM and KDPM2 it
#   raises TypeError, as their step takes no generator, although `compatibles` of DDPMScheduler lists all of them.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6 transformers==5.24.0
cat >run.py <<'PYTHON'
import diffusers
import torch

torch.manual_seed(0)
unet = diffusers.UNet2DModel(
    sample_size=8,
    block_out_channels=(4, 8),
    layers_per_block=1,
    norm_num_groups=4,
    down_block_types=("DownBlock2D", "AttnDownBlock2D"),
    up_block_types=("AttnUpBlock2D", "UpBlock2D"),
)
compatible = {one.__name__ for one in diffusers.DDPMScheduler().compatibles}


def by_pipeline(scheduler):
    pipeline = diffusers.DDPMPipeline(unet, scheduler)
    pipeline.set_progress_bar_config(disable=True)
    made = pipeline(generator=torch.Generator().manual_seed(0), num_inference_steps=10, output_type="np").images
    return torch.from_numpy(made).permute(0, 3, 1, 2)


def by_hand(scheduler):
    scheduler.set_timesteps(10)
    x = torch.randn((1, 3, 8, 8), generator=torch.Generator().manual_seed(0)) * scheduler.init_noise_sigma
    with torch.no_grad():
        for t in scheduler.timesteps:
            x = scheduler.step(unet(scheduler.scale_model_input(x, t), t).sample, t, x).prev_sample
    return (x / 2 + 0.5).clamp(0, 1)


for name in ("DDIM", "DPMSolverMultistep", "EulerDiscrete", "HeunDiscrete", "UniPCMultistep", "DEISMultistep", "PNDM", "KDPM2Discrete"):
    kind = getattr(diffusers, name + "Scheduler")
    listed = "compatible" if kind.__name__ in compatible else "not listed"
    try:
        apart = (by_pipeline(kind()) - by_hand(kind())).abs().max().item()
        print(name, listed, "same picture" if apart < 1e-5 else f"another picture: {apart:.1f} apart")
    except TypeError:
        print(name, listed, "TypeError")
PYTHON
tool/bin/python run.py 2>/dev/null | tee said
diff said - <<'WANTED'
DDIM compatible same picture
DPMSolverMultistep compatible same picture
EulerDiscrete compatible another picture: 1.0 apart
HeunDiscrete compatible TypeError
UniPCMultistep compatible TypeError
DEISMultistep compatible TypeError
PNDM compatible TypeError
KDPM2Discrete compatible TypeError
WANTED
