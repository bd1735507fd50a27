#!/usr/bin/env bash
# diffusers: a scheduler whose own file names another class than model_index.json is loaded as the index says, without a word.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: from_pretrained refuses the folder or warns, as for a UNet whose class differs ("You are using a model of type ...").
# What it does: the class of the index is made from the other class's options. What both have is kept (DDPM's spacing "leading"),
#   what only the file's class reads stands in the config and does nothing (clip_sample), the rest has the new class's defaults. No
#   line that is logged at the level INFO names both classes. A folder edited by hand, or one whose parts come from two models, makes other pictures.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6 transformers==5.24.0
cat >load.py <<'PYTHON'
import json
import logging

import diffusers

unet = diffusers.UNet2DModel(
    sample_size=8,
    block_out_channels=(4, 8),
    layers_per_block=1,
    norm_num_groups=4,
    down_block_types=("DownBlock2D", "AttnDownBlock2D"),
    up_block_types=("AttnUpBlock2D", "UpBlock2D"),
)
diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler()).save_pretrained("folder")
index = json.load(open("folder/model_index.json"))
index["scheduler"][1] = "DPMSolverMultistepScheduler"
json.dump(index, open("folder/model_index.json", "w"))


class Lines(logging.Handler):
    lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


logging.getLogger("diffusers").addHandler(Lines())
diffusers.logging.set_verbosity_info()
loaded = diffusers.DiffusionPipeline.from_pretrained("folder").scheduler
named = json.load(open("folder/scheduler/scheduler_config.json"))["_class_name"]
print("the file says", named, "and is loaded as", type(loaded).__name__)
print("spacing", loaded.config.timestep_spacing, "order", loaded.config.solver_order)
print("clip_sample", loaded.config.clip_sample)
print("lines that name both classes:", sum(named in line and type(loaded).__name__ in line for line in Lines.lines))
PYTHON
tool/bin/python load.py 2>/dev/null | tee said
diff said - <<'WANTED'
the file says DDPMScheduler and is loaded as DPMSolverMultistepScheduler
spacing leading order 2
clip_sample True
lines that name both classes: 0
WANTED
