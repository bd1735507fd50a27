#!/usr/bin/env bash
# OpenVINO: where its default precision is bf16, the times of a diffusion model are rounded to 8 bits before the sine: of the times
# 0 .. 999 a network sees 507.
#
# Seen on 2026-11-30: openvino 2026.4.1, numpy 2.4.6, Python 3.11, a processor with AVX-512 BF16 and no AMX.
# Guess: bf16 is for matrices and filters, as under torch.autocast: the network's input is float32, so that t times a frequency
#   and its sine are float32, and times 980 .. 999 are twenty times.
# What it does: INFERENCE_PRECISION_HINT is bf16 by default where the processor has it, and the graph in front of the first matrix is
#   computed so too, from the input on: between 512 and 1023 only every fourth number is one of bf16. Steps of 1 or 2 out of 1000
#   repeat the same network output, and all others ask about a time that is off by up to 2. It is the same with times of 0 .. 1 that the
#   graph multiplies by 1000. Rows looked up in a table by integer times are all different, and with the hint f32 so is everything:
#   bench/peers/cpu.py sets it.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile openvino==2026.4.1 numpy==2.4.6
cat >times.py <<'PYTHON'
import numpy
import openvino
from openvino import opset13 as op

numbers = numpy.random.default_rng(0)
frequencies = (10000 ** (-numpy.arange(32) / 32)).astype(numpy.float32)
matrix = numbers.standard_normal((64, 16)).astype(numpy.float32)
rows = numbers.standard_normal((1000, 64)).astype(numpy.float32)


def embedding(way):
    """The first layer of a network on sines of the time, or on a table's rows."""
    t = op.parameter([-1], numpy.int64 if way == "table" else numpy.float32)
    if way == "table":
        seen = op.gather(op.constant(rows), t, op.constant(0))
    else:
        scaled = op.multiply(t, op.constant(numpy.float32(1000))) if way == "times 1000" else t
        angles = op.multiply(op.unsqueeze(scaled, op.constant(1)), op.constant(frequencies))
        seen = op.concat([op.cos(angles), op.sin(angles)], 1)
    return openvino.Model([op.matmul(seen, op.constant(matrix), False, False)], [t], "embedding")


core = openvino.Core()
if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
    raise SystemExit("this processor has no bf16, where OpenVINO's default is float32: the finding is about those that have")
print("default:", core.get_property("CPU", "INFERENCE_PRECISION_HINT").get_type_name())
for way in ("sines", "times 1000", "table"):
    t = numpy.arange(1000)
    t = t if way == "table" else (t / (1000 if way == "times 1000" else 1)).astype(numpy.float32)
    found = []
    for options in ({"INFERENCE_PRECISION_HINT": "f32"}, {}):
        said = core.compile_model(embedding(way), "CPU", options)([t])[0]
        found.append(f"{len(numpy.unique(said, axis=0))} and {len(numpy.unique(said[980:], axis=0))}")
    print(f"{way}: of 0 .. 999 and of 980 .. 999 are different with f32 {found[0]}, by default {found[1]}")
PYTHON
tool/bin/python -W ignore times.py | tee said
diff said - <<'WANTED'
default: bf16
sines: of 0 .. 999 and of 980 .. 999 are different with f32 1000 and 20, by default 507 and 6
times 1000: of 0 .. 999 and of 980 .. 999 are different with f32 1000 and 20, by default 507 and 6
table: of 0 .. 999 and of 980 .. 999 are different with f32 1000 and 20, by default 1000 and 20
WANTED
