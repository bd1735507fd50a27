#!/usr/bin/env bash
# diffusers: DiTTransformer2DModel has the embedding of time and label once in each block, and training makes them differ.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, Python 3.11.
# Guess: the class is the network of the paper, DiT-XL/2 with 675 million parameters: one embedding of time and label, which all
#   blocks read.
# What it does: each of the 28 blocks has an embedding of its own, and the last layers read that of block 0. XL/2 has 749,826,464
#   parameters; the converted weights hold 28 copies of one embedding. A step of training makes the copies differ: what is trained there
#   is another network, with 75 million parameters more, which cannot go back into the authors' program. hush's Dit has one embedding:
#   it writes the copies, and refuses files in which they differ by name.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile torch==2.15.0 diffusers==0.42.1 numpy==2.4.6
cat >dit.py <<'PYTHON'
import diffusers
import torch

diffusers.utils.logging.set_verbosity_error()
with torch.device("meta"):
    net = diffusers.DiTTransformer2DModel(out_channels=8)  # XL/2, the defaults
counts = {name: p.numel() for name, p in net.named_parameters()}
print("parameters of DiT-XL/2:", sum(counts.values()))
print("in embeddings of blocks 1 to 27:", sum(n for name, n in counts.items() if ".emb." in name and "blocks.0." not in name))

torch.manual_seed(0)
sizes = {"in_channels": 1, "num_layers": 2, "sample_size": 4, "num_embeds_ada_norm": 3, "norm_num_groups": 1}
net = diffusers.DiTTransformer2DModel(2, 8, **sizes)
first, second = (block.norm1.emb for block in net.transformer_blocks)
second.load_state_dict(first.state_dict())  # as the converted weights have them
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)


def apart():
    return any((a != b).any() for a, b in zip(first.parameters(), second.parameters()))


print("before a step of training they differ:", bool(apart()))
net(torch.randn(2, 1, 4, 4), torch.tensor([1, 500]), torch.tensor([0, 2])).sample.square().mean().backward()
optimizer.step()
print("after it:", bool(apart()))
PYTHON
tool/bin/python -W ignore dit.py | tee said
diff said - <<'WANTED'
parameters of DiT-XL/2: 749826464
in embeddings of blocks 1 to 27: 74991744
before a step of training they differ: False
after it: True
WANTED
