"""Checks bench/peers/cpu.py without the packages that it compares with: help, cells, what is missing, the table.
All figures are made up."""
import pathlib
import re
import subprocess
import sys
import tempfile

import house

sys.path.insert(0, str(house.ROOT / "bench" / "peers"))
import cpu  # noqa: E402
import cpu_cells  # noqa: E402
import cpu_report  # noqa: E402


def cell(network, part, batch, threads, **rows):
    return {"network": network, "part": part, "batch": batch, "threads": threads, "rows": rows}


def seconds(*rounds, **more):
    return {"seconds": sorted(rounds)[len(rounds) // 2], "rounds": list(rounds), **more}


def made_up():
    return {
        "commit": "0000000", "changed": False, "date": "2026-01-01", "processor": "test data", "instructions": ["fma"],
        "cores": 2, "versions": {"torch": "0"}, "rounds": 3, "sampling_steps": 20, "opset": 20,
        "left_out": ["openvino is left out: openvino not installed"],
        "times": [
            cell("small", "forward", 1, 2, hush=seconds(1, 2, 3), eager=seconds(6, 4, 5, difference=2e-4)),
            cell("small", "forward", 1, 1, hush=seconds(3, 4, 5), eager={"error": "no such luck"}),
        ],
        "memory": [cell("paper", "forward", 16, 2, hush={"peak_bytes": 2**20, "rounds": [2**20]})],
        "start": [{"threads": 2, "rows": {"hush": seconds(0.25, 0.25, 0.25), "import torch": seconds(1, 1, 1)}}],
    }


# Answers, but for the network "bad", which ends it.
PEER = """import json, os, signal, sys
for line in sys.stdin:
    if json.loads(line)["network"] == "bad":
        print("a warning", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
    print(json.dumps({"seconds": os.getpid()}), flush=True)
"""


def peers_that_end():
    """What cpu.Served answers of a peer whose process ends itself, and of the cells before and after that."""
    with tempfile.TemporaryDirectory() as folder:
        program, kept = pathlib.Path(folder) / "peer.py", cpu.PEER
        program.write_text(PEER, encoding="utf-8")
        cpu.PEER = program
        served = cpu.Served("none", 1, folder)
        answers = [served.ask(network, "forward", 1) for network in ("good", "good", "bad", "good")]
        served.close()
        cpu.PEER = kept
    before, same, bad, after = answers
    if bad != {"error": "the process was ended by SIGTERM; its last line: a warning"}:
        yield f"cpu.Served: of a process that a signal ended it says {bad}"
    if not (before == same != after and "seconds" in after):
        yield f"cpu.Served: wants one process before the signal and one after it: {before}, {same}, {after}"
    if cpu_cells.how_it_ended(3, "") != "the process ended with status 3":
        yield f"cpu_cells.how_it_ended: {cpu_cells.how_it_ended(3, '')}"


def findings(root):
    yield from peers_that_end()
    program = root / "bench" / "peers" / "cpu.py"
    made = subprocess.run([sys.executable, "-S", "-B", str(program), "--help"], capture_output=True, text=True)
    if made.returncode or "--rounds" not in made.stdout:
        yield f"{program}: --help wants packages: {made.stderr.strip()}"
    source = (root / "bench" / "network.cpp").read_text(encoding="utf-8")
    there = set()
    for name, arguments in re.findall(r'->Name\("network/cpu/([^"]+)"\)((?:\s*->Arg\(\d+\))+)', source):
        there |= {f"{name}/{batch}" for batch in re.findall(r"\d+", arguments)}
    for each in cpu_cells.CELLS + cpu_cells.MEMORY:
        if cpu_cells.name_of(*each) not in there:
            yield f"bench/network.cpp: there is no network/cpu/{cpu_cells.name_of(*each)}"
    runs, words = cpu_cells.present(["eager", "onnxruntime"], lambda package: None if package == "onnx" else package)
    if runs != ["eager"] or words != ["onnxruntime is left out: onnx not installed"]:
        yield f"cpu_cells.present: {runs}, {words}"
    cells, memory, start = cpu_cells.chosen_cells(["small/forward/*", "start"])
    if cells != [("small", "forward", 1), ("small", "forward", 16)] or memory or not start:
        yield f"cpu_cells.chosen_cells: {cells}, {memory}, {start}"
    text = cpu_report.markdown(made_up())
    for words in (
        "commit 0000000, CPU",
        "test data, 2 cores, fma",
        "openvino is left out",
        "| small | forward | 1 | 2000.0 | 5000.0 | 2.00 (PyTorch eager) |",  # the median of 6, 2 and 5/3
        "| small | forward | 1 | 4000.0 | – | – |",
        "| small | 1 | 2 | **2.0e-04** |",
        "| small | forward | 1 | 2.00 | – |",
        "| paper | forward | 16 | 1 | – |",
        "| 2 | 0.250 | 1.000 |",
        "- small/forward/1, threads: 1, eager: no such luck",
    ):
        if words not in text:
            yield f"cpu_report.markdown: wants {words!r} in\n{text}"


def main():
    root = house.arguments(__doc__).root
    found = list(findings(root))
    print("\n".join(found) or "the bench beside other runtimes on a CPU: fine")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
