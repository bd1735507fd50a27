#!/usr/bin/env python3
"""Makes data/fashion_mnist_2000/ from the four official files of Fashion-MNIST.

The first 200 training images and the first 20 test images of each of the ten classes, in the order in which they stand
in the official files, as IDX.gz under the official names. The same input gives the same bytes (of one zlib version).

    python3 tools/make_fashion_subset.py FOLDER_WITH_THE_OFFICIAL_FILES [data/fashion_mnist_2000]
"""
import gzip
import pathlib
import struct
import sys


def read(path, magic, axes):
    raw = gzip.decompress(path.read_bytes())
    head = struct.unpack_from(f">{1 + axes}I", raw)
    if head[0] != magic:
        sys.exit(f"{path}: starts with {head[0]}, expected {magic}")
    return head[1:], raw[4 * (1 + axes):]


def write(path, magic, dims, body):
    raw = struct.pack(f">{1 + len(dims)}I", magic, *dims) + body
    path.write_bytes(gzip.compress(raw, 9, mtime=0))
    print(f"{path.name}: {dims[0]} items, {path.stat().st_size} bytes")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else "data/fashion_mnist_2000")
    target.mkdir(parents=True, exist_ok=True)
    for part, each in (("train", 200), ("t10k", 20)):
        images, labels = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
        (count, height, width), pixels = read(source / images, 0x803, 3)
        (named,), classes = read(source / labels, 0x801, 1)
        if count != named or len(pixels) != count * height * width or len(classes) != count:
            sys.exit(f"{source / images}: images and labels do not belong together")
        left = [each] * 10
        chosen = []
        for i, label in enumerate(classes):
            if left[label] > 0:
                left[label] -= 1
                chosen.append(i)
        size = height * width
        write(target / images, 0x803, (len(chosen), height, width),
              b"".join(pixels[i * size:(i + 1) * size] for i in chosen))
        write(target / labels, 0x801, (len(chosen),), bytes(classes[i] for i in chosen))


if __name__ == "__main__":
    main()
