#!/usr/bin/env python3
"""Times hush on this CPU beside the runtimes that one would take instead, in turn: hush, eager, channels_last, compile,
openvino, onnxruntime, hush, ... Prints the medians as Markdown. build/release/bench/hush_bench must be built, and
build/release/examples/fashion_mnist for the start; the peers need torch, and openvino or onnxruntime, onnx, onnxscript.
What is not installed is named and left out.

  python3 bench/peers/cpu.py --rounds 5 --threads 2 1 --json cpu.json --markdown cpu.md
  python3 bench/peers/cpu.py --cells 'small/forward/*' start --peers eager compile

Cells
  NETWORK/forward/BATCH            a call of the network
  NETWORK/sampling/BATCH           a run of 20 steps of DDIM, the start of the process left out
  NETWORK/training_step/BATCH      forward, backward, AdamW and an average of the weights; beside PyTorch only
  memory/NETWORK/PART/BATCH        the most that was resident, less what was resident before the network was built; a
                                   fresh process each, three rounds at most, with the most threads only
  start                            from the start of the process to the first picture on disk (examples/fashion_mnist
                                   sample, 10 steps), beside `python3 -c "import torch"` alone

Peers: PyTorch eager in both layouts, torch.compile with frozen weights, OpenVINO (from its IR, latency hint), ONNX
Runtime (from torch.onnx's file). All compute in float with the number of threads that is asked for. `difference` is the
largest one to PyTorch's output in double for the same weights and images. hush draws weights of its own and has no such
row: its tests compare it with double. Compiling, exporting and warming up are left out of the times. Of torch.compile's
memory, what its compiler takes is in the first round only: later ones find its cache. Close other programs."""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import cpu_report
from cpu_cells import DDIM_STEPS, PACKAGES, chosen_cells, does, how_it_ended, name_of, present

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = pathlib.Path(__file__).resolve().parent / "cpu_peers.py"
WEIGHTS = ROOT / "examples/fashion_mnist/weights/fashion_mnist_small.safetensors"
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}


class Served:
    """A peer in a process of its own, which stays until it is closed. One that ends by itself has no figure for that
    cell, and a new one is started for the next."""

    def __init__(self, peer, threads, models):
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "TORCHINDUCTOR_CACHE_DIR": f"{models}/inductor"}
        command = [sys.executable, "-B", str(PEER), "--peer", peer, "--threads", str(threads), "--models", models]
        self.start = lambda errors: subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
        self.process = None

    def ask(self, network, part, batch, **more):
        order = {"network": network, "part": part, "batch": batch, **more}
        if self.process is None:
            self.errors = tempfile.TemporaryFile("w+")
            self.process = self.start(self.errors)
        try:
            print(json.dumps(order), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            status = self.close()
            self.errors.seek(0)
            return {"error": how_it_ended(status, self.errors.read())}

    def close(self):
        """The exit status; None where none was started."""
        process, self.process = self.process, None
        if process is None:
            return None
        with contextlib.suppress(OSError):
            process.stdin.close()
        return process.wait()


class Hush:
    """hush_bench, a process for each measurement."""

    def __init__(self, program, threads):
        self.program, self.threads = program, threads

    def ask(self, network, part, batch, seconds=0.2, memory=False):
        name = f"network/cpu/{name_of(network, part, batch)}/real_time"
        command = [self.program, f"--benchmark_filter=^{name}$", "--benchmark_format=json"]
        environment = {**os.environ, "HUSH_BENCH_THREADS": str(self.threads)}
        if memory:
            environment["HUSH_BENCH_MEMORY"] = "1"
        made = subprocess.run(
            [*command, f"--benchmark_min_time={seconds}"], capture_output=True, text=True, env=environment
        )
        try:
            row = json.loads(made.stdout)["benchmarks"][0]
        except (ValueError, KeyError, IndexError):
            if made.returncode:
                return {"error": how_it_ended(made.returncode, made.stderr)}
            return {"error": f"{self.program} says nothing of {name}: build it anew"}
        if memory:
            return {"peak_bytes": row["peak_bytes"]}
        return {"seconds": row["real_time"] * UNITS[row["time_unit"]]}

    def close(self):
        pass


def gathered(answers, key):
    """Of a row's answers: the figures of all rounds, their median, and the difference; or the error."""
    errors = [answer["error"] for answer in answers if "error" in answer]
    if errors:
        return {"error": errors[0]}
    figures = [answer[key] for answer in answers]
    row = {key: statistics.median(figures), "rounds": figures}
    if "difference" in answers[0]:
        row["difference"] = answers[0]["difference"]
    return row


def in_turn(rows, rounds, ask):
    """The answers of every row, by name; a row that failed is not asked again."""
    answers = {name: [] for name in rows}
    for _ in range(rounds):
        for name, row in rows.items():
            if not any("error" in answer for answer in answers[name]):
                answers[name].append(ask(name, row))
    return answers


class Bench:
    def __init__(self, chosen, peers, models):
        self.chosen, self.peers, self.models = chosen, peers, models

    def say(self, words):
        print(f"cpu.py: {words}", file=sys.stderr, flush=True)

    def export(self, cells):
        """Writes the networks for the peers that are not there yet; which failed shows in their cells."""
        for network, batch in sorted({(network, batch) for network, part, batch in cells if part != "training_step"}):
            if not self.peers:
                return
            if (pathlib.Path(self.models) / f"{network}-{batch}" / "check.pt").exists():
                continue
            self.say(f"exports {network}, batch {batch}")
            command = [sys.executable, "-B", str(PEER), "--models", self.models, "--opset", str(self.chosen.opset)]
            made = subprocess.run(
                [*command, "--export", network, str(batch), "--peers", *self.peers], capture_output=True, text=True
            )
            if made.returncode:
                self.say(f"could not export {network}: {how_it_ended(made.returncode, made.stderr)}")

    def rows(self, part, make):
        """hush first, then the peers that do this part, each made by `make`."""
        return {name: make(name) for name in ["hush", *self.peers] if does(name, part) or name == "hush"}

    def served(self, name, threads):
        return Hush(self.chosen.bench, threads) if name == "hush" else Served(name, threads, self.models)

    def times(self, cells, threads):
        found, everyone = [], {name: self.served(name, threads) for name in ["hush", *self.peers]} if cells else {}
        for cell in cells:
            self.say(f"{name_of(*cell)}, threads: {threads}")
            rows = self.rows(cell[1], everyone.__getitem__)
            answers = in_turn(
                rows, self.chosen.rounds, lambda _, row: row.ask(*cell, seconds=self.chosen.seconds)  # noqa: B023
            )
            found.append(self.cell(cell, threads, answers, "seconds"))
        for row in everyone.values():
            row.close()
        return found

    def memory(self, cells, threads):
        found = []
        for cell in cells:
            self.say(f"memory of {name_of(*cell)}")

            def fresh(name, _):
                row = self.served(name, threads)
                answer = row.ask(*cell, memory=True) if name == "hush" else row.ask(*cell)  # noqa: B023
                row.close()
                return answer

            answers = in_turn(self.rows(cell[1], lambda name: name), min(3, self.chosen.rounds), fresh)
            found.append(self.cell(cell, threads, answers, "peak_bytes"))
        return found

    @staticmethod
    def cell(cell, threads, answers, key):
        network, part, batch = cell
        rows = {name: gathered(all_of, key) for name, all_of in answers.items()}
        return {"network": network, "part": part, "batch": batch, "threads": threads, "rows": rows}

    def start(self, threads):
        """Seconds of whole processes, after one of each that is not counted."""
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder) / "picture.png"
            ours = [self.chosen.fashion_mnist, "sample", "--weights", str(WEIGHTS), "--out", str(picture)]
            ours += ["--count", "1", "--steps", "10", "--sampler", "ddim", "--threads", str(threads)]
            commands = {"hush": ours}
            if self.peers:
                commands["import torch"] = [sys.executable, "-c", "import torch"]

            def run(_, command):
                began = time.perf_counter()
                try:
                    made = subprocess.run(command, capture_output=True, text=True)
                except OSError as error:
                    return {"error": str(error)}
                took = time.perf_counter() - began
                if made.returncode or (command is ours and not picture.exists()):
                    return {"error": (made.stderr.strip().splitlines() or ["no picture"])[-1]}
                return {"seconds": took}

            in_turn(commands, 1, run)
            answers = in_turn(commands, self.chosen.rounds, run)
        return {"threads": threads, "rows": {name: gathered(all_of, "seconds") for name, all_of in answers.items()}}


def measured(chosen, peers, words):
    cells, memory, start = chosen_cells(chosen.cells)
    kept = contextlib.nullcontext(chosen.models) if chosen.models else tempfile.TemporaryDirectory()
    with kept as models:
        bench = Bench(chosen, peers, models)
        bench.export(cells + memory)
        most = max(chosen.threads)
        return {
            **cpu_report.machine(ROOT),
            "rounds": chosen.rounds,
            "sampling_steps": DDIM_STEPS,
            "opset": chosen.opset,
            "left_out": words,
            "times": [found for threads in chosen.threads for found in bench.times(cells, threads)],
            "memory": bench.memory(memory, most),
            "start": [bench.start(threads) for threads in chosen.threads] if start else [],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of which the medians count (default: 5)")
    parser.add_argument("--seconds", type=float, default=1, help="how long a round measures a row (default: 1)")
    parser.add_argument("--threads", type=int, nargs="+", default=[os.cpu_count()], help="several are measured in turn")
    parser.add_argument("--peers", nargs="*", choices=PACKAGES, default=list(PACKAGES), help="default: all")
    parser.add_argument("--cells", nargs="+", default=[], metavar="PATTERN", help="names, * for any (default: all)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every round's figures there")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the tables there too")
    parser.add_argument("--models", help="folder that keeps the exported networks for the next run (default: none)")
    parser.add_argument("--opset", type=int, default=20, help="of ONNX (default: 20)")
    parser.add_argument("--bench", default=str(ROOT / "build/release/bench/hush_bench"), help="hush's program")
    parser.add_argument(
        "--fashion_mnist", default=str(ROOT / "build/release/examples/fashion_mnist/fashion_mnist"), help="of the start"
    )
    chosen = parser.parse_args()
    if not any(chosen_cells(chosen.cells)):
        parser.error(f"no cell is called {' or '.join(chosen.cells)}")
    if not pathlib.Path(chosen.bench).exists():
        parser.error(f"{chosen.bench} is not there: build the target hush_bench, or give --bench")
    peers, words = present([peer for peer in PACKAGES if peer in chosen.peers])
    for sentence in words:
        print(f"cpu.py: {sentence}", file=sys.stderr)
    document = measured(chosen, peers, words)
    if chosen.json:
        chosen.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    tables = cpu_report.markdown(document)
    if chosen.markdown:
        chosen.markdown.write_text(tables, encoding="utf-8")
    print(tables, end="")


if __name__ == "__main__":
    main()
