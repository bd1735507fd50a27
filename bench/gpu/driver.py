"""scripts/gpu_bench: measures one cell, hush and PyTorch in turn on one GPU, and merges it into the table.

  scripts/gpu_bench --network fashion_mnist --batch 16 --precision bf16
  scripts/gpu_bench --network fashion_mnist --batch 16 --precision bf16 --full      torch.compile(max-autotune) too
  scripts/gpu_bench ... --json cell.json      into a file of its own, for `python3 bench/gpu/merge.py cell.json` later

A cell is a network, a batch and a precision: forward pass, whole sampling run, training step, each in rounds (hush,
PyTorch, hush, PyTorch, ...), of which the median counts, with the peak memory of each and the floor of
bench/roofline.py. It takes at most `--minutes`; rounds are left out when time is short, and a part that ran out of time
says so in its place.

It needs a GPU, hush_gpu_bench (see docs/benchmarks/gpu.md) and a Python with torch. Exit code 77: no GPU here.
"""

import argparse
import ctypes
import datetime
import json
import os
import pathlib
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import merge
import roofline  # merge has put bench/ on the path

ROOT = merge.ROOT
PROGRAMS = [ROOT / "build" / preset / "bench/gpu/hush_gpu_bench" for preset in ("cuda", "gpu", "release")]
PEER = ROOT / "bench/peers/gpu.py"
# The parts, their share of the time, and how long one round of one row is measured.
PARTS = {"forward": (2, 1.5), "sampling": (2, 3), "training": (3, 2)}


def has_gpu():
    """Whether the driver counts at least one device."""
    try:
        driver, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_int(0)
    except OSError:
        return False
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def last_words(text):
    """The last line of an error output, short enough for a table."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else "ended without a word")[:200].replace("|", "/")


class Answer(dict):
    """A reply of a program, or {"error": words}."""

    @classmethod
    def of(cls, text, errors=""):
        try:
            return cls(json.loads(text.strip().splitlines()[-1]))
        except (IndexError, ValueError):
            return cls(error=last_words(errors))


class OneShot:
    """A row whose program is started for each measurement: hush_gpu_bench. `patience` is its share of the time when
    others wait too."""

    def __init__(self, command, patience=1):
        self.command, self.patience = command, patience

    def ask(self, part, seconds, limit):
        try:
            made = subprocess.run(
                [*self.command, "--part", part, "--seconds", str(seconds)],
                capture_output=True,
                text=True,
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            return Answer(error=f"ran out of its {limit:.0f} s")
        except OSError as error:
            return Answer(error=last_words(str(error)))
        return Answer.of(made.stdout, made.stderr)

    def close(self):
        pass


class Served:
    """A row whose program stays, so that what it compiled serves all rounds: PyTorch. It is ended when time runs out,
    and started again for the next part."""

    def __init__(self, command, patience):
        self.command, self.patience, self.process = command, patience, None

    def start(self):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*self.command, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            start_new_session=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, args=(self.process.stdout, self.lines), daemon=True).start()

    @staticmethod
    def listen(stream, lines):
        for line in stream:
            if line.startswith("{"):
                lines.put(line)
        lines.put(None)

    def ask(self, part, seconds, limit):
        try:
            if self.process is None:
                self.start()
            self.process.stdin.write(f"{part} {seconds}\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            self.close()
            return Answer(error=f"ran out of its {limit:.0f} s")
        except OSError as error:
            line, words = None, str(error)
        if line is not None:
            return Answer.of(line)
        if self.process is not None:
            self.errors.seek(0)
            words = self.errors.read()
        self.close()
        return Answer(error=last_words(words))

    def close(self):
        if self.process is None:
            return
        try:  # the program and its compilers, which are a process group of their own
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdin.close()
        self.process = None


class Measurement:
    """One cell in the making: asks the rows in turn, part after part, within a time."""

    def __init__(self, rows, rounds, minutes, expect, seconds=None, say=print):
        self.rows, self.rounds, self.expect, self.seconds, self.say = rows, rounds, expect, seconds, say
        self.end = time.monotonic() + 60 * minutes
        self.answers = {row: {part: [] for part in PARTS} for row in rows}
        self.said = {row: {} for row in rows}

    def run(self):
        try:
            left = sum(share for share, _ in PARTS.values())
            for part, (share, seconds) in PARTS.items():
                now = time.monotonic()
                self.measure(part, self.seconds or seconds, now + (self.end - now) * share / left)
                left -= share
        finally:
            for row in self.rows.values():
                row.close()

    def measure(self, part, seconds, end):
        """All rounds of a part. The first gives each row its share of the time, so that one that hangs starves no
        other; later ones are begun only where the last one says that they will fit."""
        longest = {}
        for number in range(self.rounds):
            waiting = [name for name in self.rows if part not in self.said[name]]
            while waiting:
                limit = end - time.monotonic()
                if number == 0:
                    limit *= self.rows[waiting[0]].patience / sum(self.rows[name].patience for name in waiting)
                name = waiting.pop(0)
                if number == 0 or 1.2 * longest[name] < limit:
                    longest[name] = self.ask(part, name, number, seconds, limit)

    def ask(self, part, name, number, seconds, limit):
        """Asks a row once and keeps what it says. The time this took, without what only the first time takes."""
        started = time.monotonic()
        if seconds > limit:
            self.said[name][part] = "no time was left"
            return 0
        answer = self.checked(self.rows[name].ask(part, seconds, limit))
        taken = time.monotonic() - started
        if "error" in answer:
            self.said[name][part] = outcome = answer["error"]
        else:
            self.answers[name][part].append(answer)
            outcome = f"{1e3 * answer['seconds']:.4g} ms"
        self.say(f"{part:9} round {number + 1}  {name:22} {outcome}  ({taken:.0f} s)", flush=True)
        return taken - (answer.get("prepare_seconds", 0) if isinstance(self.rows[name], Served) else 0)

    def checked(self, answer):
        for name, value in self.expect.items():
            if "error" not in answer and answer.get(name) != value:
                return Answer(error=f"measured another thing: {name} is {answer.get(name)}, not {value}")
        return answer

    def found(self, name, part):
        """What goes into the cell: the median of the rounds, or the words why there is none."""
        answers = self.answers[name][part]
        if not answers:
            return {"said": self.said[name][part]} if part in self.said[name] else {}
        rounds = [answer["seconds"] for answer in answers]
        found = {
            "seconds": statistics.median(rounds),
            "rounds": rounds,
            "calls": sum(answer["calls"] for answer in answers),
            "peak_bytes": max(answer.get("peak_bytes", 0) for answer in answers) or None,
            "prepare_seconds": max(answer.get("prepare_seconds", 0) for answer in answers),
        }
        if part in self.said[name]:
            found["then"] = self.said[name][part]
        return found

    def cell(self, chosen, commit):
        """The cell, or None if nothing answered."""
        replies = [answer for row in self.answers.values() for part in row.values() for answer in part]
        if not replies:
            return None
        device = replies[0]["device"]
        known = roofline.device_called(device)
        floors = known and roofline.floors(chosen.network, chosen.precision, chosen.batch, known, replies[0]["steps"])
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            "network": chosen.network,
            "precision": chosen.precision,
            "batch": chosen.batch,
            "device": device,
            "commit": commit,
            "date": now.date().isoformat(),
            "time": f"{now:%H:%M}",
            "steps": replies[0]["steps"],
            "torch": next((answer["version"] for answer in replies if "version" in answer), None),
            "floors": floors and {part: floors[part] for part in PARTS},
            "rows": {
                row: {part: self.found(row, part) for part in PARTS if self.found(row, part)} for row in self.rows
            },
        }


def commit_of(root):
    """The short commit, with + if the tree differs from it; "unknown" without git."""

    def git(*words):
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + (
            "+" if git("status", "--porcelain", "--untracked-files=no") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def rows_of(chosen, program):
    """The rows of a cell in the order in which they are asked."""
    common = ["--network", chosen.network, "--batch", str(chosen.batch), "--precision", chosen.precision]
    if chosen.steps:
        common += ["--steps", str(chosen.steps)]
    peer = [chosen.python, "-B", str(PEER), *common, *(["--device", "cpu"] if chosen.rehearse else [])]
    rows = {}
    for way in ("eager", "graph"):
        rows[f"hush {way}"] = OneShot([str(program), *common, "--way", way])
        if chosen.torch:
            torch_way = "eager" if way == "eager" else "reduce-overhead"
            rows[f"torch {torch_way}"] = Served([*peer, "--way", torch_way], 2 if way == "eager" else 5)
    if chosen.torch and chosen.full:
        rows["torch max-autotune"] = Served([*peer, "--way", "max-autotune"], 15)
    return rows


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="scripts/gpu_bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", required=True, choices=roofline.table())
    parser.add_argument("--batch", required=True, type=int)
    parser.add_argument("--precision", required=True, choices=roofline.BYTES)
    parser.add_argument(
        "--full", action="store_true", help="torch.compile(max-autotune) too; 20 minutes if not said otherwise"
    )
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        metavar="FILE",
        help="merge the cell into this file; else into docs/benchmarks/gpu.json, and its table is written",
    )
    parser.add_argument("--rounds", type=int, default=3, help="at most (default: 3)")
    parser.add_argument("--minutes", type=float, help="at most (default: 7.5, with --full 20)")
    parser.add_argument("--seconds", type=float, help="how long one round of one row is measured (default: 1.5 to 3)")
    parser.add_argument(
        "--steps", type=int, help="network calls of a sampling run (default: as the network's table says)"
    )
    parser.add_argument("--program", type=pathlib.Path, help="hush_gpu_bench (default: looked for below build/)")
    parser.add_argument("--python", default=sys.executable, help="a Python that has torch (default: this one)")
    parser.add_argument("--no-torch", dest="torch", action="store_false", help="hush alone")
    parser.add_argument("--commit", help="what was built, where there is no git to ask")
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="without a GPU, on the CPU, to try the benchmark itself: wants --program (hush_gpu_bench_rehearsal) "
        "and --json, since its numbers are of no interest",
    )
    chosen = parser.parse_args(words)
    if chosen.batch < 1 or chosen.rounds < 1 or (chosen.steps is not None and chosen.steps < 1):
        parser.error("--batch, --rounds and --steps must be at least 1")
    if chosen.rehearse and (not chosen.program or not chosen.json or chosen.json.resolve() == merge.JSON):
        parser.error("--rehearse wants --program, and --json with a file of its own")
    chosen.minutes = chosen.minutes or (20 if chosen.full else 7.5)
    return chosen


def main(words=None):
    chosen = arguments(words)
    if not chosen.rehearse and not has_gpu():
        print(
            "gpu_bench: there is no NVIDIA GPU with its driver on this machine, and nothing else is measured: skipped",
            file=sys.stderr,
        )
        return 77
    program = chosen.program or next((path for path in PROGRAMS if path.exists()), None)
    if program is None or not program.exists():
        print(
            f"gpu_bench: {program or 'hush_gpu_bench'} is not there; docs/benchmarks/gpu.md says how to build it, "
            "--program where it is",
            file=sys.stderr,
        )
        return 2
    expect = {
        "network": chosen.network,
        "batch": chosen.batch,
        "parameters": roofline.table()[chosen.network]["parameters"],
        "steps": chosen.steps or roofline.table()[chosen.network]["steps"],
    }
    measurement = Measurement(rows_of(chosen, program), chosen.rounds, chosen.minutes, expect, chosen.seconds)
    measurement.run()
    cell = measurement.cell(chosen, chosen.commit or commit_of(ROOT))
    if cell is None:
        print("gpu_bench: nothing could be measured", file=sys.stderr)
        return 1
    into = chosen.json or merge.JSON
    merge.write(into, merge.merge(merge.read(into), [cell]))
    print(merge.table_of([cell]))
    if not chosen.json:
        merge.main([])
    return 0


if __name__ == "__main__":
    sys.exit(main())
