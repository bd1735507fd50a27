#!/usr/bin/env bash
# diffusers: DiTPipeline guides away from class 1000 whatever its network, samples without the variance that it learned, and loses its
# labels when it is saved.
#
# Seen on 2026-11-30: diffusers 0.42.1, torch 2.15.0, numpy 2.4.6, Python 3.11.
# Guess: the null class of guidance is the row that the network keeps for it, num_embeds_ada_norm (its embedding has that many classes
#   and one row more); a network that predicts a variance is sampled by it; and from_pretrained(save_pretrained(pipe)) is the pipeline.
# What it does: the null class is the number 1000. It is right for ImageNet alone: a network of 2000 classes is guided away from its
#   class 1000, without a word (one of fewer than 1000 ends with an IndexError). The second half of the output is cut off before the
#   scheduler's step, so that no scheduler can use it. id2label is not among what is saved: the names of classes are gone.
#   In hush the null condition of ClassLabel is the network's own, LearnedRange samples by the variance, and read_pipeline reads
#   id2label where a file has it.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile diffusers==0.42.1 torch==2.15.0 numpy==2.4.6
cat >dit.py <<'PYTHON'
import logging
import os

os.environ["HF_HUB_OFFLINE"] = "1"
logging.disable(logging.WARNING)
import diffusers
import torch

torch.manual_seed(0)
sizes = {"sample_size": 4, "in_channels": 2, "out_channels": 4, "num_layers": 1, "num_embeds_ada_norm": 2000}
net = diffusers.DiTTransformer2DModel(2, 4, **sizes)
vae = diffusers.AutoencoderKL(latent_channels=2, block_out_channels=(4,), norm_num_groups=2)
pipe = diffusers.DiTPipeline(net, vae, diffusers.DDIMScheduler(), id2label={0: "tench"})
pipe.set_progress_bar_config(disable=True)
asked, stepped = [], []
forward, step = net.forward, pipe.scheduler.step


def spy_forward(*args, class_labels, **options):
    asked.append(class_labels.tolist())
    return forward(*args, class_labels=class_labels, **options)


def spy_step(said, *args, **options):
    stepped.append(said.shape[1])
    return step(said, *args, **options)


net.forward, pipe.scheduler.step = spy_forward, spy_step
pipe([7], num_inference_steps=1, output_type="np")
rows = net.transformer_blocks[0].norm1.emb.class_embedder.embedding_table.num_embeddings
print(f"rows of the table: {rows}, the last for no class; classes asked for: {asked[0]}")
print(f"channels that the network gives: {net.config.out_channels}, that the scheduler sees: {stepped[0]}")
pipe.save_pretrained("saved")
print("labels before:", pipe.labels, "after:", diffusers.DiTPipeline.from_pretrained("saved").labels)
PYTHON
tool/bin/python -W ignore dit.py 2>/dev/null | tee seen

cat >expected <<'SEEN'
rows of the table: 2001, the last for no class; classes asked for: [7, 1000]
channels that the network gives: 4, that the scheduler sees: 2
labels before: {'tench': 0} after: {}
SEEN
diff expected seen
