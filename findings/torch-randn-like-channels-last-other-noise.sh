#!/usr/bin/env bash
# PyTorch: with one seed, randn_like of a channels_last image gives other numbers than of a contiguous one, not the same in another order.
#
# Seen on 2026-11-30: torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: a layout says where a number stands in memory, not which it is: randn_like(x) after manual_seed is equal in both layouts, as
#   x.contiguous(memory_format=torch.channels_last) keeps all values; or at worst the numbers are the same in the order of memory.
# What it does: rand_like fills in the order of memory, so that pixels are exchanged. randn_like draws pairs by blocks of 16 for
#   contiguous tensors and one by one for all others: with channels_last hardly a number of the one is among those of the other. So
#   `noise = torch.randn_like(images)` of a training loop and the masks of Dropout change when a network is brought to
#   channels_last, and a seed no longer repeats a run. torch.randn(shape) and memory_format=torch.contiguous_format
#   give the contiguous ones. In blocks of 16 there is one more: where the count is no multiple of 16, the last 16 are drawn anew, so
#   image 0 of a batch of 1 x 3 x 7 x 7 is not image 0 of a batch of 4. hush's noise is a function of seed, image and pixel.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 numpy==2.4.6
cat >noise.py <<'PYTHON'
import torch

SHAPE = (2, 3, 8, 8)
plain = torch.ones(SHAPE)
last = plain.contiguous(memory_format=torch.channels_last)


def seeded(draw, *arguments, **more):
    torch.manual_seed(0)
    return draw(*arguments, **more)


def in_words(a, b):
    if torch.equal(a, b):
        return "equal"
    if torch.equal(a.flatten(), b.permute(0, 2, 3, 1).flatten()):
        return "equal in the order of memory"
    common = len(set(a.flatten().tolist()) & set(b.flatten().tolist()))
    return f"{'less' if common < a.numel() // 10 else 'more'} than a tenth of the numbers in common"


for draw in (torch.rand_like, torch.randn_like):
    print(f"{draw.__name__}: {in_words(seeded(draw, plain), seeded(draw, last))}")
kept = seeded(torch.randn_like, last, memory_format=torch.contiguous_format)
print(f"randn_like with contiguous_format: {in_words(seeded(torch.randn, SHAPE), kept)}")
masks = [seeded(torch.nn.functional.dropout, x) for x in (plain, last)]
print(f"dropout: {'equal' if torch.equal(*masks) else 'differs'}")
for size in (8, 7):
    one, four = (seeded(torch.randn, count, 3, size, size)[0] for count in (1, 4))
    print(f"image 0 of 1 and of 4, {size} x {size}: {int((one == four).sum())} of {one.numel()} are equal")
PYTHON
tool/bin/python -W ignore noise.py | tee said
diff said - <<'WANTED'
rand_like: equal in the order of memory
randn_like: less than a tenth of the numbers in common
randn_like with contiguous_format: equal
dropout: differs
image 0 of 1 and of 4, 8 x 8: 192 of 192 are equal
image 0 of 1 and of 4, 7 x 7: 131 of 147 are equal
WANTED
