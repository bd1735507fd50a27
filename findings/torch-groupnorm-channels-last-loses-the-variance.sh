#!/usr/bin/env bash
# PyTorch: GroupNorm on a CPU is right for contiguous images and wrong for channels_last ones of a large mean: at a mean of 1000
# and a deviation of 1 it is off by more than 1.
#
# Seen on 2026-11-30: torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: the layout changes the order of the sums, hence the rounding; both results are within .001 of double.
# What it does: channels_last images get their variance from the sums of x and of x^2 in float, whose difference loses it as the mean
#   grows; contiguous ones do not. torch.compile writes a kernel of its own and is right in both layouts, and so is eager
#   LayerNorm. hush sums squares of x - mean; bench/peers/cpu.py gives each peer's difference.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 numpy==2.4.6
cat >norms.py <<'PYTHON'
import torch

torch.manual_seed(0)


def in_words(found, expected):
    error = float((found.double() - expected).abs().max())
    return "within .001" if error < 1e-3 else "off by more than " + ("1" if error > 1 else ".001")


for groups in (1, 32):
    norm = torch.nn.GroupNorm(groups, 64)
    for mean in (0, 100, 1000):
        x = torch.randn(2, 64, 16, 16) + mean
        with torch.no_grad():
            expected = torch.nn.functional.group_norm(x.double(), groups)
            plain, last = norm(x), norm(x.contiguous(memory_format=torch.channels_last))
        words = (in_words(plain, expected), in_words(last, expected))
        print(f"groups {groups}, mean {mean}: contiguous {words[0]}, channels_last {words[1]}")
PYTHON
tool/bin/python -W ignore norms.py | tee said
diff said - <<'WANTED'
groups 1, mean 0: contiguous within .001, channels_last within .001
groups 1, mean 100: contiguous within .001, channels_last off by more than .001
groups 1, mean 1000: contiguous within .001, channels_last off by more than 1
groups 32, mean 0: contiguous within .001, channels_last within .001
groups 32, mean 100: contiguous within .001, channels_last off by more than .001
groups 32, mean 1000: contiguous within .001, channels_last off by more than 1
WANTED
