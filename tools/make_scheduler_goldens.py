#!/usr/bin/env python3
"""Writes tests/goldens/schedulers.json: what the schedulers of diffusers make of its tests' dummy sample and dummy
network. Needs torch (CPU) and diffusers. Run from the root of the project: python3 tools/make_scheduler_goldens.py

Each row was run twice. "sum", "mean" and "first" come from diffusers' own code in float64: in its modules the names
torch.float32 and numpy.float32 stand for float64, because otherwise most schedulers keep their tables in float32
whatever the sample is. "float32_sum" is the sum without that change. Noise is torch's float32 noise of seed 0 both
times. The network sees what scale_model_input makes of the sample, and the run starts at the sample times
init_noise_sigma (the tests of diffusers feed the scaled sample back instead; these rows do not)."""

import importlib
import json
import math
import pathlib
import types
import warnings

import diffusers
import numpy
import torch

# All have 1000 betas from 1e-4 to .02; these schedulers have other defaults.
LATENT = {"beta_start": 0.0001, "beta_end": 0.02}


def sample(dtype, reverse=False):
    x = torch.arange(768).reshape(3, 8, 8, 4).permute(3, 0, 1, 2)
    return ((767 - x if reverse else x).to(torch.float64) / 768).to(dtype).contiguous()


def network(x, t):
    return x * t / (t + 1)


class Doubled(types.ModuleType):
    """A module whose float32 is float64."""

    def __init__(self, module):
        super().__init__(module.__name__)
        self.__dict__["module"] = module

    def __getattr__(self, name):
        return getattr(self.__dict__["module"], "float64" if name == "float32" else name)


class Noise:
    """torch.randn in float32, of seed 0, in order; counts the draws."""

    def __init__(self):
        self.generator, self.draws = torch.Generator().manual_seed(0), 0

    def __call__(self, shape, dtype=None, **unused):
        self.draws += 1
        return torch.randn(shape, generator=self.generator, dtype=torch.float32).to(dtype or torch.get_default_dtype())


def straight(scheduler, x, call, times):
    steps = scheduler.step
    takes_generator = "generator" in steps.__code__.co_varnames[: steps.__code__.co_argcount]
    for t in times:
        output = network(scheduler.scale_model_input(x, t), t)
        x = steps(output, t, x, **{**call, **({"generator": None} if takes_generator else {})}).prev_sample
    return x


def flow(scheduler, x, call, times):
    """A flow-matching scheduler scales nothing."""
    for t in times:
        x = scheduler.step(network(x, t), t, x, **call).prev_sample
    return x


def ve(scheduler, x, call, times):
    """The last step without its noise, as the pipeline of diffusers ends."""
    for i, t in enumerate(times):
        for _ in range(scheduler.config.correct_steps):
            x = scheduler.step_correct(network(x, scheduler.sigmas[i]), x).prev_sample
        predicted = scheduler.step_pred(network(x, scheduler.sigmas[i]), t, x)
        x = predicted.prev_sample
    return predicted.prev_sample_mean


def shrinking(scheduler, x, call, times):
    """As the tests of diffusers have it: the scaled sample takes the place of the sample."""
    for t in times:
        x = scheduler.scale_model_input(x, t)
        x = scheduler.step(network(x, t), t, x, **call).prev_sample
    return x


LOOPS = {"FlowMatchEulerDiscreteScheduler": flow, "ScoreSdeVeScheduler": ve}


def run(name, config, steps, call, double, how):
    kind = getattr(diffusers, name)
    module, dtype, noise = importlib.import_module(kind.__module__), torch.float64 if double else torch.float32, Noise()
    kept = {key: getattr(module, key) for key in ("torch", "np", "randn_tensor") if hasattr(module, key)}
    torch.set_default_dtype(dtype)
    try:
        if double:
            module.torch = Doubled(torch)
            if "np" in kept:
                module.np = Doubled(numpy)
        if "randn_tensor" in kept:
            module.randn_tensor = noise
        scheduler = kind(**config)
        scheduler.set_timesteps(steps)
        if name == "ScoreSdeVeScheduler":
            scheduler.set_sigmas(steps)
        start = float(getattr(scheduler, "init_noise_sigma", 1.0))
        x, times = sample(dtype) * start, scheduler.timesteps[how.get("noised_at", 0):]
        if "noised_at" in how:
            x = scheduler.add_noise(sample(dtype), sample(dtype, True), times[:1])
        x = (shrinking if how.get("shrinks") else LOOPS.get(name, straight))(scheduler, x, call, times)
        if x.dtype != dtype or not torch.isfinite(x).all():
            raise SystemExit(f"{name} {config}: the result is {x.dtype}, finite: {bool(torch.isfinite(x).all())}")
        return scheduler, x, start, noise.draws
    finally:
        torch.set_default_dtype(torch.float32)
        for key, value in kept.items():
            setattr(module, key, value)


def short(value, digits=13):
    value = float(value)
    return int(value) if value == int(value) and abs(value) < 1e6 else float(f"{value:.{digits}g}")


def way(steps, jumps):
    """RePaint's times. Its numbers are left out: its upward jumps use the beta of the time below, one too low.
    tests/samplers/peers.cpp has more of what hush does otherwise, in `differences`."""
    scheduler = diffusers.RePaintScheduler()
    scheduler.set_timesteps(steps, **jumps)
    return {"scheduler": "RePaint", "steps": steps, "jumps": jumps, "times": scheduler.timesteps.tolist()}


def row(name, steps, config, call, how):
    scheduler, x, start, draws = run(name, config, steps, call, True, how)
    single = run(name, config, steps, call, False, how)[1]
    total = x.abs().sum()
    found = {"scheduler": name.removesuffix("Scheduler"), "steps": steps, "config": config}
    if call:
        found["call"] = call
    found |= how
    if draws:
        found["draws"] = draws
    if start != 1:
        found["start"] = short(start)
    if len(scheduler.timesteps) <= 80:
        found["times"] = [short(t) for t in scheduler.timesteps]
    for key in ("sigmas", "discrete_sigmas"):
        if getattr(scheduler, key, None) is not None and len(getattr(scheduler, key)) <= 80:
            found[key] = [short(s) for s in getattr(scheduler, key)]
    found |= {"sum": short(total), "mean": short(total / 768), "first": [short(v) for v in x.flatten()[:4]]}
    found["float32_sum"] = short(single.to(torch.float64).abs().sum(), 8)
    return found


def cases():
    """(scheduler, steps, config[, arguments of step[, what else is special]])"""
    eps, v, x0 = ({"prediction_type": p} for p in ("epsilon", "v_prediction", "sample"))
    leading, linspace, trailing = ({"timestep_spacing": s} for s in ("leading", "linspace", "trailing"))
    karras, exponential = {"use_karras_sigmas": True}, {"use_exponential_sigmas": True}
    cosine, scaled = {"beta_schedule": "squaredcos_cap_v2"}, {"beta_schedule": "scaled_linear"}
    free, zero_snr = {"clip_sample": False}, {"rescale_betas_zero_snr": True}
    threshold = {"thresholding": True, "dynamic_thresholding_ratio": 0.87, "sample_max_value": 0.5}

    ddim = "DDIMScheduler"
    for p in (eps, v, x0):
        yield ddim, 10, {**p, **(trailing if p == x0 else {})}
        yield ddim, 5, {**p, **trailing, **free}, {"eta": 1.0}
    yield ddim, 20, {**cosine}, {"eta": 0.5}
    yield ddim, 20, {**linspace}
    yield ddim, 20, {**v, **zero_snr, **trailing}
    yield ddim, 10, {**scaled, "set_alpha_to_one": False}
    yield ddim, 10, {"clip_sample_range": 0.25}, {"eta": 0.3}
    yield ddim, 10, {**threshold, **free, **v}
    yield ddim, 1000, {}

    ddpm = "DDPMScheduler"
    for p in (eps, v, x0):
        yield ddpm, 10, {**p, **(trailing if p == x0 else {})}
    yield ddpm, 20, {"variance_type": "fixed_large"}
    yield ddpm, 20, {"variance_type": "fixed_large", **trailing}
    yield ddpm, 5, {**linspace, **free, **cosine}
    yield ddpm, 1000, {}
    yield ddpm, 1000, {"beta_schedule": "sigmoid"}

    for steps, config in ((10, free), (20, {**free, **v}), (5, {**free, **trailing})):
        yield "DDIMInverseScheduler", steps, config

    # Continuous and discrete times, and grids of sigma.
    sigma_space = ("EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete", "KDPM2Discrete", "KDPM2AncestralDiscrete",
                   "LMSDiscrete")
    for kind in sigma_space:
        name = kind + "Scheduler"
        yield name, 10, {**LATENT}
        yield name, 5, {**LATENT, **v, **trailing}
        yield name, 20, {**LATENT, **leading, **cosine}
        if "Ancestral" not in kind or kind == "KDPM2AncestralDiscrete":
            yield name, 10, {**LATENT, **karras}
            yield name, 10, {**LATENT, **v, **exponential}
    yield "HeunDiscreteScheduler", 10, {**LATENT, "clip_sample": True, "clip_sample_range": 0.25}
    for order in (1, 2, 3):
        yield "LMSDiscreteScheduler", 10, {**LATENT}, {"order": order}

    multi = "DPMSolverMultistepScheduler"
    ends = {"final_sigmas_type": "sigma_min"}
    for order in (1, 2, 3):
        for kind in ("dpmsolver++", "dpmsolver"):
            end = ends if kind == "dpmsolver" else {}
            for midpoint in ("midpoint", "heun"):
                if order == 2 or midpoint == "midpoint":
                    yield multi, 10, {"solver_order": order, "algorithm_type": kind, "solver_type": midpoint, **end}
            yield multi, 20, {**v, "solver_order": order, "algorithm_type": kind, "lower_order_final": False, **ends}
        yield multi, 5, {**x0, **trailing, "solver_order": order}
    yield multi, 10, {"solver_order": 3, **karras, **v}
    yield multi, 10, {"solver_order": 2, "use_lu_lambdas": True, **v}
    yield multi, 20, {"solver_order": 2, **cosine, **leading, **ends}
    yield multi, 20, {"solver_order": 2, **threshold}
    sde = {"algorithm_type": "sde-dpmsolver++"}
    for order, midpoint in ((1, "midpoint"), (2, "midpoint"), (2, "heun")):
        yield multi, 10, {"solver_order": order, "solver_type": midpoint, **sde}
    yield multi, 20, {**sde, **v, **karras}

    # Evenly in ln(sigma), so that the levels within a step are where its papers have them.
    single = "DPMSolverSinglestepScheduler"
    for p in (eps, v):
        for kind in ("dpmsolver++", "dpmsolver"):
            end = ends if kind == "dpmsolver" else {}
            yield single, 10, {**p, "solver_order": 1, "algorithm_type": kind, "lower_order_final": True, **end}
            for order, steps in ((2, 11), (3, 10)):
                for midpoint in ("midpoint", "heun"):
                    config = {"solver_order": order, "solver_type": midpoint, "algorithm_type": kind}
                    yield single, steps, {**p, **config, **exponential, "lower_order_final": True, **end}
    yield single, 10, {"solver_order": 2, "lower_order_final": True}

    unipc = "UniPCMultistepScheduler"
    for order in (1, 2, 3):
        for b in ("bh1", "bh2"):
            yield unipc, 10, {"solver_order": order, "solver_type": b, **(ends if b == "bh1" else {})}
        yield unipc, 10, {"solver_order": order, "predict_x0": False, **v, **ends}
        yield unipc, 20, {"solver_order": order, "lower_order_final": False, **ends}
        yield unipc, 10, {"solver_order": order, **karras}
    yield unipc, 10, {"disable_corrector": list(range(10))}
    yield unipc, 10, {"solver_order": 3, **trailing, **cosine}

    deis = "DEISMultistepScheduler"
    for order in (1, 2, 3):
        yield deis, 10, {"solver_order": order}
        yield deis, 10, {"solver_order": order, "lower_order_final": False, **karras, **v}
    yield deis, 5, {"solver_order": 3, **trailing}

    pndm = "PNDMScheduler"
    for skip in (False, True):
        for p in (eps, v):
            yield pndm, 10, {**p, "skip_prk_steps": skip}
        yield pndm, 20, {"skip_prk_steps": skip, "set_alpha_to_one": True, **scaled}
    yield pndm, 50, {**cosine}

    for kind in ("EDMEuler", "EDMDPMSolverMultistep"):
        name = kind + "Scheduler"
        yield name, 18, {}
        yield name, 10, {"sigma_schedule": "exponential"}
    for order in (1, 3):
        yield "EDMDPMSolverMultistepScheduler", 18, {"solver_order": order}
    yield "EDMDPMSolverMultistepScheduler", 10, {"algorithm_type": "sde-dpmsolver++"}

    yield "FlowMatchEulerDiscreteScheduler", 10, {}
    yield "FlowMatchEulerDiscreteScheduler", 20, {"shift": 3.0}

    # The configurations of the tests of diffusers, with the sums or means that stand there.
    def published(total=None, mean=None, **how):
        numbers = {"sum": total, "mean": mean}
        return {}, {**how, "published": {key: value for key, value in numbers.items() if value is not None}}

    coarse = {"beta_start": 0.01}
    yield ddim, 10, {}, *published(172.0067, 0.223967)
    yield ddim, 10, {**v}, *published(52.5302, 0.0684)
    yield ddim, 10, {**coarse, "set_alpha_to_one": True}, *published(149.8295, 0.1951)
    yield ddim, 10, {**coarse, "set_alpha_to_one": False}, *published(149.0784, 0.1941)
    yield ddim, 10, {}, *published(354.5418, 0.4616, noised_at=8)
    yield ddpm, 1000, {}, *published(258.9606, 0.3372)
    yield ddpm, 1000, {**v}, *published(202.0296, 0.2631)
    yield pndm, 10, {}, *published(198.1318, 0.2580)
    yield pndm, 10, {**coarse, "set_alpha_to_one": True}, *published(230.0399, 0.2995)
    yield pndm, 10, {**coarse, "set_alpha_to_one": False}, *published(186.9482, 0.2434)
    full = {"lower_order_final": False, "final_sigmas_type": "sigma_min"}
    yield multi, 10, {**full}, *published(mean=0.3301)
    yield multi, 10, {**full, **v}, *published(mean=0.2251)
    yield multi, 10, {**full, **v, **karras}, *published(mean=0.2096)
    yield multi, 10, {**full, **v, "use_lu_lambdas": True}, *published(mean=0.1554)
    yield multi, 10, {**full, **threshold}, *published(mean=1.1364)
    yield multi, 10, {**full}, *published(318.4111, 0.4146, noised_at=5)
    more = {**LATENT, "num_train_timesteps": 1100}
    yield "EulerDiscreteScheduler", 10, {**more}, *published(10.0807, 0.0131, shrinks=True)
    yield "EulerDiscreteScheduler", 10, {**more, **karras}, *published(124.522994995, 0.162139326334, shrinks=True)
    yield "HeunDiscreteScheduler", 10, {**more}, *published(0.1233, 0.0002, shrinks=True)

    yield "ScoreSdeVeScheduler", 3, {}
    yield "ScoreSdeVeScheduler", 10, {"snr": 0.1, "sigma_max": 50.0, "correct_steps": 2}


def main():
    warnings.simplefilter("ignore", FutureWarning)  # "dpmsolver" is to go some day
    rows = []
    for steps, jumps in ((20, {"jump_length": 5, "jump_n_sample": 2}), (10, {"jump_length": 2, "jump_n_sample": 3})):
        rows.append(way(steps, jumps))
    for case in cases():
        name, steps, config, call, how = (*case, *({}, {})[len(case) - 3 :])
        rows.append(row(name, steps, config, call, how))
        off = abs(rows[-1]["float32_sum"] / rows[-1]["sum"] - 1)
        if off > 1e-3:
            print(f"float32 is {off:.1e} away: {name} {steps} {config} {call}: {rows[-1]['sum']}")
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows)
    versions = json.dumps({"torch": torch.__version__, "diffusers": diffusers.__version__, "numpy": numpy.__version__})
    text = f'{{"made by":"tools/make_scheduler_goldens.py","versions":{versions},"rows":[\n{lines}\n]}}\n'
    target = pathlib.Path("tests/goldens/schedulers.json")
    target.write_text(text, encoding="utf-8")
    print(f"{target}: {len(rows)} rows, {len(text)} bytes")


if __name__ == "__main__":
    main()
