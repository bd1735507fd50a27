"""Tests mirror headers: include/hush/a/b.hpp is tested by tests/a/b.cpp, or by a file of tests/a/ that includes it. A noun
(schedule.hpp) and what its variants share (schedules/shared/) may be tested among the variants (tests/schedules/), what is in
a folder of cuda/ among the kernels that stand on it (tests/cuda/), and sampling/ and training/ by the tests of their verbs
(tests/sample.cpp, tests/train.cpp). Each file of tests/cuda/ itself is one of HUSH_GPU_TESTS, which nvcc compiles for a GPU."""
import pathlib
import re

import house

# header -> why it has no test of its own
WITHOUT = {
    "cuda/team/device.cuh": "what a device runs; the programs of tests/gpu stand on it",
    "cpu/kernels.hpp": "a proof, which core.hpp reads; tests/kernels/kernels.cpp shows that it can fail",
    "cuda/kernels.cuh": "a proof, which the programs of tests/gpu read; tests/cuda/kernels.cpp has it on both machines",
    "cuda.cuh": "a list of includes; the programs of tests/gpu read it",
    **{name: "declarations; every test is linked with the library that they declare" for name in (
        "compiled.hpp", "compiled/double_kernels.hpp", "compiled/float_kernels.hpp", "compiled/networks.hpp")},
    "core.hpp": "a list of includes; tests/consume and tests/odr build programs on it",
    "data.hpp": "a list of includes; hush.hpp reads it",
    "diffusers.hpp": "a list of includes; tests/docs/from_diffusers.cpp reads it",
    "hush.hpp": "a list of includes; tests/consume and tests/odr build programs on it",
    "io.hpp": "a list of includes; hush.hpp reads it",
    "machine_free.hpp": "a list of includes; core.hpp and cuda.cuh read it",
    "communicators/mpi.hpp": "processes; tests/programs/ranks.sh starts them",
    "mpi.hpp": "a list of includes; tests/programs/ranks.cpp reads it",
    "host_device.hpp": "two macros; every kernel and every scalar stands on them",
}

VERBS = {"sampling": "sample.cpp", "training": "train.cpp"}  # room -> the test of its verb


def reads(root, path, header):
    """Whether a test includes a header; a kernel of cuda/ is made of several, of which the test includes the last."""
    names = {name.removeprefix("hush/") for _, name in house.includes(path.read_text()) if name.startswith("hush/")}
    if header.startswith("cuda/"):
        names = {each for name in names if name.startswith("cuda/") for each in house.closure(root, name)}
    return header in names


def on_gpu(root):
    """Files of tests/cuda/ that are not compiled for a GPU."""
    lists = root / "tests" / "gpu" / "CMakeLists.txt"
    found = re.search(r"set\(HUSH_GPU_TESTS([^)]*)\)", lists.read_text() if lists.exists() else "")
    named = set(found.group(1).split() if found else ())
    return [f"tests/cuda/{path.name}:1: is not in HUSH_GPU_TESTS of tests/gpu/CMakeLists.txt"
            for path in sorted((root / "tests" / "cuda").glob("*.cpp")) if f"cuda/{path.stem}" not in named]


def main():
    root = house.arguments(__doc__).root
    findings = on_gpu(root)
    all_headers = house.headers(root)
    for header in all_headers:
        if header in WITHOUT:
            continue
        folders = [root / "tests" / pathlib.PurePosixPath(header).parent]
        folders += [root / "tests" / plural for plural, noun in house.PLURALS.items() if header == f"{noun}.hpp"]
        if "/shared/" in header:
            folders.append(root / "tests" / header.split("/")[0])
        if header.startswith("cuda/"):
            folders.append(root / "tests" / "cuda")
        mirror = root / "tests" / header.replace(".hpp", ".cpp")
        readers = [mirror] if mirror.exists() else [
            path for folder in folders for path in folder.glob("*.cpp") if reads(root, path, header)]
        verb = VERBS.get(header.split("/")[0])
        if not readers and verb and header.removesuffix(".hpp").count("/") and reads(root, root / "tests" / verb, header):
            readers = [root / "tests" / verb]
        if not readers:
            findings.append(f"include/hush/{header}:1: no tests/{header.replace('.hpp', '.cpp')}, "
                            f"and no file beside it includes <hush/{header}>")
        elif not any("TEST_CASE" in path.read_text() or "static_assert" in path.read_text() for path in readers):
            findings.append(f"include/hush/{header}:1: {readers[0].relative_to(root)} tests nothing")
    for header in sorted(set(WITHOUT) - set(all_headers)):
        if root == house.ROOT and header not in ("data.hpp", "diffusers.hpp", "io.hpp"):
            findings.append(f"tests/checks/mirrors.py:1: {header} is excused but does not exist")
    house.finish(findings, len(all_headers))


if __name__ == "__main__":
    main()
