"""Tiny projects that use hush the ways there are: installed, as a sub-folder, the core alone, by bare -I; and with nvcc
installed, as a sub-folder, and in two libraries for two architectures. What there is no nvcc or cuDNN for is skipped.
Others are configured only: what find_package answers to each list of components, what a sub-project does and leaves alone,
a library of the user's own that is exported.

--build names a configured build folder of hush; it is installed into a temporary prefix. About 40 s without nvcc.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

import compilers
import house


class Failed(Exception):
    """A step of a consumer went wrong; the text is the command's own output."""


def do(*command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        raise Failed(f"{' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def project(root, scratch, name, *definitions):
    """Configures, builds and runs tests/consume/<name>."""
    build = scratch / name
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    do("cmake", *generator, "-S", root / "tests" / "consume" / name, "-B", build, "-DCMAKE_BUILD_TYPE=Debug",
       *definitions)
    do("cmake", "--build", build)
    return do(build / "consumer")


def configured(root, build, name, *definitions):
    """(whether CMake was content, what it said on one line) of tests/consume/<name>, configured without a build type."""
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    done = subprocess.run(["cmake", *generator, "-S", str(root / "tests" / "consume" / name), "-B", str(build),
                           "-DCMAKE_BUILD_TYPE=", *definitions], capture_output=True, text=True, check=False)
    return done.returncode == 0, " ".join((done.stdout + done.stderr).split())


def expect(what, words, present=(), absent=()):
    """Fails unless the words hold each of `present` and none of `absent`."""
    wrong = [f"no `{each}`" for each in present if each not in words] + [f"`{each}`" for each in absent if each in words]
    if wrong:
        raise Failed(f"{what}: {', '.join(wrong)} in\n{words}")


SLOW = "CMAKE_BUILD_TYPE is not set"
GIF = "hush::gif needs what was not found: CGIF (Debian and Ubuntu: libcgif-dev)"
# What follows find_package(hush; what is as if not installed; whether CMake is content; what it says; what it must not say.
ANSWERS = [
    ("REQUIRED", "", True, ("found: 1", "has core, TRUE", "has hush, TRUE", "has gif, TRUE"), ()),
    ("REQUIRED", "CGIF;CUDAToolkit", True, ("found: 1", "has hush, TRUE"), ("has gif", "has cuda", "left out")),
    ("REQUIRED", "CUDNN", True, ("has gif, TRUE",), ("has cuda",)),
    ("REQUIRED COMPONENTS core OPTIONAL_COMPONENTS gif cuda", "CGIF;CUDNN", True,
     ("found: 1", "has core, TRUE", f"optional component left out: {GIF}", "left out: hush::cuda needs"),
     ("has gif", "has cuda")),
    ("REQUIRED COMPONENTS hush OPTIONAL_COMPONENTS colour", "", True,
     ("found: 1", "has hush", "left out: hush has no component colour; it has headers, core, hush, gif, cuda"), ()),
    ("REQUIRED COMPONENTS colour", "", False, ("hush has no component colour; it has headers, core, hush, gif, cuda",), ()),
    ("REQUIRED COMPONENTS gif", "CGIF", False, (GIF,), ()),
    ("REQUIRED COMPONENTS mpi", "MPI", False, ("hush::mpi needs what was not found: MPI (Debian and Ubuntu: libmpich-dev",), ()),
    ("COMPONENTS gif hush", "CGIF", True, (GIF, "found: 0", "has hush, TRUE"), ("has gif",)),
    ("QUIET OPTIONAL_COMPONENTS gif", "CGIF", True, ("found: 1",), ("left out", SLOW)),
    ("REQUIRED COMPONENTS hush", "PNG;Eigen3", False, ("Eigen3 (Debian and Ubuntu: libeigen3-dev), PNG",), ()),
    ("REQUIRED COMPONENTS headers", "Eigen3;PNG", True, ("has headers, TRUE",), ("has core",)),
]


def components(root, scratch, prefix):
    """What find_package says to each list of components; it leaves nothing of its own behind."""
    build = scratch / "components"
    for ask, without, content, present, absent in ANSWERS:
        what = f"find_package(hush {ask}) without {without or 'nothing'}"
        good, words = configured(root, build, "components", f"-DCMAKE_PREFIX_PATH={prefix}",
                                 f"-DASK={ask.replace(' ', ';')}", f"-DWITHOUT={without}")
        if good != content:
            raise Failed(f"{what} {'should not be content' if good else 'failed'}:\n{words}")
        if good:
            present = (*present, f"path: {root}/tests/consume/components/own -- found")
        expect(what, words, present, (*absent, "leaked"))
    for flag, times in (("-DCMAKE_CXX_FLAGS=", 1), ("-DCMAKE_CXX_FLAGS=-O2 -g", 0), ("-DCMAKE_BUILD_TYPE=Release", 0)):
        _, words = configured(root, build, "components", "-DASK=REQUIRED", "-DWITHOUT=", flag)
        if words.count(SLOW) != times:
            raise Failed(f"`{SLOW}` should be said {times} times with {flag}:\n{words}")
    return f"{len(ANSWERS)} answers of find_package"


def fetch_content(root, scratch):
    """FetchContent's way: nothing looks for nvcc in a project without the language CUDA, the build type is missed once."""
    build = scratch / "fetch_content"
    good, words = configured(root, build, "fetch_content", f"-DFETCHCONTENT_SOURCE_DIR_HUSH={root}")
    if not good or words.count(SLOW) != 1:
        raise Failed(f"should be configured, and say `{SLOW}` once:\n{words}")
    if "CMAKE_CUDA" in (build / "CMakeCache.txt").read_text():
        raise Failed(f"looked for a CUDA compiler:\n{words}")
    return "configured"


def compiled(root, scratch, prefix):
    """hush::compiled of an installed hush: its units are written for the project that asks (the examples here build one)."""
    good, words = configured(root, scratch / "compiled", "compiled", f"-DCMAKE_PREFIX_PATH={prefix}",
                             "-DCMAKE_BUILD_TYPE=Release")
    units = sorted(path.name for path in (scratch / "compiled" / "hush_compiled").glob("*.cpp"))
    if not good or units != ["double_kernels.cpp", "float_kernels.cpp", "networks.cpp"]:
        raise Failed(f"should be configured with three units, has {units}:\n{words}")
    return "configured"


def exported(root, scratch):
    """A library of the user's on hush in a sub-folder, installed and found; CMake's refusal where hush is not installed."""
    prefix = scratch / "mine"
    good, words = configured(root, scratch / "exported", "exported", f"-DHUSH={root}", f"-DCMAKE_INSTALL_PREFIX={prefix}")
    if not good:
        raise Failed(words)
    do("cmake", "--install", scratch / "exported")
    good, words = configured(root, scratch / "exported_user", "exported/user", f"-DCMAKE_PREFIX_PATH={prefix}")
    if not good:
        raise Failed(words)
    return "exported, installed and found"


def symbols(library, *options):
    """The symbols that a library defines: all, or with --dynamic those that it may share with others."""
    return {line.split()[-1] for line in do("nm", "--defined-only", *options, library).splitlines()}


def two(root, scratch, prefix, compiler):
    """Libraries for sm_80 and sm_90 in one process: each must have kernels of its own and share nothing of the backend."""
    said = project(root, scratch, "cuda_two", f"-DCMAKE_PREFIX_PATH={prefix}", compiler)
    if shutil.which("nm"):
        files = [scratch / "cuda_two" / f"lib{name}.so" for name in ("ampere", "hopper")]
        for file, names in zip(files, ("cuda_800_", "cuda_900_")):
            kernels = {symbol for symbol in symbols(file) if "run_body" in symbol}
            if not kernels or any(names not in symbol for symbol in kernels):
                raise Failed(f"{file.name} should have kernels, all of them in {names}..., and has\n{sorted(kernels)}")
        one, other = (symbols(file, "--dynamic") for file in files)
        if shared := {symbol for symbol in one & other if "cuda_" in symbol}:
            raise Failed(f"both libraries define {sorted(shared)}")
    return said


def bare(root, scratch, prefix):
    """One compiler call on the installed folder, with the flags that hush.pc gives."""
    program = scratch / "bare"
    folder = prefix / "share" / "pkgconfig"
    if shutil.which("pkg-config"):
        flags = do("pkg-config", "--cflags", "--libs", "hush", PKG_CONFIG_PATH=str(folder)).split()
    else:
        flags = [f"-I{prefix / 'include'}", *compilers.eigen(), "-lpng", "-lz", "-pthread"]
    do(compilers.find(compilers.usual()), "-std=c++20", root / "tests" / "consume" / "everything.cpp", "-o", program,
       *flags, "-lcgif")
    return do(program)


def with_cuda(build):
    """Whether hush was configured with CUDA, so that what takes minutes to compile is wanted."""
    cache = (build / "CMakeCache.txt").read_text()
    return "HUSH_CUDA:STRING=OFF" not in cache and "CUDNN_LIBRARY:FILEPATH=/" in cache


def main():
    chosen = house.arguments(__doc__, ("--build", {"required": True, "type": pathlib.Path}),
                             ("--only", {"help": "one of find_package, core_only, add_subdirectory, plain_include, "
                                         "components, fetch_content, compiled, exported, cuda, cuda_subdirectory, cuda_two"}))
    root = chosen.root
    findings, checked = [], 0
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        prefix = scratch / "prefix"
        do("cmake", "--install", chosen.build, "--prefix", prefix)
        ways = {
            "find_package": lambda: project(root, scratch, "find_package", f"-DCMAKE_PREFIX_PATH={prefix}"),
            "core_only": lambda: project(root, scratch, "core_only", f"-DCMAKE_PREFIX_PATH={prefix}"),
            "add_subdirectory": lambda: project(root, scratch, "add_subdirectory", f"-DHUSH={root}"),
            "plain_include": lambda: bare(root, scratch, prefix),
            "components": lambda: components(root, scratch, prefix),
            "fetch_content": lambda: fetch_content(root, scratch),
            "compiled": lambda: compiled(root, scratch, prefix),
            "exported": lambda: exported(root, scratch),
        }
        nvcc = compilers.find("nvcc")
        if nvcc and with_cuda(chosen.build):
            compiler, package = f"-DCMAKE_CUDA_COMPILER={nvcc}", f"-DCMAKE_PREFIX_PATH={prefix}"
            one = "-DCMAKE_CUDA_ARCHITECTURES=90-real"
            ways |= {
                "cuda": lambda: project(root, scratch, "cuda", package, compiler, one),
                "cuda_subdirectory": lambda: project(root, scratch, "cuda_subdirectory", f"-DHUSH={root}", compiler, one),
                "cuda_two": lambda: two(root, scratch, prefix, compiler),
            }
        else:
            print("cuda, cuda_subdirectory, cuda_two: skipped, " + (
                "because hush was configured without CUDA" if nvcc else "because there is no nvcc here"))
        for name, way in ways.items():
            if chosen.only and name != chosen.only:
                continue
            checked += 1
            try:
                print(f"{name}: {way().strip()}")
            except Failed as wrong:
                findings.append(f"{name}: {wrong}")
    house.finish(findings, checked)


if __name__ == "__main__":
    main()
