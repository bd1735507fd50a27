#!/usr/bin/env python3
"""How long every header (but those of nvcc) and every unit of the examples compiles: CPU seconds, the slowest first.

A header is compiled alone, as the only include of an empty unit; the examples as the build folder compiles them, without
its cache. Best of --tries runs. On a quiet machine: compilers share the memory's bandwidth.

  python3 bench/compile_time.py --build build/release
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "checks"))
import compile_time  # noqa: E402
import compilers  # noqa: E402
import house  # noqa: E402


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": compilers.usual()}),
        ("--build", {"default": "", "help": "build folder whose compile_commands.json names the units of the examples"}),
        ("--tries", {"type": int, "default": 1, "help": "runs of each, of which the fastest counts"}),
        ("--under", {"default": "", "help": "only headers whose path begins so, e.g. samplers/"}))
    root = chosen.root
    compiler = [compilers.find(chosen.compiler), *compilers.flags(root), *compilers.toolkit()]
    rows = []
    for header in house.headers(root):
        if not header.startswith(chosen.under) or header.endswith(".cuh"):
            continue
        unit = f"#include <hush/{header}>\n"
        command = [*compiler, "-x", "c++", "-c", "-o", os.devnull, "-"]
        rows.append((compilers.cpu_seconds(command, 0, chosen.tries, unit), header))
    for name, command in compile_time.example_units(root, chosen.build):
        rows.append((compilers.cpu_seconds(command, 0, chosen.tries), name))
    for seconds, name in sorted(rows, reverse=True):
        print(f"{seconds:7.2f} s  {name}")
    print(f"{sum(seconds for seconds, _ in rows):7.2f} s  all of them")


if __name__ == "__main__":
    main()
