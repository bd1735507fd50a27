#!/usr/bin/env bash
# diffusers: UNet2DModel with time_embedding_type "fourier" divides its output by the time, and gives NaN at time 0.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: the option says how the time is seen ("The type of time embedding to use"), and a network made with it can take the place of
#   one with "positional" in DDPMPipeline.
# What it does: the class is also that of the score network of score-based models by SDEs, whose times are the deviations sigma. With
#   "fourier" its output is divided by what it got as the time, and the embedding takes that one's logarithm. With the times
#   0 .. 999 of any scheduler of the DDPM family the noise that is predicted shrinks as 1 / t; at time 0, the last step of
#   every run and one of a thousand in training, the picture is NaN, without an error. With "positional" and "learned" nothing
#   is divided. hush's Unet2d reads such weights and divides too; TimeEmbedType says so.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >fourier.py <<'PYTHON'
import diffusers
import numpy
import torch

diffusers.utils.logging.set_verbosity_error()
x = torch.randn(1, 1, 8, 8, generator=torch.manual_seed(0))
for kind in ("positional", "learned", "fourier"):
    torch.manual_seed(0)
    net = diffusers.UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(32, 32),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        time_embedding_type=kind,
        num_train_timesteps=1000,
    )
    with torch.no_grad():
        at = {t: net(x, t).sample for t in (0, 1, 100)}
    pipeline = diffusers.DDPMPipeline(net, diffusers.DDPMScheduler())
    pipeline.set_progress_bar_config(disable=True)
    pictures = pipeline(num_inference_steps=10, output_type="np", generator=torch.manual_seed(0)).images
    print(
        f"{kind}: at 0 {'NaN' if at[0].isnan().all() else 'finite'},",
        f"deviation at 1 / at 100 = {float(at[1].std() / at[100].std()):.0f},",
        f"DDPMPipeline's picture {'NaN' if numpy.isnan(pictures).all() else 'finite'}",
    )
PYTHON
tool/bin/python -W ignore fourier.py | tee said
diff said - <<'WANTED'
positional: at 0 finite, deviation at 1 / at 100 = 1, DDPMPipeline's picture finite
learned: at 0 finite, deviation at 1 / at 100 = 1, DDPMPipeline's picture finite
fourier: at 0 NaN, deviation at 1 / at 100 = 100, DDPMPipeline's picture NaN
WANTED
