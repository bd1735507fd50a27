#!/usr/bin/env python3
"""Writes tests/goldens/lab.json: checksums of OpenCV's 8-bit conversions between RGB and Lab, each of all 2^24 inputs,
and the CIE Lab of a few colours as scikit-image has it. Needs numpy, opencv-python-headless and scikit-image. Run from
the root of the project: python3 tools/make_lab_goldens.py

A checksum is the CRC-32 of 2^24 * 3 bytes: the output for (0, 0, 0), (0, 0, 1), ... (255, 255, 255)."""

import json
import pathlib
import zlib

import cv2
import numpy
import skimage


def planes():
    """All triples of bytes, one value of the first byte after the other: [256, 256, 3] each."""
    second, third = numpy.meshgrid(numpy.arange(256), numpy.arange(256), indexing="ij")
    for first in range(256):
        yield numpy.stack([numpy.full_like(second, first), second, third], -1).astype(numpy.uint8)


def checksum(code):
    crc = 0
    for plane in planes():
        crc = zlib.crc32(cv2.cvtColor(plane, code).tobytes(), crc)
    return f"{crc:08x}"


def round_trip():
    """How many Labs the colours share, and how many colours come back through OpenCV as they were, and within 1."""
    seen, same, near = numpy.zeros(1 << 24, bool), 0, 0
    for plane in planes():
        lab = cv2.cvtColor(plane, cv2.COLOR_RGB2LAB)
        seen[lab.astype(numpy.int64) @ [1 << 16, 1 << 8, 1]] = True
        off = numpy.abs(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(int) - plane).max(-1)
        same, near = same + (off == 0).sum(), near + (off <= 1).sum()
    return {"distinct_labs": int(seen.sum()), "come_back": int(same), "come_back_within_1": int(near)}


def main():
    steps = [0, 37, 128, 255]
    colours = [[r, g, b] for r in steps for g in steps for b in steps]
    lab = skimage.color.rgb2lab(numpy.array(colours, numpy.float64)[None] / 255)[0]
    golden = {
        "opencv": cv2.__version__,
        "rgb_to_lab_crc32": checksum(cv2.COLOR_RGB2LAB),
        "lab_to_rgb_crc32": checksum(cv2.COLOR_LAB2RGB),
        **round_trip(),
        "scikit-image": skimage.__version__,
        "cie": [rgb + [round(v, 4) for v in row] for rgb, row in zip(colours, lab.tolist())],
    }
    rows = ",\n".join("    " + json.dumps(row) for row in golden.pop("cie"))
    text = json.dumps(golden, indent=2)[:-2] + ',\n  "cie": [\n' + rows + "\n  ]\n}\n"
    json.loads(text)
    pathlib.Path("tests/goldens/lab.json").write_text(text)


if __name__ == "__main__":
    main()
