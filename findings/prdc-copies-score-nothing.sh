#!/usr/bin/env bash
# prdc: exact copies of a set that holds its items several times have precision, density and coverage 0.
#
# Seen on 2026-11-30: prdc 0.2, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
# Guess: precision is that of Kynkaanniemi et al. 2019, whose neighbourhoods have their edge in them (distance <= radius): copies of the
#   real set score 1 in every number.
# What it does: a point must lie strictly inside (distance < radius). Where every item has k copies or more beside it, the radius to the k-th
#   neighbour is 0 and nothing is inside: a set against itself scores 0. Features of few values (counts, labels, quantised
#   embeddings) lose the points at the edge, .203 in place of 1 below; features without ties agree with the formula. hush counts
#   the edge, as the paper does.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile prdc==0.2 scikit-learn==1.9.1 numpy==2.4.6
cat >copies.py <<'PYTHON'
import contextlib
import io

import numpy
from prdc import compute_prdc

K = 3


def distances(a, b):
    return numpy.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))


def precision_of_the_paper(real, made):
    radii = numpy.sort(distances(real, real), 1)[:, K]
    return (distances(made, real) <= radii).any(1).mean()


draw = numpy.random.default_rng(0)
normal, other = draw.standard_normal((200, 8)), draw.standard_normal((200, 8))
sets = {
    "no ties": (normal, other),
    "a set and itself": (normal, normal.copy()),
    "each item four times, and itself": (numpy.repeat(normal, 4, axis=0), numpy.repeat(normal, 4, axis=0)),
    "three values a feature": (draw.integers(0, 3, (400, 4)).astype(float), draw.integers(0, 3, (400, 4)).astype(float)),
}
for name, (real, made) in sets.items():
    with contextlib.redirect_stdout(io.StringIO()):
        seen = compute_prdc(real, made, K)
    numbers = ", ".join(f"{word} {float(seen[word]):.3f}" for word in ("precision", "recall", "density", "coverage"))
    print(f"{name}: {numbers}; the paper's precision {precision_of_the_paper(real, made):.3f}")
PYTHON
tool/bin/python copies.py | tee seen

cat >expected <<'SEEN'
no ties: precision 0.830, recall 0.895, density 0.998, coverage 0.855; the paper's precision 0.830
a set and itself: precision 1.000, recall 1.000, density 1.000, coverage 1.000; the paper's precision 1.000
each item four times, and itself: precision 0.000, recall 0.000, density 0.000, coverage 0.000; the paper's precision 1.000
three values a feature: precision 0.203, recall 0.270, density 0.154, coverage 0.092; the paper's precision 1.000
SEEN
diff expected seen
