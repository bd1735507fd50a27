#!/usr/bin/env python3
"""Writes tests/goldens/restoration.safetensors: two runs of 20 steps as PyTorch computes them in double, by small
networks in Palette's layout that are told gamma: an inpainting (6 -> 3 channels) and a colourisation (3 -> 2), each
[2, 16, 16, C] after 1, 10 and 20 steps.

The betas grow evenly from 1e-4 to 0.09. A run starts from noise. A step from gamma_t, the product of 1 - beta up to t,
estimates the clean image, sqrt(1 / gamma_t) y - sqrt(1 / gamma_t - 1) eps, keeps it in [-1, 1], and draws from the
posterior q(y_{t-1} | y_t, that image) (Ho et al. 2020, eq. 6 and 7; without noise where it ends clean). The network
sees the condition's channels, then y's. Inpainting knows the pixels outside a centre hole: the condition is the picture
with zeros in the hole, and the start and each step's result have the known pixels put back.

Nothing that goes in is stored: weights and u(name, i) are those of tools/make_adm_goldens.py; images and noise are
rounded to float and their elements counted in the order [N, H, W, C]. The picture (3 channels) and the lightness (1)
are u("picture") and u("lightness"). Noise number k, u("first k") + u("second k") + u("third k"), of variance 1, is the
start for k = 0 and the draw of step k after that.

Needs torch, diffusers and safetensors. Run from the root of the project: python3 tools/make_restoration_golden.py"""

import math

import torch
from make_adm_goldens import BATCH, SIDE, Guided, made, u
from safetensors.torch import save_file

STEPS, FIRST, LAST, KEPT = 20, 1e-4, 0.09, (1, 10, 20)
BETAS = [FIRST + (LAST - FIRST) * i / (STEPS - 1) for i in range(STEPS)]
GAMMAS = [math.prod(1 - beta for beta in BETAS[: t + 1]) for t in range(STEPS)]


def in_float(values, channels):
    """Values counted in the order [N, H, W, C], rounded to float, as [N, C, H, W]."""
    return values.float().double().reshape(BATCH, SIDE, SIDE, channels).permute(0, 3, 1, 2)


def counted(name, channels):
    return u(name, BATCH * SIDE * SIDE * channels)


def noise(k, channels):
    return in_float(sum(counted(f"{which} {k}", channels) for which in ("first", "second", "third")), channels)


def network(inputs, outputs):
    c = dict(blocks=1, at=(), scale=True, by_block=True, inputs=inputs, outputs=outputs, labels=0, head=32)
    net = Guided(c, by_head=True).double()
    for name, parameter in net.named_parameters():
        parameter.copy_(made("denoise_fn." + name.replace("time_embed", "cond_embed"), parameter.shape))
    return net


def restore(net, channels, condition, hole=None):
    """The images after each number of steps in KEPT, [N, H, W, C]."""
    known = lambda y: y if hole is None else torch.where(hole, y, condition)
    y, kept, cut = known(noise(0, channels)), {}, []
    for t in reversed(range(STEPS)):
        gamma, before, beta = GAMMAS[t], GAMMAS[t - 1] if t else 1.0, BETAS[t]
        eps = net(torch.cat([condition, y], dim=1), torch.full((BATCH,), gamma, dtype=torch.float64))
        clean = math.sqrt(1 / gamma) * y - math.sqrt(1 / gamma - 1) * eps
        cut.append((clean.abs() > 1).double().mean().item())
        y = (beta * math.sqrt(before) * clean.clamp(-1, 1) + (1 - before) * math.sqrt(1 - beta) * y) / (1 - gamma)
        if t:
            log_variance = math.log(max(beta * (1 - before) / (1 - gamma), 1e-20))
            y = y + math.exp(0.5 * log_variance) * noise(STEPS - t, channels)
        y = known(y)
        if STEPS - t in KEPT:
            kept[STEPS - t] = y.permute(0, 2, 3, 1).contiguous()
    print(f"{channels} channels: {y.norm():.6g}; of the clean images is cut off {', '.join(f'{c:.2f}' for c in cut)}")
    return kept


if __name__ == "__main__":
    with torch.no_grad():
        hole = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.bool)
        hole[:, :, SIDE // 4 : SIDE // 4 * 3, SIDE // 4 : SIDE // 4 * 3] = True
        picture = in_float(counted("picture", 3), 3)
        runs = {"inpainting": restore(network(6, 3), 3, torch.where(hole, 0.0, picture), hole),
                "colourisation": restore(network(3, 2), 2, in_float(counted("lightness", 1), 1))}
    arrays = {f"{name}: {steps}": y for name, kept in runs.items() for steps, y in kept.items()}
    made_by = f"tools/make_restoration_golden.py, torch {torch.__version__.split('+')[0]}"
    save_file(arrays, "tests/goldens/restoration.safetensors", metadata={"made_by": made_by})
