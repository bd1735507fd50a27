#!/usr/bin/env python3
"""Writes tests/goldens/pil_resize.json: what Pillow's Image.resize makes of pictures of noise, as CRC-32 of the bytes, and
for the small ones the bytes themselves. Needs numpy and Pillow older than 13, which resizes along the rows first; 13 begins
with the columns where a picture shrinks most in height, and its rounding between the passes then differs. Run from the root
of the project: python3 tools/make_resize_goldens.py"""

import json
import pathlib
import zlib

import numpy
import PIL
from PIL import Image

MODES = {1: "L", 3: "RGB"}
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# (height, width) before and after
SIZES = [
    ((3, 4), (2, 3)), ((2, 3), (5, 4)),  # small enough to be read
    ((109, 89), (64, 64)), ((218, 178), (64, 64)), ((218, 178), (256, 256)), ((128, 128), (64, 64)), ((64, 64), (128, 128)),
    ((28, 28), (32, 32)), ((100, 100), (33, 77)), ((33, 77), (100, 100)), ((50, 60), (50, 31)), ((50, 60), (20, 60)),
    ((50, 60), (50, 60)), ((40, 40), (1, 1)), ((1, 1), (9, 7)), ((1, 300), (3, 20)), ((300, 1), (20, 3)),
    ((97, 101), (96, 103)), ((511, 640), (48, 48)), ((7, 5), (224, 224)), ((480, 37), (36, 300)),
]


def noise(height, width, channels):
    """Bytes from a congruential generator, mostly black and white so that sums overshoot; the test makes the same."""
    count, state, values = height * width * channels, 12345, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        value = state >> 24
        values.append(0 if value < 96 else 255 if value >= 160 else value)
    return numpy.array(values, numpy.uint8).reshape(height, width, channels)


def main():
    if int(PIL.__version__.split(".")[0]) >= 13:
        raise SystemExit("make_resize_goldens: Pillow 12 or older is wanted: pip install 'pillow<13'")
    rows = []
    for before, after in SIZES:
        for name, kind in FILTERS.items():
            for channels in MODES:
                pixels = noise(*before, channels)
                image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
                out = image.resize((after[1], after[0]), kind).tobytes()
                row = {"from": before, "to": after, "filter": name, "channels": channels, "crc": zlib.crc32(out)}
                if len(out) <= 60:
                    row["pixels"] = list(out)
                rows.append(row)
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    text = f'{{"pillow": "{PIL.__version__}",\n"cases": [\n{lines}\n]}}\n'
    pathlib.Path("tests/goldens/pil_resize.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
