"""The compile-time budget, in CPU seconds (user + system) of one unit that includes the header and nothing else.

The best of up to three runs counts; HUSH_TIME_FACTOR widens the budget on slow or busy machines. Of the examples the four
units that took longest to build are measured; bench/compile_time.py lists every header and every unit.
"""
import json
import os
import pathlib
import shlex
import tempfile

import compilers
import house

# The scalar floors, without Eigen: a concept and all its variants together.
FLOORS = ["level", "schedule", "parameterization", "weighting", "grid", "draw", "sampler"]
FLOOR_SECONDS, CORE_SECONDS, ALL_SECONDS, CUDA_SECONDS, EXAMPLE_SECONDS = 1.0, 4.0, 6.0, 12.0, 60.0


def floor(root, noun):
    """Headers of one floor: the noun and its plural folder."""
    plural = next((plural for plural, one in house.PLURALS.items() if one == noun), noun)
    return [header for header in house.headers(root) if header == f"{noun}.hpp" or header.startswith(f"{plural}/")]


def built_in(build):
    """Milliseconds that ninja took for each object."""
    log = pathlib.Path(build) / ".ninja_log"
    rows = [line.split("\t") for line in log.read_text().splitlines()[1:]] if log.exists() else []
    return {row[3]: int(row[1]) - int(row[0]) for row in rows if len(row) >= 4}


def example_units(root, build, most=None):
    """(name, command) of the examples, as the build compiles them but without its cache and into nowhere; only the
    `most` that took ninja longest, if so many are asked for."""
    commands = pathlib.Path(build) / "compile_commands.json"
    if not build or not commands.exists():
        return []
    units, took = [], built_in(build)
    for entry in json.loads(commands.read_text()):
        source = pathlib.Path(entry["file"])
        if (root / "examples") not in source.parents:
            continue
        command = shlex.split(entry["command"])
        if pathlib.Path(command[0]).name == "ccache":
            command = command[1:]
        place = command.index("-o") + 1
        units.append((took.get(command[place], 0), source.relative_to(root).as_posix(), command))
        command[place] = os.devnull
    if most:
        units = sorted(units, key=lambda unit: -unit[0])[:most]
    return [(name, command) for _, name, command in units]


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": compilers.usual()}),
        ("--build", {"default": "", "help": "build folder whose compile_commands.json names the example units"}))
    root, factor = chosen.root, float(os.environ.get("HUSH_TIME_FACTOR", "1"))
    compiler = compilers.find(chosen.compiler)
    plain = [compiler, "-std=c++20", f"-I{root / 'include'}", "-x", "c++", "-c", "-o", os.devnull, "-"]
    full = [*plain[:2], *compilers.flags(root)[1:], *plain[3:]]
    findings, rows = [], []

    def measure(name, command, budget, source=None):
        try:
            seconds = compilers.cpu_seconds(command, budget * factor, source=source)
        except RuntimeError as wrong:
            findings.append(f"{name}: does not compile: {compilers.first_error(str(wrong))}")
            return
        rows.append(name)
        print(f"{seconds:7.2f} s of {budget * factor:5.1f} s  {name}")
        if seconds > budget * factor:
            findings.append(f"{name}: {seconds:.2f} s of CPU time, the budget is {budget * factor:.1f} s")

    for noun in FLOORS:
        headers = floor(root, noun)
        if headers:
            measure(f"{noun} and its variants", plain, FLOOR_SECONDS,
                    "".join(f"#include <hush/{header}>\n" for header in headers))
    measure("hush/core.hpp", full, CORE_SECONDS, "#include <hush/core.hpp>\n")
    measure("hush/hush.hpp", full, ALL_SECONDS, "#include <hush/hush.hpp>\n")
    if compilers.toolkit():
        with tempfile.TemporaryDirectory() as folder:  # nvcc reads no standard input
            program = pathlib.Path(folder) / "empty.cu"
            program.write_text("#include <hush/cuda.cuh>\nint main() {}\n")
            measure("hush/cuda.cuh by nvcc", [compilers.find("nvcc"), "-std=c++20", "-arch=sm_90",
                                              f"-I{root / 'include'}", "-c", str(program), "-o", os.devnull],
                    CUDA_SECONDS)
    else:
        print("hush/cuda.cuh by nvcc: skipped, because nvcc or cuDNN's headers are not here")
    for name, command in example_units(root, chosen.build, most=4):
        measure(name, command, EXAMPLE_SECONDS)
    house.finish(findings, len(rows))


if __name__ == "__main__":
    main()
