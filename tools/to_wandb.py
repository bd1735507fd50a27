#!/usr/bin/env python3
"""Pushes what a run has left in its folder to Weights & Biases: every row of its JSON lines at its step, and with the row
of epoch N the picture epoch-N.png, if there is one. Needs wandb; with WANDB_MODE=offline nothing leaves the machine.
python3 tools/to_wandb.py FOLDER --project faces"""

import argparse
import json
import pathlib

import wandb

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path, help="the run's folder, with steps.jsonl in it")
parser.add_argument("--project", required=True)
parser.add_argument("--name", help="the run's name there (default: that of the folder)")
parser.add_argument("--config", nargs="*", default=[], metavar="KEY=VALUE", help="what the run's page shows beside it")
chosen = parser.parse_args()

config = dict(pair.split("=", 1) for pair in chosen.config)
with wandb.init(project=chosen.project, name=chosen.name or chosen.folder.resolve().name, config=config) as run:
    for line in (chosen.folder / "steps.jsonl").read_text().splitlines():
        row = {name: value for name, value in json.loads(line).items() if value is not None}
        step = row.pop("step")
        if "epoch" in row:
            picture = chosen.folder / f"epoch-{int(row['epoch'])}.png"
            if picture.exists():
                row["pictures"] = wandb.Image(str(picture), caption=f"epoch {int(row['epoch'])}")
        run.log(row, step=step)
