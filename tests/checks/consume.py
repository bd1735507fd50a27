"""Tiny projects that use hush the ways there are: installed, as a sub-folder, the core alone, by bare -I; and with nvcc
installed, as a sub-folder, and in two libraries for two architectures. What there is no nvcc or cuDNN for is skipped.

--build names a configured build folder of hush; it is installed into a temporary prefix.
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


def main():
    chosen = house.arguments(__doc__, ("--build", {"required": True, "type": pathlib.Path}),
                             ("--only", {"help": "one of find_package, core_only, add_subdirectory, plain_include, cuda, "
                                         "cuda_subdirectory, cuda_two"}))
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
        }
        nvcc = compilers.find("nvcc")
        if nvcc and (prefix / "share" / "cmake" / "hush" / "hush-cuda.cmake").exists():
            compiler, package = f"-DCMAKE_CUDA_COMPILER={nvcc}", f"-DCMAKE_PREFIX_PATH={prefix}"
            one = "-DCMAKE_CUDA_ARCHITECTURES=90-real"
            ways |= {
                "cuda": lambda: project(root, scratch, "cuda", package, compiler, one),
                "cuda_subdirectory": lambda: project(root, scratch, "cuda_subdirectory", f"-DHUSH={root}", compiler, one),
                "cuda_two": lambda: two(root, scratch, prefix, compiler),
            }
        else:
            print("cuda, cuda_subdirectory, cuda_two: skipped, " + (
                "because hush was configured without cuDNN" if nvcc else "because there is no nvcc here"))
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
