#!/usr/bin/env bash
# OpenVINO: what was compiled from a PyTorch module goes on reading some of its weights: after a change it has the new biases and
# the old matrices.
#
# Seen on 2026-11-30: openvino 2026.4.1, torch 2.15.0, numpy 2.4.6, Python 3.11, a processor with AVX-512.
# Guess: convert_model may share memory with the module, but compile_model("CPU") ends that: what is compiled either keeps the
#   weights it was compiled with, or follows all of them.
# What it does: matrices and filters are brought into a layout of OpenVINO's own, by the first run at the latest, and so are copied;
#   biases of Linear and Conv2d, both weights of GroupNorm and the rows of an Embedding are read where the module has them. An
#   optimizer's step after the compiling gives a network that never was, without a word. convert_model(...,
#   share_weights=False) keeps all weights, and so does a model that was saved and read again, which is how
#   bench/peers/cpu.py hands it over.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile openvino==2026.4.1 torch==2.15.0 numpy==2.4.6
cat >follows.py <<'PYTHON'
import openvino
import torch

torch.manual_seed(0)
image, rows = torch.randn(1, 4, 8, 8), torch.randn(2, 6)
cases = {
    "Conv2d": (torch.nn.Conv2d(4, 5, 3), image),
    "Linear": (torch.nn.Linear(6, 5), rows),
    "GroupNorm": (torch.nn.GroupNorm(2, 4), image),
    "LayerNorm": (torch.nn.LayerNorm(6), rows),
    "Embedding": (torch.nn.Embedding(5, 4), torch.tensor([1, 2])),
}
core = openvino.Core()


def compiled(net, x, way):
    model = openvino.convert_model(net, example_input=x, **({"share_weights": False} if way == "not shared" else {}))
    if way == "saved":
        openvino.save_model(model, "model.xml", compress_to_fp16=False)
        model = "model.xml"
    return core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def near(a, b):
    return float((a - b).abs().max()) < 1e-4


for way in ("as it is", "not shared", "saved"):
    for name, (net, x) in cases.items():
        net.eval().requires_grad_(False)
        for p in net.parameters():
            torch.nn.init.normal_(p)
        run, before = compiled(net, x, way), net(x)
        assert near(torch.tensor(run(x.numpy())[0]), before)
        words = []
        for field, p in net.named_parameters():
            keep = p.clone()
            p.zero_()
            found = torch.tensor(run(x.numpy())[0])
            words.append(f"{'follows' if near(found, net(x)) else 'keeps' if near(found, before) else 'mixes'} the {field}")
            p.copy_(keep)
        print(f"{way}: {name} {', '.join(words)}")
PYTHON
tool/bin/python -W ignore follows.py | tee said
diff said - <<'WANTED'
as it is: Conv2d keeps the weight, follows the bias
as it is: Linear keeps the weight, follows the bias
as it is: GroupNorm follows the weight, follows the bias
as it is: LayerNorm keeps the weight, keeps the bias
as it is: Embedding follows the weight
not shared: Conv2d keeps the weight, keeps the bias
not shared: Linear keeps the weight, keeps the bias
not shared: GroupNorm keeps the weight, keeps the bias
not shared: LayerNorm keeps the weight, keeps the bias
not shared: Embedding keeps the weight
saved: Conv2d keeps the weight, keeps the bias
saved: Linear keeps the weight, keeps the bias
saved: GroupNorm keeps the weight, keeps the bias
saved: LayerNorm keeps the weight, keeps the bias
saved: Embedding keeps the weight
WANTED
