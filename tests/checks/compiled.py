"""compiled/float_kernels.hpp and double_kernels.hpp declare each kernel of cpu/ that has no template parameter but the
scalar; --write brings them up to date.
"""
import re

import house

SCALARS = ("float", "double")
ABOVE = """#pragma once
{includes}
// The kernels of the CPU for {scalar}, compiled once in the library hush::compiled instead of in every unit that uses
// them. The list is made by tests/checks/compiled.py --write; cmake/HushCompiled.cmake makes the library of it.
namespace hush {{
inline namespace HUSH_CPU_ABI {{
// clang-format off

"""
BELOW = """
// clang-format on
}  // namespace HUSH_CPU_ABI
}  // namespace hush
"""
KERNEL = re.compile(r"template <class T>\n((?:[\w:<>,\s\[\]&*]+?)\s(\w+)\(const Cpu<T>&[^{;]*?\))\s*\{")
COLUMNS = 120


def declared(declaration, name, scalar):
    """`extern template` of one kernel for one scalar, without the names of its parameters."""
    text = re.sub(r"\s+", " ", declaration)
    text = re.sub(r"\bT\b", scalar, text)
    text = text.replace(f" {name}(", f" {name}<{scalar}>(", 1)
    before, inside = text.split("(", 1)
    parameters, depth, start = [], 0, 0
    for index, letter in enumerate(inside):
        depth += letter in "<(" and 1 or letter in ">)" and -1 or 0
        if (letter == "," and depth == 0) or depth < 0:
            parameters.append(inside[start:index].strip())
            start = index + 1
    types = [re.sub(r"(?<=[&*\s>])\w+$", "", each).strip() if not each.endswith(("&", "*")) else each
             for each in parameters]
    return f"extern template {before}({', '.join(types)});"


def wrapped(line):
    """A declaration in lines of at most COLUMNS, cut behind a comma, aligned as clang-format does."""
    if len(line) <= COLUMNS:
        return [line]
    indent = " " * (line.index("(") + 1)
    lines, rest = [], line
    while len(rest) > COLUMNS:
        cut = rest.rindex(", ", 0, COLUMNS) + 1
        lines.append(rest[:cut])
        rest = indent + rest[cut + 1:]
    return [*lines, rest]


def written(root, scalar):
    """The text of a scalar's header as it should be, and how many kernels it names."""
    headers = [header for header in house.headers(root) if header.startswith("cpu/")]
    # what is in cpu_detail is not called by others
    texts = [re.sub(r"^namespace cpu_detail \{.*?^\}  // namespace cpu_detail$", "", house.text(root, header), flags=re.M | re.S)
             for header in headers]
    kernels = [match for text in texts for match in KERNEL.finditer(text)]
    lines = [line for kernel in kernels for line in wrapped(declared(kernel[1], kernel[2], scalar))]
    includes = "".join(f"#include <hush/{header}>\n" for header in headers)
    return ABOVE.format(includes=includes, scalar=scalar) + "\n".join(lines) + BELOW, len(kernels)


def main():
    chosen = house.arguments(__doc__, ("--write", {"action": "store_true", "help": "write the headers anew"}))
    findings, checked = [], 0
    for scalar in SCALARS:
        text, count = written(chosen.root, scalar)
        name = f"include/hush/compiled/{scalar}_kernels.hpp"
        path = chosen.root / name
        if chosen.write:
            path.write_text(text)
        if not path.exists() or path.read_text() != text:
            findings.append(f"{name}:1: is not what the kernels of cpu/ are; run this with --write")
        checked += count
    house.finish(findings, checked)


if __name__ == "__main__":
    main()
