#!/usr/bin/env python3
"""Prints the numbers of tests/diffusers/dit_pipeline.cpp: what DiTPipeline of diffusers makes, in double, with a tiny transformer that
gives a variance, a tiny autoencoder, weights by the rule of tests/sine_weights.hpp, and latents sin(.3 i) in place of noise. Of the
pictures, in [0, 1], the sum and the elements 0, 1, 2, 100 and the last one (NHWC); and what DDPMScheduler makes of two steps with
learned_range. Needs torch and diffusers (seen: 2.15.0, 0.42.1)."""
import argparse
import logging
import os

os.environ["HF_HUB_OFFLINE"] = "1"
logging.disable(logging.WARNING)
import diffusers
import torch
from diffusers.pipelines.dit import pipeline_dit


def waves(shape, step, phase):
    count = torch.Size(shape).numel()
    return torch.sin(step * torch.arange(count, dtype=torch.float64) + phase).reshape(shape)


def by_rule(net):
    """The weights of a network by the rule; those of all embeddings of a transformer are the first block's."""
    net = net.double().eval()
    names = sorted(net.state_dict(), key=str.encode)
    for j, name in enumerate(names):
        p = net.state_dict()[name]
        s = waves(p.shape, 0.17, 0.5 + 0.13 * j)
        p.copy_(s / (p.numel() / p.shape[0]) ** 0.5 if p.ndim > 1 else 1 + 0.1 * s if name.endswith("weight") else 0.1 * s)
    for name in names:
        if ".norm1.emb." in name:
            first = "transformer_blocks.0." + name.split(".", 2)[2]
            net.state_dict()[name].copy_(net.state_dict()[first])
    return net


def pipeline(scheduler):
    transformer = diffusers.DiTTransformer2DModel(
        num_attention_heads=3, attention_head_dim=4, in_channels=2, out_channels=4, num_layers=2, sample_size=4, patch_size=2,
        num_embeds_ada_norm=1000)
    vae = diffusers.AutoencoderKL(
        block_out_channels=(4, 8), down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=2, norm_num_groups=2, sample_size=8, scaling_factor=0.3)
    pipe = diffusers.DiTPipeline(by_rule(transformer), by_rule(vae), scheduler, id2label={0: "tench, Tinca", 7: "cock"})
    pipe.set_progress_bar_config(disable=True)
    return pipe


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", help="write the pipeline's folder there too")
    save = parser.parse_args().save
    pipeline_dit.randn_tensor = lambda shape, **_: waves(shape, 0.3, 0)
    with torch.no_grad():
        pipe = pipeline(diffusers.DDIMScheduler(clip_sample=False))
        for guidance in (1.0, 4.0):
            made = torch.tensor(pipe([7, 300], guidance_scale=guidance, num_inference_steps=4, output_type="np").images)
            flat = made.flatten().double()
            print("guidance", guidance, [f"{v:.9g}" for v in [flat.sum(), *flat[[0, 1, 2, 100, -1]]]])
        if save:
            pipe.save_pretrained(save)
    scheduler = diffusers.DDPMScheduler(variance_type="learned_range", clip_sample=False, timestep_spacing="linspace")
    scheduler.set_timesteps(3)
    x = waves((1, 1, 2, 2), 0.3, 0)
    real = diffusers.schedulers.scheduling_ddpm.randn_tensor
    diffusers.schedulers.scheduling_ddpm.randn_tensor = lambda shape, **_: waves(shape, 0.9, 1)
    for t in scheduler.timesteps:
        said = torch.cat([torch.sin(x) + 0.001 * t, torch.cos(x)], 1)
        x = scheduler.step(said, t, x).prev_sample
        print("learned_range: after", int(t), [f"{v:.12g}" for v in x.flatten()])
    diffusers.schedulers.scheduling_ddpm.randn_tensor = real


if __name__ == "__main__":
    main()
