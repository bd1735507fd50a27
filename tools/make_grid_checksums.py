#!/usr/bin/env python3
"""Writes tests/goldens/grids.json: a checksum of each list of times that the schedulers of diffusers make of 1000 levels
for n steps, n from 1 to 1000. Needs numpy alone: the lists are the expressions of set_timesteps, which are numpy's.
Run from the root of the project: python3 tools/make_grid_checksums.py

The checksum of a list: sum = 0; for each time, the noisiest first: sum = (31 * sum + time) mod 1000003."""

import json
import pathlib

import numpy as np

T = 1000


def ints(times):
    return [int(t) for t in times]


def linspace(n):
    return ints(np.linspace(0, T - 1, n).round()[::-1])


def leading(n):
    return ints((np.arange(0, n) * (T // n)).round()[::-1])


def trailing(n):
    """For some n numpy's arange has n + 1 numbers, the last of them next to 0; as a time it would be -1."""
    return ints(np.round(np.arange(T, 0, -T / n)) - 1)[:n]


def linspace_open(n):
    """Of DPM-Solver, UniPC and DEIS."""
    return ints(np.linspace(0, T - 1, n + 1).round()[::-1][:-1])


def leading_open(n):
    return ints((np.arange(0, n + 1) * (T // (n + 1))).round()[::-1][:-1])


def checksum(times):
    total = 0
    for time in times:
        total = (31 * total + time) % 1000003
    return total


def main():
    rows = []
    for rule in (linspace, leading, trailing, linspace_open, leading_open):
        last = T - 1 if rule in (linspace_open, leading_open) else T
        sums = []
        for n in range(1, last + 1):
            times = rule(n)
            if n == 1 and rule is linspace:
                times = [T - 1]  # numpy's one number is 0; one step of hush starts at the noisiest
            assert len(times) == n and all(a > b for a, b in zip(times, times[1:])), (rule.__name__, n)
            sums.append(checksum(times))
        rows.append(f'"{rule.__name__}":{json.dumps(sums, separators=(",", ":"))}')
    made = json.dumps({"by": "tools/make_grid_checksums.py", "numpy": np.__version__})
    text = f'{{"made":{made},\n' + ",\n".join(rows) + "}\n"
    target = pathlib.Path("tests/goldens/grids.json")
    target.write_text(text, encoding="utf-8")
    print(f"{target}: {len(text)} bytes")


if __name__ == "__main__":
    main()
