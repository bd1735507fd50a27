#!/usr/bin/env python3
"""How long units compile, as a ratio to a reference unit that includes the standard library, Eigen and nlohmann-json.

Each round compiles the reference and then the unit, both in CPU seconds (user + system); the median of the rounds' ratios
counts, so that a slow or busy machine says the same as a fast one. Units: the floors of scalars, the umbrella headers
(hush/cuda.cuh by nvcc, where that is here), and with --build the examples as the build folder compiles them, without its
cache. --write keeps the ratios in bench/compile_time.json, which the next run shows beside its own as "before"; the file is of one
compiler and its options, and the repository holds none.

  python3 bench/compile_time.py --build build/release --rounds 5
"""
import json
import os
import pathlib
import resource
import shlex
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "checks"))
import compile_cost  # noqa: E402
import compilers  # noqa: E402
import house  # noqa: E402

STANDARD = ("algorithm array atomic chrono cmath condition_variable filesystem fstream functional iostream map memory mutex "
            "numeric optional random set span sstream string thread tuple variant vector").split()
REFERENCE = "".join(f"#include <{name}>\n" for name in [*STANDARD, "Eigen/Core", "nlohmann/json.hpp"])
TABLE = pathlib.Path(__file__).with_suffix(".json")


def seconds(command, source=None):
    """User and system seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, words = compilers.run(command, source)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status != 0:
        raise SystemExit(f"{' '.join(command)}\n{words}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def example_units(root, build):
    """(name, command) of the examples, as the build compiles them but without its cache and into nowhere."""
    commands = pathlib.Path(build) / "compile_commands.json"
    if not build or not commands.exists():
        return []
    units = []
    for entry in json.loads(commands.read_text()):
        source = pathlib.Path(entry["file"])
        if (root / "examples") not in source.parents:
            continue
        command = shlex.split(entry["command"])
        command = command[next(i for i, word in enumerate(command) if pathlib.Path(word).name in
                               ("c++", "g++", "clang++", "nvcc") and i < command.index("-o")):]
        command[command.index("-o") + 1] = os.devnull
        units.append((source.relative_to(root).as_posix(), command))
    return units


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": compilers.usual()}),
        ("--build", {"default": "", "help": "build folder whose compile_commands.json names the units of the examples"}),
        ("--rounds", {"type": int, "default": 5}),
        ("--only", {"default": "", "help": "only units whose name holds this"}),
        ("--write", {"action": "store_true", "help": f"keep the ratios in {TABLE.name}"}))
    root = chosen.root
    plain = [compilers.find(chosen.compiler), *compilers.flags(root), "-x", "c++", "-c", "-o", os.devnull, "-"]
    units = [(f"{noun} and its variants", plain,
              "".join(f"#include <hush/{header}>\n" for header in compile_cost.floor(root, noun)))
             for noun in compile_cost.FLOORS]
    units += [(name, plain, f"#include <{name}>\n") for name in ("hush/core.hpp", "hush/hush.hpp")]
    units += [(name, command, None) for name, command in example_units(root, chosen.build)]
    kept = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        if compilers.toolkit():
            program = pathlib.Path(folder) / "empty.cu"  # nvcc reads no standard input
            program.write_text("#include <hush/cuda.cuh>\nint main() {}\n")
            units.append(("hush/cuda.cuh by nvcc", [compilers.find("nvcc"), "-std=c++20", "-arch=sm_90",
                                                    f"-I{root / 'include'}", "-c", str(program), "-o", os.devnull], None))
        print(f"{'ratio':>6} {'before':>6} {'seconds':>8}  unit ({chosen.rounds} rounds)")
        for name, command, source in units:
            if chosen.only not in name:
                continue
            ratios, took = [], []
            for _ in range(chosen.rounds):
                reference = seconds(plain, REFERENCE)
                took.append(seconds(command, source))
                ratios.append(took[-1] / reference)
            ratio = round(statistics.median(ratios), 2)
            before = f"{kept[name]:6.2f}" if name in kept else "     -"
            print(f"{ratio:6.2f} {before} {statistics.median(took):8.2f}  {name}", flush=True)
            kept[name] = ratio
    if chosen.write:
        TABLE.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
