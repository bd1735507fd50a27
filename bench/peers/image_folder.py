#!/usr/bin/env python3
"""Times epochs over a folder of pictures, hush's image_folder and a torch DataLoader, on this machine, in turn: hush from
the files, torch, hush from the cache, ..., and prints the medians as Markdown, in pictures a second. Needs torch (CPU),
numpy and Pillow; build/release/bench/hush_bench must be built.

Both read and decode every picture in every epoch, convert it to RGB, resize it (bilinear, antialiased), scale it to
[-1, 1] and stack batches of 64 in an order that is shuffled anew; both have --workers threads or processes, which live
through all epochs. hush from the cache reads what it decoded and resized once. torch's figure leaves its first epoch out.

  python3 bench/peers/image_folder.py FOLDER [--size 64 64] [--workers 2] [--rounds 5] [--bench PROGRAM]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy
import PIL
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENDINGS = {".jpg", ".jpeg", ".png"}


class Folder(Dataset):
    """What a torch program does: Pillow, then torch."""

    def __init__(self, folder, size):
        self.files = sorted(str(path) for path in pathlib.Path(folder).rglob("*") if path.suffix.lower() in ENDINGS)
        self.size = size

    def __len__(self):
        return len(self.files)

    def __getitem__(self, item):
        with Image.open(self.files[item]) as file:
            picture = file.convert("RGB").resize((self.size[1], self.size[0]), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(numpy.array(picture)).permute(2, 0, 1).contiguous()
        return pixels.float().div_(255).sub_(0.5).div_(0.5)


def torch_epoch(loader):
    begin, seen = time.perf_counter(), 0
    for batch in loader:
        seen += len(batch)
    return seen / (time.perf_counter() - begin)


def hush(program, folder, size, name, seconds):
    environment = os.environ | {"HUSH_BENCH_PICTURES": str(folder), "HUSH_BENCH_SIZE": f"{size[0]} {size[1]}"}
    said = subprocess.run([program.resolve(), f"--benchmark_filter=^epochs/image_folder_{name}/", "--benchmark_format=json",
                           f"--benchmark_min_time={seconds}"],
                          env=environment, capture_output=True, text=True, check=True).stdout
    return json.loads(said)["benchmarks"][0]["items_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--size", type=int, nargs=2, default=(64, 64), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="that hush runs at least, each time")
    parser.add_argument("--bench", type=pathlib.Path, default=ROOT / "build/release/bench/hush_bench")
    chosen = parser.parse_args()

    pictures = Folder(chosen.folder, chosen.size)
    loader = DataLoader(pictures, batch_size=64, shuffle=True, num_workers=chosen.workers, persistent_workers=True)
    torch_epoch(loader)
    rates = {"files": [], "torch": [], "cache": []}
    for _ in range(chosen.rounds):
        rates["files"].append(hush(chosen.bench, chosen.folder, chosen.size, f"files/{chosen.workers}", chosen.seconds))
        rates["torch"].append(torch_epoch(loader))
        rates["cache"].append(hush(chosen.bench, chosen.folder, chosen.size, "cache/2", chosen.seconds))
    middle = {name: statistics.median(values) for name, values in rates.items()}
    height, width = chosen.size
    print(f"{len(pictures)} pictures to {height} x {width}, {chosen.workers} workers, medians of {chosen.rounds} rounds; "
          f"torch {torch.__version__}, Pillow {PIL.__version__}\n")
    print("| | pictures/s | times torch |\n|---|---:|---:|")
    for name, title in (("torch", "torch DataLoader"), ("files", "hush, from the files"), ("cache", "hush, from the cache")):
        print(f"| {title} | {middle[name]:,.0f} | {middle[name] / middle['torch']:.2f} |")


if __name__ == "__main__":
    main()
