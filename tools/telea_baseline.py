#!/usr/bin/env python3
"""OpenCV's inpainting (Telea 2004) on the files that `palette evaluate` wrote: its mean absolute error in the hole, in [-1, 1].

    pip install opencv-python-headless
    tools/telea_baseline.py out/evaluation [--radius 3]
"""
import argparse
import pathlib

import cv2
import numpy


def error_in_hole(truth, mask, radius):
    hole = mask > 127
    damaged = numpy.where(hole[..., None], 0, truth).astype(numpy.uint8)
    made = cv2.inpaint(damaged, hole.astype(numpy.uint8), radius, cv2.INPAINT_TELEA)
    return numpy.abs(made.astype(float) - truth)[hole].mean() / 127.5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="what `palette evaluate --out` was given")
    parser.add_argument("--radius", type=float, default=3, help="neighbourhood that a pixel is made of (default: 3)")
    chosen = parser.parse_args()
    files = sorted((chosen.folder / "truth").glob("*.png"), key=lambda file: int(file.stem))
    masks = sorted((chosen.folder / "mask").glob("*.png"), key=lambda file: int(file.stem))
    if not files or len(masks) not in (1, len(files)):
        raise SystemExit(f"{chosen.folder}: has {len(files)} pictures in truth and {len(masks)} masks; wanted are the files "
                         "of an inpainting or uncropping")
    errors = []
    for i, file in enumerate(files):
        mask = cv2.imread(str(masks[i if len(masks) > 1 else 0]), cv2.IMREAD_GRAYSCALE)
        errors.append(error_in_hole(cv2.imread(str(file)), mask, chosen.radius))
    print(f"Telea, {len(errors)} pictures: {numpy.mean(errors):.4f} in the hole")


if __name__ == "__main__":
    main()
