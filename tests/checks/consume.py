"""Tiny projects that use hush the four ways there are: installed, as a sub-folder, the core alone, and by bare -I.

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
                             ("--only", {"help": "one of find_package, add_subdirectory, core_only, plain_include"}))
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
