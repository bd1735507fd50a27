"""Calling compilers: flags, CPU time, several at once."""
import concurrent.futures
import os
import pathlib
import resource
import shlex
import shutil
import subprocess
import time

import house


def usual():
    """The compiler that $CXX names, `ccache g++` being g++; g++ where it names none."""
    return shlex.split(os.environ.get("CXX", "") or "g++")[-1]


def find(name):
    """Path of a compiler, nvcc's usual folder included; None where there is none."""
    return shutil.which(name) or (shutil.which("nvcc", path="/usr/local/cuda/bin") if name == "nvcc" else None)


def flags(root):
    """What a user of the headers passes: the standard, the include folders, nothing else."""
    return ["-std=c++20", f"-I{root / 'include'}", *eigen()]


def eigen():
    """-I of Eigen: HUSH_EIGEN, or what pkg-config says, or Debian's folder."""
    if folder := os.environ.get("HUSH_EIGEN"):
        return [f"-I{folder}"]
    if shutil.which("pkg-config"):
        answer = subprocess.run(["pkg-config", "--cflags", "eigen3"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return shlex.split(answer.stdout)
    return ["-I/usr/include/eigen3"] if pathlib.Path("/usr/include/eigen3").is_dir() else []


def toolkit():
    """-isystem of the CUDA toolkit that nvcc belongs to, if cuDNN's headers are there too; empty without."""
    nvcc = find("nvcc")
    folder = pathlib.Path(nvcc).resolve().parents[1] / "include" if nvcc else None
    return ["-isystem", str(folder)] if folder and (folder / "cudnn.h").exists() else []


def mpi(compiler):
    """Flags for the C interface of MPI as Debian's pkg-config knows it; None where there is no MPI."""
    found = []
    if shutil.which("pkg-config"):
        answer = subprocess.run(["pkg-config", "--cflags", "mpi"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            found = [flag.replace("-I", "-isystem", 1) for flag in shlex.split(answer.stdout)]
    found += ["-DMPICH_SKIP_MPICXX", "-DOMPI_SKIP_MPICXX"]
    there = run([compiler, *found, "-x", "c++", "-fsyntax-only", "-"], "#include <mpi.h>\n")[0] == 0
    return found if there else None


def run(command, source=None):
    """(exit status, stdout and stderr together) of one compiler run; `source` goes to its standard input."""
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def cpu_seconds(command, budget, tries=3, source=None):
    """Best user + system seconds of up to `tries` runs; stops as soon as one is within the budget."""
    best = float("inf")
    for _ in range(tries):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        status, words = run(command, source)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status != 0:
            raise RuntimeError(words)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if best <= budget:
            break
        time.sleep(0.2)
    return best


def each(jobs, work, items):
    """work(item) for all items, `jobs` at a time, results in order."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, items))


def first_error(words):
    """The line of a compiler's output that says what is wrong."""
    lines = [line for line in words.splitlines() if "error" in line] or words.splitlines() or ["no output"]
    return lines[0].replace(str(house.ROOT) + "/", "")
