#!/usr/bin/env python3
"""Writes the pictures of a Fashion-MNIST file as PNG files, for programs that read folders of pictures.

tools/fashion_mnist_folder.py FOLDER/train-images-idx3-ubyte.gz OUT [--count N]
"""

import argparse
import gzip
import pathlib
import struct
import zlib


def png(width, height, pixels):
    """A grey 8-bit PNG file (W3C PNG, third edition)."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path, help="IDX file of images, gzip or not")
    parser.add_argument("out", type=pathlib.Path, help="folder to write, made if it is missing")
    parser.add_argument("--count", type=int, default=0, help="how many, from the first; 0: all")
    given = parser.parse_args()
    data = given.file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    magic, count, height, width = struct.unpack(">IIII", data[:16])
    if magic != 0x803:
        parser.error(f"{given.file} is not an IDX file of images")
    given.out.mkdir(parents=True, exist_ok=True)
    size, count = height * width, min(count, given.count or count)
    for i in range(count):
        at = 16 + i * size
        (given.out / f"{i:05}.png").write_bytes(png(width, height, data[at : at + size]))
    print(f"{count} pictures in {given.out}")


if __name__ == "__main__":
    main()
