#!/usr/bin/env python3
"""Writes tests/goldens/image_metrics.json: what scikit-image's structural_similarity and peak_signal_noise_ratio, and
numpy, say of pairs of small pictures. Needs numpy and scikit-image. Run from the root of the project:
python3 tools/make_image_metric_goldens.py

The pictures are integer formulas, `truth` and `made` below, that tests/metrics/golden_pictures.hpp repeats."""

import json
import pathlib

import numpy
import skimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

# height, width, channels, how far `made` is off, whether it is the negative
PICTURES = [(32, 24, 3, 8, False), (11, 17, 1, 60, False), (40, 41, 3, 2, False), (16, 16, 3, 20, True),
            (7, 7, 3, 30, False)]


def mixed(n):
    """A number below 2^32 for another, without pattern."""
    n &= 0xFFFFFFFF
    n ^= n >> 16
    n = n * 0x7FEB352D & 0xFFFFFFFF
    n ^= n >> 15
    n = n * 0x846CA68B & 0xFFFFFFFF
    return n ^ n >> 16


def byte(n):
    return max(0, min(255, n))


def truth(which, y, x, c):
    wave = abs((y * (3 + which) + x * (5 + 2 * which) + 40 * c) % 256 - 128) * 2
    return byte(wave + mixed((y * 64 + x) * 4 + c + 1000000 * which) % 33 - 16)


def made(which, y, x, c):
    off, negative = PICTURES[which][3:]
    value = truth(which, y, x, c)
    return byte((255 - value if negative else value) + mixed((y * 64 + x) * 4 + c + 77777777) % (2 * off + 1) - off // 2)


def picture(pixel, which):
    height, width, channels = PICTURES[which][:3]
    return numpy.array([[[pixel(which, y, x, c) for c in range(channels)] for x in range(width)]
                        for y in range(height)], numpy.uint8)


def colourfulness(image):
    """Hasler and Suesstrunk 2003."""
    r, g, b = (image[..., c].astype(numpy.float64) for c in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return numpy.hypot(rg.std(), yb.std()) + 0.3 * numpy.hypot(rg.mean(), yb.mean())


def row(which):
    a, b = picture(made, which), picture(truth, which)
    gaussian = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    common = dict(data_range=255, channel_axis=-1)
    return {
        "height": a.shape[0], "width": a.shape[1], "channels": a.shape[2],
        "off": PICTURES[which][3], "negative": PICTURES[which][4],
        "ssim": structural_similarity(a, b, **common),
        "ssim_gaussian": structural_similarity(a, b, **common, **gaussian) if min(a.shape[:2]) >= 11 else None,
        "psnr": peak_signal_noise_ratio(b, a, data_range=255),
        "mae": float(numpy.abs(a.astype(int) - b.astype(int)).mean()),
        "colourfulness": float(colourfulness(a)) if a.shape[2] == 3 else None,
    }


def main():
    rows = [row(which) for which in range(len(PICTURES))]
    lines = ",\n".join("    " + json.dumps({k: float(v) if isinstance(v, numpy.floating) else v for k, v in r.items()})
                       for r in rows)
    pathlib.Path("tests/goldens/image_metrics.json").write_text(
        f'{{\n  "scikit-image": "{skimage.__version__}",\n  "pictures": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
