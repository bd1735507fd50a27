"""Programs that must not compile, and what the compiler must say.

A program lies in tests/compile_fail/ and opens with `// expect: sentence`; the compiler must refuse it and its output
must hold the sentence. With HUSH_WRITTEN_RIGHT defined the same program must compile, so that the sentence, and not a
slip of the program, is what stops it; nvcc, which is slow, only compiles the wrong one. A second line
`// flags: wrong | right` gives the compiler flags. Of errors there must be few: what follows on one is not to bury it.
"""
import os
import re

import compilers
import house


ERRORS = 4  # of a wrong program, at most; those that follow on the sentence among them


def command(compiler, name, root):
    if name == "nvcc":
        return [compiler, *compilers.flags(root), "-x", "cu", "-c", "-o", os.devnull]
    return [compiler, *compilers.flags(root), "-x", "c++", "-fsyntax-only"]


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": "g++", "help": "g++, clang++ or nvcc"}),
        ("--jobs", {"type": int, "default": os.cpu_count()}))
    compiler = compilers.find(chosen.compiler)
    if not compiler:
        print(f"skipped: no {chosen.compiler} here")
        raise SystemExit(77)
    root = chosen.root
    programs = sorted((root / "tests" / "compile_fail").rglob("*.cpp"))

    def judge(program):
        name = program.relative_to(root).as_posix()
        source = program.read_text()
        expect = re.match(r"// expect: (.+)\n", source)
        if not expect:
            return [f"{name}:1: opens without `// expect: sentence`"]
        flags = re.match(r"[^\n]*\n// flags: (.*?)\s*\|\s*(.*)\n", source)
        if flags and chosen.compiler == "nvcc":
            return []
        wrong, right = (flags.group(1).split(), flags.group(2).split()) if flags else ([], [])
        base = command(compiler, chosen.compiler, root)
        status, words = compilers.run([*base, *wrong, str(program)])
        if status == 0:
            return [f"{name}:1: {chosen.compiler} accepts it"]
        if expect.group(1).strip() not in words:
            return [f"{name}:1: {chosen.compiler} does not say `{expect.group(1).strip()}` but: "
                    f"{compilers.first_error(words)}"]
        errors = len(re.findall(r"\berror:", words))
        if chosen.compiler == "g++" and errors > ERRORS:
            return [f"{name}:1: {chosen.compiler} says it among {errors} errors, more than {ERRORS}"]
        if "HUSH_WRITTEN_RIGHT" not in source and not flags:
            return [f"{name}:1: has no HUSH_WRITTEN_RIGHT branch"]
        if chosen.compiler == "nvcc":
            return []
        status, words = compilers.run([*base, *right, "-DHUSH_WRITTEN_RIGHT", str(program)])
        if status != 0:
            return [f"{name}:1: {chosen.compiler} refuses the corrected program: {compilers.first_error(words)}"]
        return []

    findings = [finding for one in compilers.each(chosen.jobs, judge, programs) for finding in one]
    if not programs:
        findings = ["tests/compile_fail: no programs"]
    house.finish(findings, len(programs))


if __name__ == "__main__":
    main()
