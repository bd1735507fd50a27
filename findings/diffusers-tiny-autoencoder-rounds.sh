#!/usr/bin/env bash
# diffusers: AutoencoderTiny called as a module is not decode(encode(x)), it rounds the latents to bytes in between.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: forward(x) is decode(encode(x).latents), as it is of AutoencoderKL (of the posterior's mean). So the module serves to train the
#   autoencoder, or to measure its reconstruction.
# What it does: forward scales the latents to [0, 1], cuts off what lies outside of -3 .. 3, rounds to 1/255 and decodes that. The error
#   that is measured is that of stored bytes, and the gradient of an encoder that is trained through forward is 0 in every number, without
#   a word, as rounding has no slope. encode and decode called one by one are exact.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
cat >tiny.py <<'PYTHON'
import logging
import os

os.environ["HF_HUB_OFFLINE"] = "1"
logging.disable(logging.WARNING)
import torch
from diffusers import AutoencoderKL, AutoencoderTiny

torch.manual_seed(0)
tiny = AutoencoderTiny(
    encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1)
)
kl = AutoencoderKL(block_out_channels=(8,), norm_num_groups=4)
x = torch.rand(1, 3, 16, 16) * 2 - 1
with torch.no_grad():
    parts = {
        "AutoencoderKL": kl.decode(kl.encode(x).latent_dist.mode()).sample,
        "AutoencoderTiny": tiny.decode(tiny.encode(x).latents).sample,
    }
for name, model in (("AutoencoderKL", kl), ("AutoencoderTiny", tiny)):
    model.zero_grad()
    whole = model(x).sample
    whole.square().mean().backward()
    gradients = [p.grad for n, p in model.named_parameters() if n.startswith("encoder.")]
    most = max(0.0 if g is None else g.abs().max().item() for g in gradients)
    print(
        f"{name}: forward is decode(encode(x)): {torch.equal(whole, parts[name])}; "
        f"the encoder has a gradient through forward: {most > 0}"
    )
PYTHON
tool/bin/python tiny.py 2>/dev/null | tee seen

cat >expected <<'SEEN'
AutoencoderKL: forward is decode(encode(x)): True; the encoder has a gradient through forward: True
AutoencoderTiny: forward is decode(encode(x)): False; the encoder has a gradient through forward: False
SEEN
diff expected seen
