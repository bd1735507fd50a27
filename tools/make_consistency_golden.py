#!/usr/bin/env python3
"""Prints the numbers of tests/training/consistency_loss.cpp, tests/ops/pseudo_huber.cpp, tests/samplers/multistep_consistency.cpp
and tests/parameterizations/parameterizations.cpp that come from PyTorch and from the consistency scheduler of diffusers, in double.
The formulas of the loss are written here again from Song and Dhariwal (2024), by other means than in hush: every interval's
probability is computed, and the gradient is PyTorch's. Needs torch, numpy and diffusers (seen: 2.15.0, 2.4.6, 0.42.1)."""
import argparse
import math

import diffusers
import numpy
import torch

torch.set_default_dtype(torch.float64)

SMALLEST, LARGEST, RHO, SIGMA_DATA = 0.002, 80.0, 7.0, 0.5
MEAN, DEVIATION = -1.1, 2.0
PIXELS = [-1, -0.5, 0, 0.5, 1, 0.25, -0.25, 0.75, 0.1, 0.2, -0.3, 0.4]
# The noise and the uniform numbers that hush draws for images 4, 9 and 2 of step 300 under seed 3.
NOISE = [-0.51261222362518311, -0.40721365809440613, -1.0711183547973633, 1.6903659105300903, 0.88392198085784912,
         1.638311505317688, 0.41993585228919983, -1.7970296144485474, -0.39078158140182495, 0.53767848014831543,
         0.27949851751327515, -1.8964213132858276]
UNIFORM = [0.3407577158777112, 0.9730737323462767, 0.8603084117461175]


def levels(intervals):
    """The noise levels of a number of intervals, from the smallest."""
    place = numpy.arange(intervals + 1) / intervals
    return (SMALLEST ** (1 / RHO) + place * (LARGEST ** (1 / RHO) - SMALLEST ** (1 / RHO))) ** RHO


def probabilities(intervals):
    """How often each interval is drawn."""
    bounds = [math.erf((math.log(sigma) - MEAN) / (math.sqrt(2) * DEVIATION)) for sigma in levels(intervals)]
    return numpy.diff(bounds) / (bounds[-1] - bounds[0])


def intervals(k, steps, fewest=10, most=1280):
    """Intervals in step k."""
    part = math.floor(steps / (math.log2(math.floor(most / fewest)) + 1))
    return min(fewest * 2 ** (k // part), most)


def scalings(scheduler, sigma):
    """c_skip, c_out of diffusers and c_in."""
    skip, out = scheduler.get_scalings_for_boundary_condition(torch.tensor(sigma))
    return float(skip), float(out), 1 / math.sqrt(sigma**2 + SIGMA_DATA**2)


def loss(scheduler, w, v, count, c):
    """The loss of a network F = w x + v, over three images of four pixels."""
    x0 = torch.tensor(PIXELS).reshape(3, 4)
    z = torch.tensor(NOISE).reshape(3, 4)
    total = 0
    for image, uniform in enumerate(UNIFORM):
        at = int(numpy.searchsorted(numpy.cumsum(probabilities(count)), uniform, side="right"))
        low, high = (float(s) for s in levels(count)[at:at + 2])
        made = []
        for sigma in (low, high):
            skip, out, c_in = scalings(scheduler, sigma)
            x = x0[image] + sigma * z[image]
            made.append(skip * x + out * (w * (c_in * x) + v))
        error = (made[1] - made[0].detach()).square().sum()
        total = total + (torch.sqrt(error + c**2) - c) / (high - low)
    return total / 3


def huber():
    """A pseudo-Huber loss by hand, and its slopes."""
    a = torch.tensor([[1.0, -2, 3], [0.5, 0, -1]], requires_grad=True)
    b = torch.tensor([[4.0, -2, 1], [1, 0.25, -1]])
    scales, weights, c = torch.tensor([0.5, 3]), torch.tensor([2.0, 0.25]), 0.3
    y = (weights * (torch.sqrt(scales * (a - b).square().sum(1) + c**2) - c)).mean()
    y.backward()
    print("pseudo_huber:", f"{y.item():.15g}", [f"{g:.15g}" for g in a.grad.flatten().tolist()])


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    scheduler = diffusers.CMStochasticIterativeScheduler(sigma_min=SMALLEST, sigma_max=LARGEST, sigma_data=SIGMA_DATA, rho=RHO)
    huber()
    for sigma in (80.0, 2.5, 0.821, 0.0021, 0.002):
        print("scalings at", sigma, [f"{s:.15g}" for s in scalings(scheduler, sigma)],
              f"{scheduler.sigma_to_t(numpy.array(sigma)):.15g}")
    print("intervals:", [intervals(k, 1000) for k in (0, 124, 125, 249, 250, 874, 875, 999)], [intervals(k, 7, 3, 20) for k in range(7)])
    print("probabilities of 10:", [f"{p:.12g}" for p in probabilities(10)])
    for c in (0.00054 * 2, 0.5):
        w, v = (torch.tensor(s, requires_grad=True) for s in (0.3, -0.2))
        y = loss(scheduler, w, v, intervals(300, 1000), c)
        y.backward()
        print("loss with c", c, f"{y.item():.15g}", f"{w.grad.item():.15g}", f"{v.grad.item():.15g}")
    steps = diffusers.CMStochasticIterativeScheduler(sigma_min=SMALLEST, sigma_max=LARGEST, clip_denoised=False)
    steps.set_timesteps(timesteps=[20, 0])  # of 40 levels, 0 being the noisiest
    x = torch.tensor([30.0, -60])
    print("sigmas", steps.sigmas.tolist())
    for seed, t in enumerate(steps.timesteps):
        f = 0.2 * steps.scale_model_input(x, t) + 0.1
        x = steps.step(f, t, x, generator=torch.Generator().manual_seed(seed)).prev_sample
        z = torch.randn(2, generator=torch.Generator().manual_seed(seed))
        print("noise", z.tolist(), "x", [f"{s:.15g}" for s in x.tolist()])


if __name__ == "__main__":
    main()
