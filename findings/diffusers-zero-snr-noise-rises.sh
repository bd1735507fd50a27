#!/usr/bin/env bash
# diffusers: with rescale_betas_zero_snr and linear betas the noise of Euler, DPM-Solver and UniPC rises after the first step.
#
# Seen on 2026-11-29: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: noise levels of a schedule grow with time, so every step of a run goes to less noise.
# What it does: these classes cannot hold a level without signal and set alpha_bar of the last time to 2^-24 = 5.96e-8. On linear
#   betas the time before it has 4.21e-9 after the rescaling, which is less: sigma is 4096 at time 999 and 15406 at 998. A run
#   of 1000 steps goes up first; one of few steps begins at 4096 instead of infinity. DDPM and DDIM keep 0. hush's
#   ZeroTerminalSnr has no signal at its last level; it reads such files with the level that diffusers has.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >levels.py <<'PYTHON'
import diffusers

for name in ("EulerDiscrete", "EulerAncestralDiscrete", "DPMSolverMultistep", "UniPCMultistep", "DDIM"):
    scheduler = getattr(diffusers, name + "Scheduler")(rescale_betas_zero_snr=True)
    before, last = (float(a) for a in scheduler.alphas_cumprod[-2:])
    print(name, f"{before:.3g} {last:.3g}", "noise rises" if last < before else "noise falls")
scheduler = diffusers.EulerDiscreteScheduler(rescale_betas_zero_snr=True, timestep_spacing="trailing")
scheduler.set_timesteps(1000)
print([round(float(sigma)) for sigma in scheduler.sigmas[:3]])
PYTHON
tool/bin/python levels.py | tee said
diff said - <<'WANTED'
EulerDiscrete 4.21e-09 5.96e-08 noise falls
EulerAncestralDiscrete 4.21e-09 5.96e-08 noise falls
DPMSolverMultistep 4.21e-09 5.96e-08 noise falls
UniPCMultistep 4.21e-09 5.96e-08 noise falls
DDIM 4.21e-09 0 noise rises
[4096, 15406, 7668]
WANTED
