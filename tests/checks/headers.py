"""Every header compiles alone, and twice in one unit, without a warning."""
import os

import compilers
import house

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Werror"]


def main():
    chosen = house.arguments(
        __doc__,
        ("--compiler", {"default": compilers.usual(), "help": "g++ or clang++ (default: $CXX, or g++)"}),
        ("--jobs", {"type": int, "default": os.cpu_count()}))
    compiler = compilers.find(chosen.compiler)
    if not compiler:
        raise SystemExit(f"headers: no compiler {chosen.compiler}")
    root = chosen.root
    gif = compilers.run([compiler, "-x", "c++", "-fsyntax-only", "-"], "#include <cgif.h>\n")[0] == 0
    toolkit = compilers.toolkit()
    wanted = [header for header in house.headers(root)
              if header.endswith(".hpp") and (gif or "cgif.h" not in house.outside(root, header)) and
              (toolkit or not house.needs_toolkit(root, header))]

    def judge(header):
        include = f"#include <hush/{header}>\n"
        status, words = compilers.run([compiler, *compilers.flags(root), *toolkit, *WARNINGS, "-x", "c++",
                                       "-fsyntax-only", "-"],
                                      include + include + "int main() {}\n")
        if status == 0:
            return []
        return [f"include/hush/{header}:1: does not compile alone: {compilers.first_error(words)}"]

    findings = [finding for one in compilers.each(chosen.jobs, judge, wanted) for finding in one]
    house.finish(findings, len(wanted))


if __name__ == "__main__":
    main()
