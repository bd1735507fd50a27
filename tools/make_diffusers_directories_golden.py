#!/usr/bin/env python3
"""Writes tests/goldens/diffusers_directories.json: six UNet2DModels and six schedulers of diffusers, each pair one pipeline's
directory. Of each network the text of its config.json and what it says of two images at the times 10 and 500; of each scheduler the
text of its scheduler_config.json and init_noise_sigma; of each pair the pictures of 10 steps. Numbers are the sum of magnitudes and the
elements 0, 1, 2 and the last one (NCHW).

Weights, start and noise follow the rules of make_diffusers_sampling_goldens.py; the images that a network is shown are sin(.3 i).

Needs torch and diffusers 0.42.1. Run from the root of the project: python3 tools/make_diffusers_directories_golden.py"""

import json
import pathlib
import sys
import tempfile

import diffusers
import torch

SMALL = dict(sample_size=8, layers_per_block=1, block_out_channels=(4, 8), norm_num_groups=4,
             down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"))
UNETS = {
    "small": SMALL,
    "published": SMALL | dict(downsample_padding=0, flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-6,
                              attention_head_dim=None),
    "scaled": SMALL | dict(resnet_time_scale_shift="scale_shift", downsample_type="resnet", upsample_type="resnet",
                           attn_norm_num_groups=4),
    "without attention": SMALL | dict(add_attention=False),
    "three levels": SMALL | dict(layers_per_block=2, block_out_channels=(8, 12, 16), attention_head_dim=3,
                                 mid_block_scale_factor=1.7,
                                 down_block_types=("AttnDownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
                                 up_block_types=("UpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D")),
    "resampled by blocks": SMALL | dict(center_input_sample=True, time_embedding_dim=20, attention_head_dim=4,
                                        down_block_types=("ResnetDownsampleBlock2D", "AttnDownBlock2D"),
                                        up_block_types=("AttnUpBlock2D", "ResnetUpsampleBlock2D")),
}
SCHEDULERS = {
    "DDPM": {},
    "DDIM": dict(rescale_betas_zero_snr=True, prediction_type="v_prediction"),
    "PNDM": dict(skip_prk_steps=True, steps_offset=1),
    "EulerAncestralDiscrete": dict(timestep_spacing="trailing"),
    "DPMSolverMultistep": dict(use_karras_sigmas=True, beta_schedule="scaled_linear"),
    "UniPCMultistep": dict(beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction"),
}


def waves(shape, step, phase):
    count = torch.Size(shape).numel()
    return torch.sin(step * torch.arange(count, dtype=torch.float64) + phase).reshape(shape)


def network(options):
    unet = diffusers.UNet2DModel(**options).double()
    for j, (name, p) in enumerate(sorted(unet.named_parameters())):
        s = waves(p.shape, 0.17, 0.5 + 0.13 * j)
        p.data = (s / (p.numel() / p.shape[0]) ** 0.5 if p.ndim > 1 else 1 + 0.1 * s if name.endswith("weight") else 0.1 * s)
    return unet.eval()


def run(unet, scheduler, steps):
    draws = 0

    def noise(shape, **_):
        nonlocal draws
        draws += 1
        return 1.3 * waves(shape, 0.7, draws - 1)

    sys.modules[type(scheduler).__module__].randn_tensor = noise
    scheduler.set_timesteps(steps)
    x = 1.2 * waves((2, 3, 8, 8), 0.3, 0.5) * float(scheduler.init_noise_sigma)
    for t in scheduler.timesteps:
        x = scheduler.step(unet(scheduler.scale_model_input(x, t).double(), t).sample, t, x).prev_sample
    return x.double()


def config_of(part, file):
    with tempfile.TemporaryDirectory() as folder:
        part.save_config(folder)
        return (pathlib.Path(folder) / file).read_text()


def numbers(x):
    x = x.flatten()
    return {"abs": float(x.abs().sum()), "at": [float(x[i]) for i in (0, 1, 2, -1)]}


@torch.no_grad()
def main():
    rows = {"unets": {}, "schedulers": {}, "pictures": {}}
    for name, options in UNETS.items():
        unet = network(options)
        said = unet(waves((2, 3, 8, 8), 0.3, 0), torch.tensor([10, 500])).sample
        rows["unets"][name] = {"config": config_of(unet, "config.json"), **numbers(said)}
        rows["pictures"][name] = {}
        for kind, how in SCHEDULERS.items():
            scheduler = getattr(diffusers, kind + "Scheduler")(**how)
            rows["schedulers"][kind] = {"config": config_of(scheduler, "scheduler_config.json"),
                                        "start": float(scheduler.init_noise_sigma)}
            rows["pictures"][name][kind] = numbers(run(unet, getattr(diffusers, kind + "Scheduler")(**how), 10))
            print(name, kind, rows["pictures"][name][kind])
    pathlib.Path("tests/goldens/diffusers_directories.json").write_text(json.dumps(rows, indent=1) + "\n")


main()
