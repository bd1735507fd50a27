"""What the checks of this folder share: the list of headers, their includes, their text without comments."""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A noun header and the folder of its variants. Variants never include each other.
PLURALS = {
    "schedules": "schedule", "parameterizations": "parameterization", "weightings": "weighting", "grids": "grid",
    "level_distributions": "level_distribution", "samplers": "sampler", "conditionings": "conditioning", "backbones": "backbone",
    "optimizers": "optimizer", "learning_rates": "learning_rate", "guidance_rules": "guidance_rule",
    "autoencoders": "autoencoder", "communicators": "communicator",
}
UMBRELLAS = {"hush.hpp", "core.hpp", "machine_free.hpp", "data.hpp", "io.hpp", "diffusers.hpp", "cuda.cuh", "mpi.hpp"}


def arguments(what, *more):
    """Parses `--root` and the options in `more` ((name, keyword arguments) pairs)."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="top folder of the project")
    for name, options in more:
        parser.add_argument(name, **options)
    return parser.parse_args()


def headers(root):
    """All public headers as paths below include/hush, e.g. `schedules/cosine.hpp`."""
    top = root / "include" / "hush"
    return sorted(path.relative_to(top).as_posix() for ending in ("*.hpp", "*.cuh") for path in top.rglob(ending))


def text(root, header):
    return (root / "include" / "hush" / header).read_text(encoding="utf-8")


def without_comments(source):
    """The source with comments and string literals blanked; line numbers stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, source, flags=re.S)


def includes(source):
    """(line, name) of each include; the name without brackets."""
    return [(number, match.group(1)) for number, line in enumerate(source.splitlines(), 1)
            if (match := re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line))]


def own_includes(root, header):
    """(line, path below include/hush) of the hush headers that `header` includes."""
    return [(line, name[len("hush/"):]) for line, name in includes(text(root, header)) if name.startswith("hush/")]


def closure(root, header, known=None):
    """All hush headers that are read when `header` is included, itself among them."""
    known = set() if known is None else known
    if header not in known and (root / "include" / "hush" / header).exists():
        known.add(header)
        for _, name in own_includes(root, header):
            closure(root, name, known)
    return known


def outside(root, header):
    """All headers that are not hush's which are read when `header` is included."""
    return {name for each in closure(root, header) for _, name in includes(text(root, each))
            if not name.startswith("hush/")}


def needs_toolkit(root, header):
    """Whether a header reads the headers of CUDA or its libraries."""
    return any(re.match(r"(cuda|cudnn|cublas|nvtx)", name) for name in outside(root, header))


def finish(findings, checked):
    """Prints the findings and ends the program."""
    for finding in findings:
        print(finding)
    print(f"{checked} checked, {len(findings)} finding{'' if len(findings) == 1 else 's'}")
    sys.exit(1 if findings else 0)
