#!/usr/bin/env python3
"""Prints the checksums of random masks that tests/data/masks.cpp compares: the same definitions as in
include/hush/data/, written a second time, in numbers of any length. Needs Python alone.

Run from the root of the project: python3 tools/mask_checksums.py"""

import math
import zlib

M32 = (1 << 32) - 1


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011)."""
    x, y, z, w = counter
    k0, k1 = key & M32, key >> 32
    for _ in range(10):
        a, b = 0xD2511F53 * x, 0xCD9E8D57 * z
        x, y, z, w = (b >> 32) ^ y ^ k0, b & M32, (a >> 32) ^ w ^ k1, a & M32
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return x, y, z, w


def purpose(word):
    value = 2166136261
    for byte in word.encode() + bytes(4):
        value = ((value ^ byte) * 16777619) & M32
    return value


class Numbers:
    """Number n: the first two words of block n."""

    def __init__(self, kind, seed, item, epoch):
        self.kind, self.seed, self.item, self.epoch, self.next = purpose(kind), seed, item, epoch, 0

    def below(self, count):
        high, low, _, _ = philox((self.next, self.item, self.epoch, self.kind), self.seed)
        self.next += 1
        return count * (high << 32 | low) >> 64

    def between(self, least, most):
        return least + self.below(most - least + 1)

    def pixels(self, least, most, side):
        return self.between(*(max(1, math.floor(share * side + 0.5)) for share in (least, most)))

    def angle(self, turns):
        return self.below(math.floor(turns * 65536 + 0.5) + 1)


def towards_0(a, b):
    return a // b if a >= 0 else -(-a // b)


def sine(angle):
    angle %= 65536
    if angle >= 32768:
        return -sine(angle - 32768)
    z = min(angle, 32768 - angle)
    z2 = z * z // 16384
    return (102944 - (42048 - 4640 * z2 // 16384) * z2 // 16384) * z // 16384


def cosine(angle):
    return sine(angle + 16384)


def empty(h, w):
    return [[0] * w for _ in range(h)]


def line(mask, a, b, width):
    """Every pixel within width / 2 of the line from a to b: its nearest point is at a share along / length2 of it."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy
    for y, row in enumerate(mask):
        for x in range(len(row)):
            px, py = x - a[0], y - a[1]
            along = min(max(px * dx + py * dy, 0), length2)
            # squared distance to a + along / length2 (b - a), times length2 squared
            away = ((px * length2 - along * dx) ** 2 + (py * length2 - along * dy) ** 2) if length2 else px**2 + py**2
            if 4 * away <= width**2 * (length2**2 or 1):
                row[x] = 1


def box(h, w, *which):
    mask, numbers = empty(h, w), Numbers("box mask", *which)
    high, wide = (numbers.pixels(88 / 256, 128 / 256, side) for side in (h, w))
    corner = []
    for side, size in ((h, high), (w, wide)):
        away = math.floor(20 / 256 * side + 0.5)
        corner.append(away + numbers.below(side - 2 * away - size + 1))
    for y in range(corner[0], corner[0] + high):
        for x in range(corner[1], corner[1] + wide):
            mask[y][x] = 1
    return mask


def pixels(h, w, *which):
    mask, numbers, left, wanted = empty(h, w), Numbers("pixel mask", *which), h * w, math.floor(h * w / 2 + 0.5)
    for row in mask:
        for x in range(w):
            if numbers.below(left) < wanted:
                row[x], wanted = 1, wanted - 1
            left -= 1
    return mask


def irregular(h, w, *which):
    numbers, side = Numbers("irregular mask", *which), min(h, w)
    while True:
        mask = empty(h, w)
        for stroke in range(numbers.between(4, 7)):
            at = numbers.below(w), numbers.below(h)
            for _ in range(numbers.between(1, 5)):
                angle = numbers.angle(0.637) * (1 if stroke % 2 else -1)
                far, thick = numbers.pixels(10 / 256, 100 / 256, side), numbers.pixels(10 / 256, 40 / 256, side)
                to = (min(max(at[0] + towards_0(far * sine(angle), 65536), -w), 2 * w),
                      min(max(at[1] + towards_0(far * cosine(angle), 65536), -h), 2 * h))
                line(mask, at, to, thick)
                at = to
        if 0.15 * h * w <= sum(map(sum, mask)) <= 0.5 * h * w:
            return mask


def free_form(h, w, *which):
    mask, numbers = empty(h, w), Numbers("free-form mask", *which)
    mirror_x, mirror_y = numbers.below(2), numbers.below(2)
    mirrored = lambda p: (w - 1 - p[0] if mirror_x else p[0], h - 1 - p[1] if mirror_y else p[1])
    mean_length, mean = math.floor(32 * math.sqrt(h * h + w * w) + 0.5), math.floor(65536 / 5 + 0.5)
    for _ in range(numbers.between(1, 3)):
        lowest = mean - numbers.angle(1 / 15)
        highest = mean + numbers.angle(1 / 15)
        thick = numbers.pixels(12 / 256, 40 / 256, min(h, w))
        at = numbers.below(w), numbers.below(h)
        line(mask, mirrored(at), mirrored(at), thick)
        for corner in range(numbers.between(4, 11)):
            angle = numbers.between(lowest, highest) * (1 if corner % 2 else -1)
            normal = sum(numbers.below(65536) for _ in range(12)) - 6 * 65536
            length = min(max(mean_length + towards_0(mean_length * normal, 2 * 65536), 0), 2 * mean_length)
            to = (min(max(at[0] + towards_0(length * cosine(angle), 65536 * 256), 0), w - 1),
                  min(max(at[1] + towards_0(length * sine(angle), 65536 * 256), 0), h - 1))
            line(mask, mirrored(at), mirrored(to), thick)
            at = to
    return mask


def hybrid(h, w, *which):
    return [[a | b for a, b in zip(*rows)] for rows in zip(box(h, w, *which), free_form(h, w, *which))]


for kind in (box, pixels, irregular, free_form, hybrid):
    sums = []
    for h, w, seed, item, epoch in ((40, 56, 1, 0, 0), (40, 56, 1, 7, 2), (33, 32, 1 << 40, 5, 0)):
        mask = kind(h, w, seed, item, epoch)
        sums.append(f"{zlib.crc32(bytes(sum(mask, []))):08x}")
    print(kind.__name__, *sums)
