#!/usr/bin/env bash
# diffusers: the timesteps that one gives a consistency scheduler count from the noisiest level, though they must descend.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: CMStochasticIterativeScheduler.set_timesteps(timesteps=[39, 20]) of 40 levels starts at the noisiest, sigma 80, as timesteps
#   of other schedulers do: the list must be in descending order, and the largest number is below num_train_timesteps. The noise that
#   a pipeline starts with has init_noise_sigma = 80.
# What it does: it turns the list round and counts from the noisiest level, so [39, 20] starts at sigma 2.24 and ends at .002, while
#   the start is still noise of sigma 80, without an error. The list must end with 0 to start at sigma 80: [20, 0]. In hush a grid is a
#   list of the schedule's times, which fall as sigma does: Times{{1, .821 / 80}} of LinearSigma{80}.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
cat >steps.py <<'PYTHON'
import logging
import os

os.environ["HF_HUB_OFFLINE"] = "1"
logging.disable(logging.WARNING)
from diffusers import CMStochasticIterativeScheduler

scheduler = CMStochasticIterativeScheduler()  # 40 levels, sigma .002 to 80
for given in ([39, 20], [20, 0]):
    scheduler.set_timesteps(timesteps=given)
    sigmas = [round(float(s), 3) for s in scheduler.sigmas[: len(given)]]
    print(f"timesteps {given}: steps begin at sigma {sigmas}, the start is noise of sigma {float(scheduler.init_noise_sigma)}")
PYTHON
tool/bin/python -W ignore steps.py 2>/dev/null | tee seen

cat >expected <<'SEEN'
timesteps [39, 20]: steps begin at sigma [2.24, 0.002], the start is noise of sigma 80.0
timesteps [20, 0]: steps begin at sigma [80.0, 2.24], the start is noise of sigma 80.0
SEEN
diff expected seen
