#!/usr/bin/env python3
"""Writes tests/goldens/pictures.json: small PNG and JPEG files of many kinds, what Pillow's convert("RGB") makes of each,
and the JPEG files that Pillow writes at the qualities of JPEG restoration. Needs numpy and Pillow (built with
libjpeg-turbo). Run from the root of the project: python3 tools/make_picture_goldens.py

Kinds that Pillow does not write (grey of 2 and 4 bits, 16 bits of colour, interlaced, odd gamma) come from the small
writer below. "refused" marks what hush does not read; it has no pixels here."""

import io
import json
import pathlib
import struct
import zlib

import numpy
import PIL
from PIL import Image, features

HEIGHT, WIDTH = 13, 21


def painted(height, width):
    """The picture of the tests, [height, width, 3]; tests/io/jpeg.cpp paints the same."""
    y, x = numpy.mgrid[0:height, 0:width]
    rgb = numpy.stack([(5 * x + 3 * y) % 256, (x * y) % 256, (x * x + 7 * y + 40) % 256], axis=-1)
    return rgb.astype(numpy.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(values, bits):
    """Rows of [height, width, channels] values of `bits` bits as PNG scan lines without a filter."""
    lines = b""
    for row in values.reshape(values.shape[0], -1):
        if bits == 16:
            lines += b"\0" + row.astype(">u2").tobytes()
            continue
        each = numpy.zeros((row.size, bits), numpy.uint8)
        for bit in range(bits):
            each[:, bit] = row >> (bits - 1 - bit) & 1
        lines += b"\0" + numpy.packbits(each.reshape(-1)).tobytes()
    return lines


def png(values, bits, colour_type, before=(), interlaced=False):
    if values.ndim == 2:
        values = values[:, :, None]
    height, width = values.shape[:2]
    parts = [values]
    if interlaced:  # Adam7
        starts = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        parts = [values[top::down, left::right] for top, left, down, right in starts]
    lines = b"".join(packed(part, bits) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*each) for each in before) +
            chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def files():
    rgb = painted(HEIGHT, WIDTH)
    grey, alpha = rgb[:, :, 1], (9 * rgb[:, :, 0].astype(int) % 256).astype(numpy.uint8)
    picture = Image.fromarray(rgb)
    palette = bytes(range(7, 7 + 3 * 16))
    yield "png: colour", saved(picture, "PNG")
    yield "png: colour with alpha", png(numpy.dstack([rgb, alpha]), 8, 6)
    yield "png: colour, one of them transparent", png(rgb, 8, 2, [(b"tRNS", struct.pack(">HHH", 0, 0, 40))])
    yield "png: interlaced", png(rgb, 8, 2, interlaced=True)
    yield "png: with a gamma of 1", png(rgb, 8, 2, [(b"gAMA", struct.pack(">I", 100000))])
    yield "png: with a suggested palette", png(rgb, 8, 2, [(b"PLTE", palette)])
    for bits in (1, 2, 4, 8):
        yield f"png: grey of {bits} bits", png(grey >> (8 - bits), bits, 0)
    yield "png: grey, one of them transparent", png(grey, 8, 0, [(b"tRNS", struct.pack(">H", 0))])
    yield "png: grey with alpha", png(numpy.dstack([grey, alpha]), 8, 4)
    yield "png: grey of 2 bits, interlaced", png(grey >> 6, 2, 0, interlaced=True)
    for bits in (1, 2, 4):
        yield f"png: palette of {bits} bits", png(grey >> (8 - bits), bits, 3, [(b"PLTE", palette[:3 << bits])])
    yield "png: palette of 8 bits, transparent", png(grey >> 4, 8, 3, [(b"PLTE", palette), (b"tRNS", bytes(range(16)))])
    yield "png: palette, interlaced", png(grey >> 4, 4, 3, [(b"PLTE", palette)], interlaced=True)
    yield "png: palette of Pillow", saved(picture.quantize(16), "PNG")
    yield "png: one pixel", saved(Image.fromarray(rgb[1:2, 2:3]), "PNG")

    for name, subsampling in (("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)):
        yield f"jpeg: {name}", saved(picture, "JPEG", quality=80, subsampling=subsampling)
    yield "jpeg: progressive", saved(picture, "JPEG", quality=60, progressive=True)
    yield "jpeg: of RGB", saved(picture, "JPEG", quality=90, keep_rgb=True)
    yield "jpeg: with restarts", saved(picture, "JPEG", quality=70, restart_marker_blocks=1)
    yield "jpeg: grey", saved(Image.fromarray(grey), "JPEG", quality=75)
    yield "jpeg: one pixel", saved(Image.fromarray(rgb[1:2, 2:3]), "JPEG")
    turned = Image.Exif()
    turned[0x0112] = 6  # to be shown turned; nobody turns it here
    yield "jpeg: with an orientation", saved(picture, "JPEG", exif=turned)

    yield "refused: jpeg in CMYK", saved(picture.convert("CMYK"), "JPEG")
    yield "refused: png of 16 bits, grey", png(grey.astype(int) * 257, 16, 0)
    yield "refused: png of 16 bits, colour", png(rgb.astype(int) * 257, 16, 2)
    yield "refused: png with a colour beyond its palette", png(grey >> 4, 4, 3, [(b"PLTE", palette[:30])])
    yield "refused: png without a palette", png(grey >> 4, 4, 3)
    yield "refused: gif", saved(picture, "GIF")[:100]


def main():
    read = []
    for name, file in files():
        entry = {"name": name, "file": file.hex()}
        if not name.startswith("refused"):
            image = Image.open(io.BytesIO(file)).convert("RGB")
            grey = Image.open(io.BytesIO(file)).convert("L")
            entry |= {"height": image.height, "width": image.width, "rgb": zlib.crc32(image.tobytes()),
                      "grey": zlib.crc32(grey.tobytes())}
        read.append(entry)
    written = []
    large = painted(45, 61)
    for name, image in (("colour", Image.fromarray(large)), ("grey", Image.fromarray(large[:, :, 1]))):
        for quality in (5, 10, 20, 30, 75, 100):
            file = saved(image, "JPEG", quality=quality)
            back = Image.open(io.BytesIO(file))
            written.append({"picture": name, "quality": quality, "size": len(file), "crc": zlib.crc32(file),
                            "pixels": zlib.crc32(back.tobytes())})
    versions = {"pillow": PIL.__version__, "libjpeg-turbo": features.version("libjpeg_turbo")}
    lines = ",\n".join(f"  {json.dumps(each)}" for each in read)
    more = ",\n".join(f"  {json.dumps(each)}" for each in written)
    text = f'{{"versions": {json.dumps(versions)},\n"read": [\n{lines}\n],\n"written": [\n{more}\n]}}\n'
    pathlib.Path("tests/goldens/pictures.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
