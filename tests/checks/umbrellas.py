"""The lists of includes hold every header once; --write brings them up to date. core.hpp and cuda.cuh share machine_free.hpp.

core.hpp holds what needs only the standard library and Eigen; diffusers.hpp is not part of hush.hpp; io/gif.hpp is in no list, because it alone needs
cgif, mpi.hpp holds what needs MPI, and compiled.hpp is in none, because it wants a library.
"""
import house

# rooms in reading order, a block each; every room is named
ORDER = [
    {"version", "check", "errors", "warning", "description", "fields", "host_device", "images", "examples"},
    {"launch", "communicator", "collectives"},
    {"level", "schedule", "parameterization", "weighting", "grid", "level_distribution"},
    {"sampler"},
    {"tensor", "random", "kernels", "cpu", "cuda"},
    {"autograd", "ops"},
    {"nn", "backbone", "baselines", "conditioning"},
    {"optimizer", "learning_rate"},
    {"process", "guidance", "sampling", "sample", "training", "train"},
    {"metrics"}, {"io"}, {"data"},
]
# a host that plays the GPU
FOR_TESTS = {"cuda/team/host_gpu.hpp"}
WORDS = {
    "core.hpp": "Everything that needs the standard library and Eigen only, and no files.",
    "machine_free.hpp": "What core.hpp and cuda.cuh share: all that says no machine's name.",
    "io.hpp": "Pictures, weights and checkpoints in files.",
    "data.hpp": "Data sets: host images, no tensors.",
    "diffusers.hpp": "Schedulers of the Python library diffusers, from their files.",
    "hush.hpp": "All of hush for the CPU.",
    "mpi.hpp": "Ranks over MPI, which hush::mpi links.",
    "cuda.cuh": "All of core.hpp on the GPU, with CUDA, cuDNN and cuBLASLt in place of Eigen; nvcc compiles it.",
}


def place(header):
    """(block, header): where a header stands in its list."""
    if header in house.UMBRELLAS:
        return (-1, header)
    room = header.split("/")[0].removesuffix(".hpp")
    noun = house.PLURALS.get(room, room)
    return (next((index for index, rooms in enumerate(ORDER) if noun in rooms), len(ORDER)), header)


def written(name, wanted):
    """The text of a list."""
    blocks = {}
    for header in wanted:
        blocks.setdefault(place(header)[0], []).append(f"#include <hush/{header}>\n")
    return f"#pragma once\n// {WORDS[name]}\n\n" + "\n".join("".join(block) for block in blocks.values())


def lists(root):
    """The lists as they should be: name -> headers."""
    needs = {header: house.outside(root, header) for header in house.headers(root)}
    every = sorted((header for header in needs if header not in house.UMBRELLAS and "cgif.h" not in needs[header] and
                    not header.startswith("compiled")), key=place)
    foreign = [header for header in every if header.startswith("diffusers/")]
    over_mpi = [header for header in every if "mpi.h" in needs[header]]
    every = [header for header in every if header not in foreign + over_mpi]
    free = [header for header in every if not header.startswith("cuda/")]
    folders = {"io.hpp": [h for h in free if h.startswith("io/")], "data.hpp": [h for h in free if h.startswith("data/")]}
    closures = {header: house.closure(root, header) for header in free}
    filed = [h for h in free if h.startswith("data/") or needs[h] & {"png.h", "zlib.h", "nlohmann/json.hpp"} or
             any(name.startswith("io/") for name in closures[h])]
    core = [h for h in free if h not in filed]
    rest = [h for h in filed if not h.startswith(("io/", "data/"))]
    cuda = [h for h in core if not any(n.startswith("cpu/") for n in closures[h]) and
            not any(n.startswith("Eigen/") for n in needs[h])]
    device = [h for h in every if h.startswith("cuda/") and h not in FOR_TESTS]
    return {"machine_free.hpp": cuda, "cuda.cuh": ["machine_free.hpp", *device],
            "core.hpp": ["machine_free.hpp", *(h for h in core if h not in cuda)], **{name: found for name, found in folders.items() if found},
            **({"diffusers.hpp": foreign} if foreign else {}), **({"mpi.hpp": over_mpi} if over_mpi else {}),
            "hush.hpp": ["core.hpp", *sorted(name for name, found in folders.items() if found), *rest]}


def main():
    chosen = house.arguments(__doc__, ("--write", {"action": "store_true", "help": "write the lists anew"}))
    findings = []
    for name, wanted in lists(chosen.root).items():
        path = chosen.root / "include" / "hush" / name
        if chosen.write:
            path.write_text(written(name, wanted))
        found = [header for _, header in house.own_includes(chosen.root, name)] if path.exists() else []
        findings += [f"include/hush/{name}:1: lacks hush/{header}" for header in wanted if header not in found]
        findings += [f"include/hush/{name}:1: should not list hush/{header}" for header in found if header not in wanted]
        findings += [f"include/hush/{name}:1: lists hush/{header} twice" for header in set(found)
                     if found.count(header) > 1]
    house.finish(findings, len(house.UMBRELLAS))


if __name__ == "__main__":
    main()
