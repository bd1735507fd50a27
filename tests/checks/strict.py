"""What users' flags say of hush's headers: a program that samples and trains is instantiated with hush on a plain -I.

Without any flag, with the warnings that strict projects turn on, and with -pedantic-errors, each by g++ and, where there
is one, clang++: they must be silent. A compiler that is not there is passed over.
"""
import os

import compilers
import house

PROGRAM = "examples/quickstart/main.cpp"
FLAGS = [
    [],
    "-Wall -Wextra -Wconversion -Wshadow -Wold-style-cast -Wpedantic".split(),
    ["-pedantic-errors"],
]


def main():
    chosen = house.arguments(__doc__, ("--jobs", {"type": int, "default": os.cpu_count()}))
    root = chosen.root
    eigen = [flag.replace("-I", "-isystem", 1) for flag in compilers.eigen()]  # its own warnings are not hush's
    runs = [(name, flags) for name in ("g++", "clang++") if compilers.find(name) for flags in FLAGS]
    if not runs:
        print("skipped: neither g++ nor clang++ here")
        raise SystemExit(77)

    def judge(run):
        name, flags = run
        command = [compilers.find(name), "-std=c++20", f"-I{root / 'include'}", *eigen, *flags, "-fsyntax-only"]
        status, words = compilers.run([*command, str(root / PROGRAM)])
        lines = [line for line in words.splitlines() if "warning:" in line or "error:" in line]
        if status == 0 and not words.strip():
            return []
        return [f"{name} {' '.join(flags)}: {line.replace(str(root) + '/', '')}" for line in lines or [words[:300]]]

    house.finish([finding for one in compilers.each(chosen.jobs, judge, runs) for finding in one], len(runs))


if __name__ == "__main__":
    main()
