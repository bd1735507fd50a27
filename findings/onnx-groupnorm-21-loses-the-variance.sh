#!/usr/bin/env bash
# ONNX: GroupNormalization of opset 21 takes the variance as E[x^2] - E[x]^2, and ONNX Runtime does so in float: at a mean of 100
# and a deviation of 1 it is off by .005, at a mean of 3000 it gives NaN.
#
# Seen on 2026-11-30: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11.
# Guess: its result is within rounding of the formula that the operator's page has, as that of InstanceNormalization is.
# What it does: the operator is a function of other operators, and ONNX Runtime's CPU has no kernel of its own, so it runs
#   them: ReduceMean(x x) - Mean Mean. At a mean of 3000 the squares have 9e6, whose next float is 1 away, and a variance of 1
#   comes out negative. onnx's own evaluator runs the same. InstanceNormalization takes the squares of x - mean.
#   torch.onnx.export writes a GroupNorm as that up to opset 20, as GroupNormalization from 21 on: bench/peers/cpu.py
#   exports with 20.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat >norms.py <<'PYTHON'
import numpy
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

SHAPE, GROUPS, EPS = (2, 64, 16, 16), 32, 1e-3


def model(kind, **more):
    node = helper.make_node(kind, ["x", "scale", "bias"], ["y"], epsilon=EPS, **more)
    x, y = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, SHAPE) for name in "xy")
    weights = [
        helper.make_tensor(name, onnx.TensorProto.FLOAT, [SHAPE[1]], [value] * SHAPE[1])
        for name, value in (("scale", 1.0), ("bias", 0.0))
    ]
    graph = helper.make_graph([node], "norm", [x], [y], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def run(made, x):
    return onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def in_double(x, groups):
    x = x.astype(numpy.float64).reshape(SHAPE[0], groups, -1)
    return ((x - x.mean(2, keepdims=True)) / numpy.sqrt(x.var(2, keepdims=True) + EPS)).reshape(SHAPE)


def in_words(found, groups, x):
    error = numpy.abs(found - in_double(x, groups)).max()
    if numpy.isnan(error):
        return "NaN"
    return "within .001" if error < 1e-3 else "off by more than " + (".1" if error > 0.1 else ".001")


group, instance = model("GroupNormalization", num_groups=GROUPS), model("InstanceNormalization")
numbers = numpy.random.default_rng(0)
for mean in (0, 100, 1000, 3000):
    x = (numbers.standard_normal(SHAPE) + mean).astype(numpy.float32)
    print(
        f"mean {mean}: group {in_words(run(group, x), GROUPS, x)}, instance {in_words(run(instance, x), SHAPE[1], x)},",
        f"group by onnx {in_words(ReferenceEvaluator(group).run(None, {'x': x})[0], GROUPS, x)}",
    )
PYTHON
tool/bin/python -W ignore norms.py | tee said
diff said - <<'WANTED'
mean 0: group within .001, instance within .001, group by onnx within .001
mean 100: group off by more than .001, instance within .001, group by onnx off by more than .001
mean 1000: group off by more than .1, instance within .001, group by onnx off by more than .1
mean 3000: group NaN, instance within .001, group by onnx NaN
WANTED
