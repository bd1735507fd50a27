#!/usr/bin/env bash
# One PyTorch module, three answers for a row of attention whose mask hides everything: 0 in PyTorch, the mean of all values through ONNX
# of opset 20, NaN through OpenVINO's own converter.
#
# Seen on 2026-11-30: torch 2.15.0, onnxruntime 1.32.0, onnx 1.23.2, onnxscript 0.7.2, openvino 2026.4.1, numpy 2.4.6, Python 3.11.
# Guess: scaled_dot_product_attention defines such a row (a token of padding that attends to nothing, say) in one way, and whoever
#   converts it keeps that: all 0, or all NaN as softmax of minus infinities is.
# What it does: PyTorch gives 0, eager and compiled. torch.onnx.export of opset 18 and 20 writes a bool mask as the lowest finite float,
#   which all scores are rounded to, so that softmax is even: the hidden values' mean comes out, finite and wrong, and its guard by
#   IsNaN never acts. A float mask of -inf gets no guard: NaN. From opset 23 on the operator Attention is written, and that is 0
#   again. openvino.convert_model of the module itself gives NaN for both masks. nn.MultiheadAttention has two answers
#   of its own in eval(): 0 with gradients, NaN under no_grad.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 onnxruntime==1.32.0 onnx==1.23.2 onnxscript==0.7.2 \
  openvino==2026.4.1 numpy==2.4.6
cat >rows.py <<'PYTHON'
import logging

import onnxruntime
import openvino
import torch

logging.disable(logging.WARNING)


class Attention(torch.nn.Module):
    def forward(self, q, k, v, mask):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


torch.manual_seed(0)
q, k, v = (torch.randn(1, 2, 8, 16) for _ in range(3))
shown = torch.ones(8, 8, dtype=torch.bool)
shown[1] = False


def in_words(out):
    row = torch.as_tensor(out)[0, 0, 1]
    if row.isnan().any():
        return "NaN"
    return "0" if not row.any() else "mean" if torch.allclose(row, v[0, 0].mean(0), atol=1e-4) else "another"


def by_openvino(model, arrays):
    return in_words(openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(arrays)[0])


for name, mask in (("bool", shown), ("-inf", torch.zeros(8, 8).masked_fill(~shown, -torch.inf))):
    inputs = (q, k, v, mask)
    arrays = [x.numpy() for x in inputs]
    converted = openvino.convert_model(Attention(), example_input=inputs)
    print(f"{name}: PyTorch {in_words(Attention()(*inputs))}, OpenVINO {by_openvino(converted, arrays)}")
    for opset in (20, 23):
        file = f"{opset}.onnx"
        torch.onnx.export(Attention(), inputs, file, dynamo=True, opset_version=opset, verbose=False, input_names=list("qkvm"))
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        found = in_words(session.run(None, dict(zip("qkvm", arrays)))[0])
        print(f"{name}, opset {opset}: ONNX Runtime {found}, OpenVINO {by_openvino(file, arrays)}")

layer, x = torch.nn.MultiheadAttention(32, 2, batch_first=True).eval(), torch.randn(1, 5, 32)
for gradients in (True, False):
    with torch.set_grad_enabled(gradients):
        out = layer(x, x, x, key_padding_mask=torch.ones(1, 5, dtype=torch.bool), need_weights=False)[0]
    words = "NaN" if out.isnan().any() else "another" if out.any() else "0"
    print(f"MultiheadAttention, {'with' if gradients else 'without'} gradients: {words}")
PYTHON
tool/bin/python -W ignore rows.py 2>errors | tee said || { cat errors >&2 && exit 1; }
diff said - <<'WANTED'
bool: PyTorch 0, OpenVINO NaN
bool, opset 20: ONNX Runtime mean, OpenVINO mean
bool, opset 23: ONNX Runtime 0, OpenVINO 0
-inf: PyTorch 0, OpenVINO NaN
-inf, opset 20: ONNX Runtime NaN, OpenVINO NaN
-inf, opset 23: ONNX Runtime 0, OpenVINO 0
MultiheadAttention, with gradients: 0
MultiheadAttention, without gradients: NaN
WANTED
