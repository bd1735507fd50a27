#!/usr/bin/env bash
# Nearest-neighbour resizing to a size: PyTorch takes other pixels than ONNX Runtime and OpenVINO, and neither always the formula's.
#
# Seen on 2026-11-30: torch 2.15.0, onnxruntime 1.32.0, onnx 1.23.2, openvino 2026.4.1, numpy 2.4.6, Python 3.11.
# Guess: there is nothing to round: mode "nearest" takes pixel floor(i old / new) in PyTorch, and ONNX's Resize with "asymmetric" and
#   "floor", as which it is exported, is the same formula on integers.
# What it does: PyTorch multiplies i by float(old / new), ONNX Runtime and OpenVINO divide i by float(new / old). Where i old / new is a
#   whole number, either may come out just below it, and then takes the pixel before: PyTorch at few pairs of sizes, the runtimes at more and
#   others, so that an exported network is fed other pixels at a skip connection or a mask of 14 brought to 4. By whole factors
#   up to 8 all agree; those are the ones hush's upsampling has.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 onnxruntime==1.32.0 onnx==1.23.2 openvino==2026.4.1 \
  numpy==2.4.6
cat >nearest.py <<'PYTHON'
import numpy
import onnx
import onnxruntime
import openvino
import torch
from onnx import TensorProto, helper

RULE = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def model():
    node = helper.make_node("Resize", ["x", "", "", "size"], ["y"], mode="nearest", **RULE)
    x, size = (
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, "old"]),
        helper.make_tensor_value_info("size", TensorProto.INT64, [4]),
    )
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "nearest", [x, size], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


onnx.save(model(), "nearest.onnx")
session = onnxruntime.InferenceSession("nearest.onnx", providers=["CPUExecutionProvider"])
compiled = openvino.Core().compile_model("nearest.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
WAYS = {
    "PyTorch": lambda x, size: torch.nn.functional.interpolate(torch.from_numpy(x), size=(1, int(size[3])), mode="nearest").numpy(),
    "ONNX Runtime": lambda x, size: session.run(None, {"x": x, "size": size})[0],
    "OpenVINO": lambda x, size: compiled([x, size])[0],
}

pairs = [(old, new) for old in range(2, 33) for new in range(2, 97)]
found = {}
for name, resize in WAYS.items():
    wrong = {}
    for old, new in pairs:
        x = numpy.arange(old, dtype=numpy.float32).reshape(1, 1, 1, old)
        off = resize(x, numpy.array([1, 1, 1, new])).ravel() - numpy.arange(new) * old // new
        if off.any():
            wrong[old, new] = set(off.tolist())
    assert set().union(*wrong.values()) == {0, -1}  # never another pixel than the one before
    whole = [pair for pair in wrong if pair[1] % pair[0] == 0 and pair[1] <= 8 * pair[0]]
    print(f"{name}: {len(wrong)} of {len(pairs)} pairs, {list(wrong)[:3]}, by factors 1 .. 8: {len(whole)}")
    found[name] = set(wrong)
print("both:", len(found["PyTorch"] & found["ONNX Runtime"]), " runtimes equal:", found["OpenVINO"] == found["ONNX Runtime"])
PYTHON
OMP_NUM_THREADS=2 tool/bin/python -W ignore nearest.py | tee said
diff said - <<'WANTED'
PyTorch: 24 of 2945 pairs, [(2, 82), (2, 94), (4, 82)], by factors 1 .. 8: 0
ONNX Runtime: 49 of 2945 pairs, [(14, 2), (14, 4), (14, 8)], by factors 1 .. 8: 0
OpenVINO: 49 of 2945 pairs, [(14, 2), (14, 4), (14, 8)], by factors 1 .. 8: 0
both: 0  runtimes equal: True
WANTED
