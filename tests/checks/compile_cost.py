"""What a user's compiler is given to read: headers of hush, preprocessed lines, and functions that the quickstart's object
holds. None of it depends on how fast or busy the machine is; seconds are measured by bench/compile_time.py.
"""
import pathlib
import shutil

import compilers
import house

# The scalar floors, without Eigen: a concept and all its variants together.
FLOORS = ["level", "schedule", "parameterization", "weighting", "grid", "level_distribution", "sampler"]
# unit -> most headers of hush, most lines that are left of it, in thousands (the standard library of g++ 12 included;
# that of other compilers has up to a quarter more)
FLOOR_LIMITS = (40, 60)
LIMITS = {
    "hush/core.hpp": (375, 160),
    "hush/hush.hpp": (475, 200),
}
SLACK = 1.25
# functions in the object of the quickstart, optimised
QUICKSTART_FUNCTIONS = 1500


def floor(root, noun):
    """Headers of one floor: the noun and its plural folder."""
    plural = next((plural for plural, one in house.PLURALS.items() if one == noun), noun)
    return [header for header in house.headers(root) if header == f"{noun}.hpp" or header.startswith(f"{plural}/")]


def lines(command, source):
    """Lines that the preprocessor leaves, empty ones and its own not counted."""
    status, words = compilers.run(command, source)
    if status != 0:
        raise RuntimeError(words)
    return sum(1 for line in words.splitlines() if line.strip() and not line.startswith("#"))


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": compilers.usual()}),
        ("--build", {"default": "", "help": "build folder that holds the object of the quickstart"}))
    root = chosen.root
    compiler = compilers.find(chosen.compiler)
    command = [compiler, *compilers.flags(root), "-x", "c++", "-E", "-"]
    findings, checked = [], 0

    def judge(name, headers, limits):
        nonlocal checked
        source = "".join(f"#include <hush/{header}>\n" for header in headers)
        read = len({each for header in headers for each in house.closure(root, header)})
        try:
            left = lines(command, source) / 1000
        except RuntimeError as wrong:
            findings.append(f"{name}: does not preprocess: {compilers.first_error(str(wrong))}")
            return
        print(f"{read:4} headers of {limits[0]}, {left:6.1f} of {limits[1] * SLACK:.0f} thousand lines  {name}")
        checked += 2
        if read > limits[0]:
            findings.append(f"{name}: reads {read} headers of hush, at most {limits[0]} are wanted")
        if left > limits[1] * SLACK:
            findings.append(f"{name}: leaves {left:.1f} thousand lines, at most {limits[1] * SLACK:.0f} are wanted")

    for noun in FLOORS:
        if headers := floor(root, noun):
            judge(f"{noun} and its variants", headers, FLOOR_LIMITS)
    for name, limits in LIMITS.items():
        judge(name, [name.removeprefix("hush/")], limits)
    objects = sorted(pathlib.Path(chosen.build).rglob("quickstart.dir/main.cpp.o")) if chosen.build else []
    if objects and shutil.which("nm"):
        checked += 1
        functions = sum(1 for line in compilers.run(["nm", "--defined-only", str(objects[0])])[1].splitlines()
                        if line.split()[-2] in "tTwWuV")
        print(f"{functions} functions of {QUICKSTART_FUNCTIONS}  the quickstart's object")
        if functions > QUICKSTART_FUNCTIONS:
            findings.append(f"quickstart: {functions} functions in its object, at most {QUICKSTART_FUNCTIONS} are wanted")
    else:
        print("the quickstart's object: not counted, because it was not built or there is no nm")
    house.finish(findings, checked)


if __name__ == "__main__":
    main()
