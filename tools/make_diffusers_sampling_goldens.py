#!/usr/bin/env python3
"""Writes tests/goldens/diffusers_sampling.json: what schedulers of diffusers make in 10 steps with a small UNet2DModel.

Each row has the text of the scheduler_config.json, init_noise_sigma, and of the result its sum of magnitudes, first three and last
element (NCHW). Weights, start and noise follow rules that tests/diffusers/scheduler_reader.cpp repeats: parameter j in the order of the
names has the elements s = sin(.5 + .13 j + .17 i), divided by the root of what one output sees, or 1 + s / 10 for weights of
norms, s / 10 for biases; the start is 1.2 sin(.3 i + .5) times init_noise_sigma, the k-th draw 1.3 sin(.7 i + k).

Needs torch and diffusers. Run from the root of the project: python3 tools/make_diffusers_sampling_goldens.py"""

import json
import pathlib
import sys
import tempfile

import diffusers
import torch

CASES = {
    "ddpm": ("DDPM", {}),
    "ddpm, large": ("DDPM", dict(variance_type="fixed_large", clip_sample=False, timestep_spacing="linspace")),
    "ddpm, threshold": ("DDPM", dict(thresholding=True, sample_max_value=1.5, dynamic_thresholding_ratio=0.9)),
    "ddim": ("DDIM", {}),
    "ddim, zero": ("DDIM", dict(rescale_betas_zero_snr=True, prediction_type="v_prediction", clip_sample=False)),
    "ddim, latent": ("DDIM", dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False,
                                  set_alpha_to_one=False, steps_offset=1)),
    "pndm": ("PNDM", dict(steps_offset=1)),
    "pndm, plms": ("PNDM", dict(skip_prk_steps=True, set_alpha_to_one=True)),
    "euler": ("EulerDiscrete", {}),
    "euler, leading": ("EulerDiscrete", dict(timestep_spacing="leading", steps_offset=1)),
    "euler, karras": ("EulerDiscrete", dict(use_karras_sigmas=True)),
    "euler, karras, trailing": ("EulerDiscrete", dict(use_karras_sigmas=True, timestep_spacing="trailing")),
    "euler, exponential": ("EulerDiscrete", dict(use_exponential_sigmas=True, sigma_min=0.05, sigma_max=20.0)),
    "euler, noisy": ("EulerDiscrete", dict(final_sigmas_type="sigma_min", timestep_spacing="trailing")),
    "euler, zero": ("EulerDiscrete", dict(rescale_betas_zero_snr=True, prediction_type="v_prediction",
                                          timestep_spacing="trailing")),
    "ancestral": ("EulerAncestralDiscrete", dict(timestep_spacing="trailing")),
    "lms": ("LMSDiscrete", dict(beta_schedule="scaled_linear")),
    "heun": ("HeunDiscrete", dict(clip_sample=True)),
    "heun, karras": ("HeunDiscrete", dict(use_karras_sigmas=True)),
    "dpm2": ("KDPM2Discrete", dict(timestep_spacing="trailing")),
    "dpm2, linspace": ("KDPM2Discrete", {}),
    "dpm2 ancestral": ("KDPM2AncestralDiscrete", dict(timestep_spacing="trailing")),
    "dpm++": ("DPMSolverMultistep", {}),
    "dpm++, karras": ("DPMSolverMultistep", dict(use_karras_sigmas=True)),
    "dpm++, exponential": ("DPMSolverMultistep", dict(use_exponential_sigmas=True)),
    "dpm++, third": ("DPMSolverMultistep", dict(solver_order=3, timestep_spacing="leading", steps_offset=1)),
    "dpm++, heun": ("DPMSolverMultistep", dict(solver_type="heun", final_sigmas_type="sigma_min",
                                               timestep_spacing="trailing")),
    "dpm": ("DPMSolverMultistep", dict(algorithm_type="dpmsolver", final_sigmas_type="sigma_min")),
    "dpm++ sde": ("DPMSolverMultistep", dict(algorithm_type="sde-dpmsolver++", prediction_type="v_prediction")),
    "dpm++, threshold": ("DPMSolverMultistep", dict(thresholding=True, prediction_type="sample")),
    "unipc": ("UniPCMultistep", {}),
    "unipc, bh1": ("UniPCMultistep", dict(solver_type="bh1", solver_order=3, final_sigmas_type="sigma_min",
                                          timestep_spacing="trailing")),
    "unipc, noise": ("UniPCMultistep", dict(predict_x0=False, final_sigmas_type="sigma_min")),
    "unipc, karras, noisy": ("UniPCMultistep", dict(use_karras_sigmas=True, final_sigmas_type="sigma_min")),
    "deis": ("DEISMultistep", {}),
    "deis, karras": ("DEISMultistep", dict(use_karras_sigmas=True)),
    "edm": ("EDMEuler", {}),
    "edm, exponential": ("EDMEuler", dict(sigma_schedule="exponential", sigma_max=40.0, sigma_data=1.0)),
    "edm, dpm++": ("EDMDPMSolverMultistep", dict(solver_order=2)),
    "flow": ("FlowMatchEulerDiscrete", {}),
    "flow, shift": ("FlowMatchEulerDiscrete", dict(shift=3.0)),
}


def network():
    unet = diffusers.UNet2DModel(sample_size=8, layers_per_block=1, block_out_channels=(4, 8), norm_num_groups=4,
                                 down_block_types=("DownBlock2D", "AttnDownBlock2D"),
                                 up_block_types=("AttnUpBlock2D", "UpBlock2D")).double()
    for j, (name, p) in enumerate(sorted(unet.named_parameters())):
        s = torch.sin(0.5 + 0.13 * j + 0.17 * torch.arange(p.numel(), dtype=torch.float64)).reshape(p.shape)
        p.data = (s / (p.numel() / p.shape[0]) ** 0.5 if p.ndim > 1 else 1 + 0.1 * s if name.endswith("weight") else 0.1 * s)
    return unet.eval()


def waves(shape, step, phase):
    count = torch.Size(shape).numel()
    return torch.sin(step * torch.arange(count, dtype=torch.float64) + phase).reshape(shape)


@torch.no_grad()
def run(unet, scheduler, steps):
    draws = 0

    def noise(shape, **_):
        nonlocal draws
        draws += 1
        return 1.3 * waves(shape, 0.7, draws - 1)

    sys.modules[type(scheduler).__module__].randn_tensor = noise
    scheduler.set_timesteps(steps)
    x = 1.2 * waves((2, 3, 8, 8), 0.3, 0.5) * float(scheduler.init_noise_sigma if hasattr(scheduler, "init_noise_sigma") else 1)
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(x, t) if hasattr(scheduler, "scale_model_input") else x
        x = scheduler.step(unet(scaled.double(), t).sample, t, x).prev_sample
    return x.double()


def main():
    unet, rows = network(), {}
    for name, (kind, options) in CASES.items():
        scheduler = getattr(diffusers, kind + "Scheduler")(**options)
        with tempfile.TemporaryDirectory() as folder:
            scheduler.save_pretrained(folder)
            config = (pathlib.Path(folder) / "scheduler_config.json").read_text()
        x = run(unet, scheduler, 10).flatten()
        rows[name] = {"config": config, "start": float(getattr(scheduler, "init_noise_sigma", 1)),
                      "abs": float(x.abs().sum()), "at": [float(x[i]) for i in (0, 1, 2, -1)]}
        print(name, rows[name]["start"], rows[name]["abs"], rows[name]["at"])
    pathlib.Path("tests/goldens/diffusers_sampling.json").write_text(json.dumps(rows, indent=1) + "\n")


main()
