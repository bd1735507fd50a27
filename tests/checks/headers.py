"""Every header compiles alone, and twice in one unit, without a warning; so do programs that name the headers they use.

What it takes of the standard library and of Eigen is precompiled once, which makes this four times as fast; that it reads
the headers of the names it uses is looked up by standard.py instead. --bare compiles without that.
"""
import os
import pathlib
import tempfile

import compilers
import house
import standard

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Werror"]
PROGRAMS = ["tests/consume/named_headers.cpp", "tests/consume/own_network.cpp"]


def precompiled(compiler, flags, folder):
    """Flags that begin a unit with what is precompiled in `folder`."""
    header = pathlib.Path(folder) / "standard.hpp"
    header.write_text("".join(f"#include <{name}>\n" for name in [*sorted(set(standard.HOME.values())), "Eigen/Core"]))
    output = header.with_suffix(".hpp.gch")
    status, words = compilers.run([compiler, *flags, "-x", "c++-header", str(header), "-o", str(output)])
    if status != 0:
        raise SystemExit(f"headers: {compilers.first_error(words)}")
    return ["-include-pch", str(output)] if "clang" in compiler else ["-include", str(header)]


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": compilers.usual(), "help": "g++ or clang++ (default: $CXX, or g++)"}),
        ("--bare", {"action": "store_true", "help": "nothing precompiled"}),
        ("--jobs", {"type": int, "default": os.cpu_count()}))
    compiler = compilers.find(chosen.compiler)
    if not compiler:
        raise SystemExit(f"headers: no compiler {chosen.compiler}")
    root = chosen.root
    gif = compilers.run([compiler, "-x", "c++", "-fsyntax-only", "-"], "#include <cgif.h>\n")[0] == 0
    toolkit = compilers.toolkit()
    mpi = compilers.mpi(compiler)
    wanted = [header for header in house.headers(root)
              if header.endswith(".hpp") and (gif or "cgif.h" not in house.outside(root, header)) and
              (mpi is not None or "mpi.h" not in house.outside(root, header)) and
              (toolkit or not house.needs_toolkit(root, header))]
    flags = [*compilers.flags(root), *toolkit, *(mpi or []), *WARNINGS]
    with tempfile.TemporaryDirectory() as folder:
        if not chosen.bare:
            flags.append("-Wno-ignored-attributes")  # of Eigen, which no header of hush can silence there; see strict.py
        before = [] if chosen.bare else precompiled(compiler, flags, folder)

        def judge(header):
            include = f"#include <hush/{header}>\n"
            status, words = compilers.run([compiler, *flags, *before, "-x", "c++", "-fsyntax-only", "-"],
                                          include + include + "int main() {}\n")
            if status == 0:
                return []
            return [f"include/hush/{header}:1: does not compile alone: {compilers.first_error(words)}"]

        def judge_program(program):
            status, words = compilers.run([compiler, *flags, *before, "-fsyntax-only", str(root / program)])
            return [] if status == 0 else [f"{program}:1: does not compile: {compilers.first_error(words)}"]

        findings = [finding for judges, names in ((judge, wanted), (judge_program, PROGRAMS))
                    for one in compilers.each(chosen.jobs, judges, names) for finding in one]
    house.finish(findings, len(wanted) + len(PROGRAMS))


if __name__ == "__main__":
    main()
