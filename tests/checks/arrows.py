"""Who may include whom. Arrows never turn back; siblings in plural folders never meet."""
import re

import house

# room -> rooms it may include; a room is a folder, or the name of a header that stands alone, and a single header of a
# folder (`nn/flat_parameters`) may be named on both sides. Everybody may include his own room (plural folders excepted)
# and the floor.
FLOOR = {"check", "errors", "host_device", "version", "warning"}
CONCEPTS = {"level", "schedule", "parameterization", "weighting", "grid", "level_distribution", "sampler", "conditioning",
            "backbone", "optimizer", "learning_rate"}
# Rooms may have a folder shared/, which the variants beside it may include and which includes none of them.
ARROWS = {
    # scalars only
    "check": set(), "errors": set(), "host_device": set(), "version": set(), "warning": set(),
    # what every policy and config says of itself
    "description": set(), "fields": {"description"}, "described": {"description", "fields"},
    # who is told of a run's steps
    "observer": set(),
    # the processes of a run
    "launch": set(), "communicator": set(), "communicators": {"communicator"}, "communicators/mpi": {"launch"},
    "collectives": {"communicator", "description"},
    "level": set(),
    "schedule": {"level"}, "schedules": {"level", "schedule"},
    "parameterization": {"level"}, "parameterizations": {"level", "parameterization"},
    "weighting": {"level", "parameterization", "described"}, "weightings": {"level", "weighting"},
    "grid": {"level", "described", "schedule", "schedules/shared/from_sigmas", "schedules/shared/inverse"},
    "grids": {"level", "schedule", "schedules/shared/from_sigmas", "schedules/shared/inverse", "grid"},
    "level_distribution": {"level", "schedule", "described", "random/philox"}, "level_distributions": {"level", "schedule", "schedules/shared/inverse", "level_distribution"},
    "sampler": {"level"}, "samplers": {"level", "sampler"},
    "sampling/plan": {"level", "random/philox"}, "sampling/trace": {"level", "sampler"}, "sampling/lower": {"level"},
    # tensors, and what is built of them
    "images": set(), "examples": {"images"},
    "random": {"tensor"}, "random/philox": set(), "random/noise_key": {"random/philox"}, "random/normal": set(), "random/shuffle": set(),
    "tensor": {"images"},
    "kernels": {"tensor", "random", "images"},
    "cpu": {"tensor", "random", "kernels"}, "cuda": {"tensor", "random", "kernels"},
    "autograd": {"tensor", "random", "kernels"},
    "ops": {"tensor", "random", "kernels", "autograd"},
    "nn": {"tensor", "random", "kernels", "autograd", "ops"},
    "backbone": {"tensor", "autograd", "images"},
    "backbones": {"tensor", "random", "autograd", "ops", "nn", "backbone", "images"},
    "baselines": {"tensor", "random", "autograd", "ops", "nn", "images"},
    "autoencoder": {"tensor", "autograd", "images"},
    "autoencoders": {"tensor", "random", "autograd", "ops", "nn", "autoencoder", "images"},
    "embeddings": {"tensor", "random", "autograd", "ops", "nn", "backbone"},
    "conditioning": {"tensor", "random", "kernels", "autograd", "level", "backbone", "examples"},
    "conditionings": {"tensor", "random", "kernels", "autograd", "ops", "level", "backbone", "conditioning"},
    "optimizer": {"tensor", "kernels", "autograd"},
    "optimizers": {"tensor", "kernels", "autograd", "optimizer"},
    "learning_rate": {"described"}, "learning_rates": {"learning_rate"},
    # files and pictures: host images, never tensors
    "io": {"images"},
    "data": {"images", "described", "examples", "io", "random/philox", "random/noise_key"},
    "metrics": {"images"},
    # compositions: concepts, and the variants that are their defaults
    "process": CONCEPTS | {"tensor", "random", "parameterizations", "conditionings"},
    "latent": CONCEPTS | {"process", "autoencoder", "tensor", "kernels", "autograd", "ops", "nn/walk", "images", "examples"},
    "guidance_rule": {"tensor", "autograd", "ops", "level"},
    "guidance_rules": {"tensor", "kernels", "autograd", "ops", "level", "guidance_rule"},
    "guidance": CONCEPTS | {"tensor", "autograd", "ops", "guidance_rule"},
    "sampling": CONCEPTS | {"observer", "process", "schedules/shared/inverse", "grids", "tensor", "random", "kernels", "autograd", "ops", "images"},
    "sample": CONCEPTS | {"kernels", "sampling", "nn/compute_copies", "tensor/named_range"},
    "training": CONCEPTS | {"process", "schedules/shared/from_sigmas", "schedules/shared/inverse", "autoencoder", "tensor", "random", "kernels", "autograd", "ops", "nn/flat_parameters", "nn/walk", "images",
                            "examples", "described", "communicator", "communicators/single_process", "collectives",
                            "learning_rates", "level_distributions", "weightings"},
    "train": {"observer", "kernels", "training", "collectives"},
    "memory_report": {"tensor", "autograd", "nn/walk", "backbone", "process", "io/number"},
    # schedulers of diffusers: compositions that a file names
    "diffusers": CONCEPTS | {"described", "description", "fields", "process", "parameterizations", "schedules", "grids", "samplers", "sampling",
                             "tensor", "io"},
    # what a library can hold ready
    "compiled": {"cpu", "tensor", "random", "kernels", "autograd", "nn", "backbones", "training/loss_pass"},
    # what training and networks leave in files; nothing of them is read by data sets and pictures
    "io/descriptions": {"fields", "described"}, "io/weights": {"nn/flat_parameters"}, "io/checkpoints": {"training", "communicator", "collectives"}, "io/checkpoint_parts": {"training"},
    "io/power_snapshots": {"training"},
    "io/run_identity": {"training"}, "io/observers": {"training"}, "io/film": {"sampling/frames"},
    "io/tensorboard": {"training"}, "io/diffusers_unet": {"backbone", "backbones/adm"},
    "io/diffusers_unet2d": {"backbones/unet2d", "description", "fields"}, "io/diffusers_unet2d_config": {"backbones/shared/unet2d_config"},
    "io/unet2d_keys": {"backbones/shared/unet2d_config"},
    "io/autoencoder_keys": {"autoencoders"}, "io/diffusers_autoencoder": {"autoencoders", "fields"},
    "io/diffusers_autoencoder_config": {"autoencoders"},
    "io/unet2d_keys": {"backbones/shared/unet2d_config"}, "io/diffusers_dit": {"backbones/dit", "description", "fields"},
    "io/diffusers_scheduler": {"schedule", "schedules"},
}

# header of another library -> where it may be included
FOREIGN = [
    (r"(unsupported/)?Eigen/", r"(cpu|metrics)/", "Eigen only in cpu/ and metrics/"),
    (r"nlohmann/", r"io/json\.hpp$", "JSON only in io/json.hpp"),
    (r"png\.h$", r"io/", "libpng only in io/"),
    (r"j(peglib|error)\.h$", r"io/", "libjpeg only in io/"),
    (r"zlib\.h$", r"(io|data)/", "zlib only in io/ and data/"),
    (r"cgif", r"io/gif\.hpp$", "cgif only in io/gif.hpp"),
    (r"mpi\.h$", r"communicators/mpi\.hpp$", "MPI only in communicators/mpi.hpp"),
    (r"(cuda|cudnn|cublas|curand|cub/|thrust/|nvtx)", r"cuda/", "CUDA only in cuda/"),
    (r"(doctest|CLI|benchmark)/", r"$^", "not a library of the headers"),
]

# words that a room does not know (comments and strings do not count)
UNKNOWN = [
    (r"(schedules|parameterizations|weightings|grids|level_distributions)/|(level|schedule|parameterization|weighting|grid|level_distribution)\.hpp$",
     r"Tensor|Backend|Eigen|Cpu|Cuda|Var|Tape"),
    (r"samplers/|sampler\.hpp$", r"Tensor|Backend|Eigen|Cpu|Cuda|Var|Tape|Process|LinearBeta|Cosine|ScaledLinear"),
    (r"(nn|backbones|baselines)/|backbone\.hpp$", r"Tape|Eigen|Cpu|Cuda|Ddpm|Ddim|Process|Level|Plan"),
    (r"ops/", r"Eigen|Cpu|Cuda|cudnn\w*|cublas\w*|Level|Process"),
    (r"cpu/", r"Tape|Var|Level|Process|Plan"),
    (r"cuda/", r"Tape|Var|Level|Process|Eigen"),
    (r"(io|data)/|images\.hpp$", r"Eigen|Tape|Var|Level|Process"),
    (r"metrics/", r"Tensor|Tape|Var|Level|Process"),
    (r"(training|sampling)/|(train|sample|process)\.hpp$", r"Eigen|Cuda|cudnn\w*"),
]


# what a locale changes -> where it may stand
LOCALES = [
    (r"\b[io]?stringstream\b", r"include/hush/(check|cuda/cudnn/choices)\.hpp$|bench/", "to_text() puts text together, in no locale"),
    (r"\b(stod|stof|stold|strtod|strtof|strtold|atof|[fs]?scanf|setlocale)\b", r"$^", "io/number.hpp reads numbers, in no locale"),
    (r"\b(is(alnum|alpha|digit|lower|punct|space|upper)|tolower|toupper)\b", r"(examples|bench)/", "letters are ASCII, in no locale"),
    (r"\bstrerror|(category\(\)|error)\.message\(", r"include/hush/io/disk\.hpp$", "system_words() says an errno, in no locale"),
    (r"\bJson::parse\b", r"include/hush/io/json\.hpp$", "parse_json reads JSON, in no locale"),
]
FRACTION = r'"[^"\n]*%[-+ #0]*[\d*]*(\.[\d*]+)?[lL]?[aAeEfFgG]\b'  # of printf


def locales(root, path):
    """What a program's locale would change in a header, or in a program's source (its terminal excepted: printf)."""
    name, source = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
    findings = []
    for number, line in enumerate(house.without_comments(source).splitlines(), 1):
        for pattern, allowed, rule in LOCALES:
            if (match := re.search(pattern, line)) and not re.match(allowed, name):
                findings.append(f"{name}:{number}: {match.group()}: {rule}")
    if "printf" in source:
        inside = "" if name.startswith("include/") else r"sn?printf.*"
        findings += [f"{name}:{number}: io/number.hpp writes fractions, in no locale"
                     for number, line in enumerate(source.splitlines(), 1) if re.search(inside + FRACTION, line)]
    return findings


def room(header):
    """`schedules/cosine.hpp` -> `schedules`, `level.hpp` -> `level`."""
    return header.split("/")[0].removesuffix(".hpp")


def judge(root, header):
    findings = []

    def say(line, what):
        findings.append(f"include/hush/{header}:{line}: {what}")

    here = room(header)
    source = house.text(root, header)
    code = house.without_comments(source)
    umbrella = header in house.UMBRELLAS
    if not umbrella and here not in ARROWS:
        say(1, f"the room {here} is not in the table of tests/checks/arrows.py")
        return findings
    allowed = ARROWS.get(here, set()) | ARROWS.get(header.removesuffix(".hpp"), set())
    for line, name in house.own_includes(root, header):
        if umbrella:
            continue
        there = room(name)
        if name in house.UMBRELLAS:
            say(line, f"{here} includes the list {name}")
        elif not (root / "include" / "hush" / name).exists():
            say(line, f"hush/{name} does not exist")
        elif there == here and here in set(house.PLURALS) | {"ops"} and not name.startswith(f"{here}/shared/"):
            say(line, f"siblings never meet: {header} includes {name}")
        elif there != here and there not in FLOOR and not {there, name.removesuffix(".hpp")} & allowed:
            say(line, f"{here} may not include {there} (hush/{name})")
    for line, name in house.includes(source):
        for pattern, allowed, rule in FOREIGN:
            if re.match(pattern, name) and not re.match(allowed, header):
                say(line, f"{rule}: <{name}>")
    if re.search(r'#\s*include\s*"', source):
        say(1, "headers are included as <hush/...>")
    for number, line in enumerate(code.splitlines(), 1):
        if header != "host_device.hpp" and re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
            say(number, "#if only in host_device.hpp")
        if header not in ("host_device.hpp", "version.hpp") and re.match(r"\s*#\s*define\b", line):
            say(number, "macros only in host_device.hpp and version.hpp")
        for rooms, words in UNKNOWN:
            if re.match(rooms, header) and (match := re.search(rf"\b(?:{words})\b", line)):
                say(number, f"{here} does not know the word {match.group()}")
    if not re.match(r"(//[^\n]*\n)*#pragma once\n", source):
        say(1, "#pragma once is missing at the top")
    return findings


def cycles(root, all_headers):
    """Headers that reach themselves."""
    findings = []
    for header in all_headers:
        for line, name in house.own_includes(root, header):
            if header in house.closure(root, name):
                findings.append(f"include/hush/{header}:{line}: hush/{name} leads back here")
    return findings


def core_without_files(root, all_headers):
    """<hush/core.hpp> lists nothing of data/, reads nothing of io/ and no library but Eigen."""
    if "core.hpp" not in all_headers:
        return []
    findings = [f"include/hush/core.hpp:1: reaches hush/{name}" for name in sorted(house.closure(root, "core.hpp"))
                if room(name) == "io"]
    findings += [f"include/hush/core.hpp:{line}: lists hush/{name}" for line, name in house.own_includes(root, "core.hpp")
                 if room(name) == "data"]
    findings += [f"include/hush/core.hpp:1: reaches <{name}>" for name in sorted(house.outside(root, "core.hpp"))
                 if re.match(r"(nlohmann/|png\.h|jpeglib\.h|zlib\.h|cgif|mpi\.h)", name)]
    return findings


def map_of_rooms(root, all_headers):
    """docs/architecture.md has each room in its table, and no other."""
    page = root / "docs" / "architecture.md"
    if not page.exists():
        return []
    rows = [line.split("|")[1] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = {name.rstrip("/") for row in rows for name in re.findall(r"`([\w/]+)`", row)}
    rooms = {room(header) for header in all_headers if header not in house.UMBRELLAS}
    return ([f"docs/architecture.md:1: the table lacks the room {name}" for name in sorted(rooms - listed)] +
            [f"docs/architecture.md:1: there is no room {name}" for name in sorted(listed - rooms)])


def main():
    root = house.arguments(__doc__).root
    all_headers = house.headers(root)
    findings = [finding for header in all_headers for finding in judge(root, header)]
    findings += cycles(root, all_headers) + map_of_rooms(root, all_headers) + core_without_files(root, all_headers)
    for folder in ("include", "examples", "bench"):
        for path in sorted((root / folder).rglob("*.?pp")):
            findings += locales(root, path)
    house.finish(findings, len(all_headers))


if __name__ == "__main__":
    main()
