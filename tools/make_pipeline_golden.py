#!/usr/bin/env python3
"""Writes tests/goldens/ddpm_pipeline, the folder of a small DDPMPipeline with PyTorch's own initial weights, and prints
the corner of the picture that it and a DDIMPipeline of the same network make in two steps; tests/diffusers/pipeline.cpp
holds them. Needs torch and diffusers 0.42.1. Run from the root of the project: python3 tools/make_pipeline_golden.py"""

import torch
from diffusers import DDIMPipeline, DDIMScheduler, DDPMPipeline, DDPMScheduler, UNet2DModel

torch.manual_seed(0)
unet = UNet2DModel(
    sample_size=8,
    in_channels=3,
    out_channels=3,
    block_out_channels=(4, 8),
    layers_per_block=1,
    norm_num_groups=4,
    down_block_types=("DownBlock2D", "AttnDownBlock2D"),
    up_block_types=("AttnUpBlock2D", "UpBlock2D"),
)
for pipeline in (DDPMPipeline(unet, DDPMScheduler()), DDIMPipeline(unet, DDIMScheduler())):
    made = pipeline(generator=torch.Generator().manual_seed(0), num_inference_steps=2, output_type="np")
    print(type(pipeline).__name__, [f"{v:.7g}" for v in made.images[0, -3:, -3:, -1].flatten()])
    if isinstance(pipeline, DDPMPipeline):
        pipeline.save_pretrained("tests/goldens/ddpm_pipeline")
