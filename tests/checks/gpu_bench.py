"""Checks the GPU benchmark without a GPU: the floors, the merging of cells and their table, the limits of time, and
(with --program) the whole script on the CPU. All cells are made up, say so, and stay in a temporary folder."""

import contextlib
import dataclasses
import io
import json
import math
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import time

import house

sys.path[:0] = [str(house.ROOT / "bench"), str(house.ROOT / "bench" / "gpu")]
import driver  # noqa: E402
import merge  # noqa: E402
import roofline  # noqa: E402

TEST_DEVICE = "test data, not a device"


class Findings(list):
    checked = 0

    def check(self, fine, words):
        self.checked += 1
        if not fine:
            self.append(words)


def run(main, *words):
    """(exit code, all that was printed)."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(list(words)) or 0
        except SystemExit as end:
            code = end.code
    if isinstance(code, str):
        return 1, out.getvalue() + code
    return code or 0, out.getvalue()


def check_floors(findings):
    # A 3x3 convolution by hand: 2 * 9 * 64 * 128 FLOP a pixel; bytes of input, output and weights.
    net = roofline.Network()
    net.convolution("hand", 64, 128, 100, bias=False)
    layer, device = net.layers[0], roofline.Device("test", bf16=1, tf32=0.5, fp32=0.25, bandwidth=1)
    findings.check(
        layer.operations == 14_745_600 and layer.parameters == 73_728, "roofline: a convolution is miscounted"
    )
    findings.check(layer.bytes("bf16", 2) == 2 * (2 * 100 * (64 + 128) + 73_728), "roofline: bytes are miscounted")
    findings.check(
        math.isclose(layer.seconds(device, "bf16", 1), 14_745_600e-12), "roofline: the arithmetic decides here"
    )
    findings.check(
        math.isclose(layer.seconds(roofline.Device("test", 1e6, 1, 1, 1), "bf16", 1), layer.bytes("bf16", 1) * 1e-12),
        "roofline: the bytes decide here",
    )

    # Counted independently, layer by layer, at 788 TFLOP/s and 4.3 TB/s.
    for name, batch, gflop, megabytes, kernels, floor in (
        ("fashion_mnist", 1, 3.79117, 63.4868, 98, 1.53557e-5),
        ("fashion_mnist", 16, 60.6587, 307.047, 98, 1.10631e-4),
        ("fashion_mnist", 64, 242.635, 1086.44, 98, 4.39394e-4),
        ("palette_inpainting", 1, 382.248, 1510.10, 139, 6.47791e-4),
        ("palette_inpainting", 8, 3057.98, 11203.8, 139, 5.16732e-3),
        ("palette_inpainting", 16, 6115.97, 22282.4, 139, 1.03325e-2),
    ):
        found = roofline.floors(name, "bf16", batch, roofline.DEVICES["H200"])
        for what, value, expected in (
            ("GFLOP", found["operations"] / 1e9, gflop),
            ("MB", found["bytes"] / 1e6, megabytes),
            ("kernels", found["kernels"], kernels),
            ("floor", found["forward"], floor),
        ):
            findings.check(
                math.isclose(value, expected, rel_tol=2e-5),
                f"roofline: {name}, batch {batch}: {what} {value}, not {expected}",
            )
    with_attention = roofline.adm({**roofline.table()["palette_inpainting"], "attention": [8]})
    findings.check(with_attention.parameters == 67_899_587, f"roofline: an Adm of {with_attention.parameters}")
    # By hand: 4x4 kernels halve an image of 64 pixels (16 products for each of 16), and double it again (4 for each).
    line = {"image": [8, 8, 1], "widths": [3, 5], "embedding": 4}
    layers = {layer.name: layer for layer in roofline.simple_unet(line).layers}
    down, up = layers["down.0.resample"], layers["up.0.resample"]
    findings.check(
        (down.operations, down.read, down.written, up.operations, up.read, up.written)
        == (2 * 16 * 16 * 25, 64 * 5, 16 * 5, 2 * 4 * 64 * 9, 16 * 3, 64 * 3),
        f"roofline: a SimpleUnet resamples by {down} and {up}",
    )

    # By hand: 6 channels at 16 pixels attend to 5 tokens of 7 numbers by 2 heads of 3.
    net = roofline.Network()
    roofline.transformer(net, "it", 6, 16, 2, 5, 7)
    layers = {layer.name: layer for layer in net.layers}
    kv, cross, gated = layers["it.cross.kv"], layers["it.cross.softmax"], layers["it.gated"]
    findings.check(
        (kv.operations, kv.parameters, cross.operations, cross.read, gated.operations, gated.written, gated.parameters)
        == (2 * 5 * 7 * 12, 7 * 12, 4 * 16 * 5 * 6, 6 * (16 + 10), 2 * 16 * 6 * 48, 16 * 24, 6 * 48 + 48),
        f"roofline: a transformer attends by {kv}, {cross} and {gated}",
    )
    # And a BroadcastUnet of one level with 2 labels: 3 channels that are the same everywhere behind 3 and 3.
    line = {"image": [4, 4, 1], "widths": [3], "embedding": 4, "labels": 2}
    layers = {layer.name: layer for layer in roofline.broadcast_unet(line).layers}
    up = layers["up.0.conv1.constants"]
    findings.check(
        (up.operations, up.read, up.written, up.parameters) == (2 * 9 * 3, 3, 9, 27),
        f"roofline: a BroadcastUnet reads constants by {up}",
    )

    for name, line in roofline.table().items():
        findings.check(roofline.network(name).parameters == line["parameters"], f"roofline: parameters of {name}")
        for precision in roofline.BYTES:
            one, two = (roofline.floors(name, precision, batch, roofline.DEVICES["H100"], steps=7) for batch in (3, 6))
            findings.check(
                max(one["matrix"], one["memory"]) * (1 - 1e-9) <= one["forward"] <= two["forward"] <= 2 * one["forward"],
                f"roofline: the floors of {name} in {precision} are out of order",
            )
            findings.check(
                one["sampling"] == 7 * one["forward"] and one["training"] > 3 * one["forward"],
                f"roofline: sampling and training of {name} in {precision}",
            )

    for words, says in (
        (["--network", "nothing"], "there is no network nothing"),
        (["--layers", "nothing"], "there is no network"),
        (["--layers", "fashion_mnist"], "middle2.softmax"),
        ([], "| fashion_mnist | tf32 | 16 |"),
        (["--csv", "--batch", "5"], "fashion_mnist,bf16,5,23624769"),
        (["--help"], "--bandwidth"),
    ):
        findings.check(says in run(roofline.main, *words)[1], f"roofline {' '.join(words)} does not say `{says}`")
    slow = json.loads(run(roofline.main, "--json", "--bandwidth", "0.001", "--batch", "1", "--precision", "fp32")[1])
    findings.check(
        all(row["forward"] >= row["memory"] * (1 - 1e-9) and row["memory"] > 0.001 for row in slow),
        "roofline: --bandwidth changes nothing",
    )


def made_up(**changes):
    """A cell of test data."""

    def row(factor):
        return {
            part: {"seconds": factor * seconds, "peak_bytes": factor * 2**20}
            for part, seconds in (("forward", 1e-3), ("sampling", 0.4), ("training", 4e-3))
        }

    cell = {
        "network": "fashion_mnist",
        "precision": "bf16",
        "batch": 16,
        "device": TEST_DEVICE,
        "commit": "testdata",
        "date": "2001-02-03",
        "floors": {"forward": 5e-4, "sampling": 0.1, "training": 1e-3},
        "rows": {
            "hush eager": row(2),
            "hush graph": {"forward": row(1)["forward"], "sampling": row(1)["sampling"]},
            "torch eager": row(8),
            "torch reduce-overhead": {**row(3), "sampling": {"said": "ran out of its 9 s"}},
        },
    }
    return {**cell, **changes}


def check_merging(findings, folder):
    page, file, new = folder / "page.md", folder / "cells.json", folder / "new.json"
    page.write_text(f"before\n{merge.BEGIN}\nold\n{merge.END}\nafter\n")

    def merged(*cells):
        merge.write(new, list(cells))
        code, words = run(merge.main, str(new), "--into", str(file), "--page", str(page))
        findings.check(code == 0, f"merge: {words}")
        return page.read_text()

    def rows(text, batch):
        return [line for line in text.splitlines() if f"| fashion_mnist | bf16 | {batch} |" in line]

    def cells_of(line):
        return [part.strip() for part in line.strip("|").split("|")]

    text = merged(made_up())
    findings.check(
        text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text,
        "merge: the page around the table",
    )
    lines = rows(text, 16)
    findings.check(len(lines) == 5, f"merge: {len(lines)} lines for a cell")
    forward, sampling, training = (cells_of(line) for line in lines[:3])
    findings.check(
        forward[7:] == ["2", "1", "8", "3", "not measured", "0.5", "50 %", "**3.00**", ""], f"merge: {forward}"
    )
    findings.check(
        sampling[7:]
        == ["800", "400", "3200", "ran out of its 9 s", "not measured", "100", "25 %", "**8.00**", "at least 1.3"],
        f"merge: {sampling}",
    )
    findings.check(
        training[7:] == ["8", "not measured", "32", "12", "not measured", "1", "12 %", "**1.50**", "at least 1.3"],
        f"merge: {training}",
    )
    findings.check(cells_of(lines[3])[-2:] == ["**0.12**", "at most 0.6"], f"merge: memory {lines[3]}")
    findings.check(cells_of(lines[4])[-2:] == ["**0.67**", "at most 0.6"], f"merge: memory {lines[4]}")
    for batch in (1, 64):
        findings.check(
            len(rows(text, batch)) == 5 and all("not measured" in line for line in rows(text, batch)),
            f"merge: batch {batch} was not measured and does not say so",
        )

    palette = made_up(network="palette_inpainting", device=roofline.DEVICES["H200"].name)
    goals = [cells_of("| " + " | ".join(line) + " |")[-1] for line in merge.lines(palette)]
    findings.check(
        goals == ["at least 60 % of the floor's speed", "", "", "at most 0.6", "at most 0.6"], f"merge: goals {goals}"
    )

    # The same key replaces; another commit is kept, and the newest is shown.
    merged(made_up(floors=None))
    findings.check(len(merge.read(file)) == 1 and merge.read(file)[0]["floors"] is None, "merge: the same cell twice")
    text = merged(
        made_up(commit="older", date="2001-02-02"),
        made_up(commit="newer", date="2001-02-04"),
        made_up(batch=7, precision="tf32"),
    )
    findings.check(
        len(merge.read(file)) == 4
        and len(rows(text, 16)) == 5
        and "newer" in rows(text, 16)[0]
        and "older" not in text
        and "| fashion_mnist | tf32 | 7 |" in text,
        "merge: the newest cell is not the one shown",
    )

    findings.check(
        run(merge.main, "--check", "--into", str(file), "--page", str(page))[0] == 0, "merge --check on a fresh page"
    )
    page.write_text(text.replace("**3.00**", "**9.00**"))
    findings.check(
        run(merge.main, "--check", "--into", str(file), "--page", str(page))[0] == 1, "merge --check on a changed page"
    )
    before = file.read_text()
    broken = folder / "broken.json"
    for words, says in (
        ("{", "is not a file of cells"),
        ('{"cells": [{"network": "x"}]}', "a cell lacks precision, batch"),
    ):
        broken.write_text(words)
        code, said = run(merge.main, str(broken), "--into", str(file), "--page", str(page))
        findings.check(code == 1 and says in said and file.read_text() == before, f"merge: of {words}: {said}")
    page.write_text("no marks")
    findings.check(
        "lacks its marks" in run(merge.main, "--into", str(file), "--page", str(page))[1], "merge: a page without marks"
    )


# A program that behaves as one of the two sides of the benchmark, well or badly.
FAKE = """#!{python}
import json, sys, time
words = sys.argv
def value(name, other=None):
    return words[words.index(name) + 1] if name in words else other
def answer(part):
    seconds = {seconds}
    if {behaviour!r} == "crash":
        sys.exit("Segmentation | fault")
    if {behaviour!r} == "hang":
        time.sleep(60)
    if {behaviour!r} == "noise":
        print("a warning")
    if {behaviour!r} == "error" and part == "sampling":
        return {{"error": "out of memory: wanted 1 of 2"}}
    return {{"parameters": 12 if {behaviour!r} == "other" else 1809697, "network": value("--network"),
             "batch": int(value("--batch")),
             "steps": int(value("--steps", 500)), "device": {device!r}, "part": part, "seconds": seconds, "calls": 1,
             "peak_bytes": 5, "prepare_seconds": 0}}
if "--serve" in words:
    for line in sys.stdin:
        print(json.dumps(answer(line.split()[0])), flush=True)
else:
    print(json.dumps(answer(value("--part"))))
"""


def fake(folder, name, behaviour, seconds=0.001):
    path = folder / name
    path.write_text(FAKE.format(python=sys.executable, behaviour=behaviour, seconds=seconds, device=TEST_DEVICE))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def check_script(findings, folder):
    def cell(hush, torch, *more, minutes="0.2"):
        into = folder / f"{hush}_{torch}.json"
        started = time.monotonic()
        code, words = run(
            driver.main,
            "--network",
            "fashion_mnist_small",
            "--batch",
            "3",
            "--precision",
            "bf16",
            "--rehearse",
            "--seconds",
            "0.01",
            "--minutes",
            minutes,
            "--program",
            str(fake(folder, f"hush_{hush}", hush)),
            "--python",
            str(fake(folder, f"torch_{torch}", torch, 0.002)),
            "--commit",
            "testdata",
            "--json",
            str(into),
            *more,
        )
        findings.check(
            time.monotonic() - started < 60 * float(minutes) + 5, f"gpu_bench: {hush}, {torch}: took too long"
        )
        return code, words, merge.read(into)

    code, words, cells = cell("fine", "noise", "--full", "--steps", "9")
    findings.check(code == 0 and len(cells) == 1, f"gpu_bench: {words}")
    rows = cells[0]["rows"]
    findings.check(set(rows) == {*merge.HUSH, *merge.TORCH} and cells[0]["steps"] == 9, f"gpu_bench: rows {set(rows)}")
    findings.check(
        all(
            found["rounds"] == [0.002] * 3 and found["seconds"] == 0.002
            for found in rows["torch max-autotune"].values()
        ),
        f"gpu_bench: {rows['torch max-autotune']}",
    )
    findings.check("**2.00**" in words and merge.key(cells[0])[3:5] == (TEST_DEVICE, "testdata"), f"gpu_bench: {words}")
    floors = roofline.floors("fashion_mnist_small", "bf16", 3, roofline.DEVICES["H200"], 9)
    findings.check(
        cells[0]["floors"] == {part: floors[part] for part in driver.PARTS}, "gpu_bench: the floors of another cell"
    )

    for behaviour, says in (
        ("hang", "ran out of its"),
        ("crash", "Segmentation / fault"),
        ("other", "parameters is 12, not 1809697"),
        ("error", "out of memory: wanted 1 of 2"),
    ):
        for side, (hush, torch) in (("torch eager", ("fine", behaviour)), ("hush eager", (behaviour, "fine"))):
            code, words, cells = cell(hush, torch, "--rounds", "1", minutes="0.3")
            said = cells[0]["rows"][side]["sampling"].get("said", "") if cells else ""
            findings.check(
                code == 0 and says in said and says in words, f"gpu_bench: {side} {behaviour}: `{said}`, {words}"
            )
    findings.check(cell("crash", "crash")[0] == 1, "gpu_bench: nothing measured is no success")

    base = ["--network", "fashion_mnist_small", "--batch", "1", "--precision", "bf16"]
    for words, says in (
        (["--rehearse"], "--rehearse wants"),
        (["--rounds", "0"], "at least 1"),
        (["--rehearse", "--program", "x", "--json", str(merge.JSON)], "a file of its own"),
        (["--rehearse", "--program", str(folder / "none"), "--json", str(folder / "x")], "is not there"),
    ):
        code, said = run(driver.main, *base, *words)
        findings.check(code == 2 and says in said, f"gpu_bench {' '.join(words)}: {code}, {said}")
    findings.check(run(driver.main, "--help")[0] == 0, "gpu_bench --help")
    if not driver.has_gpu():
        made = subprocess.run(
            [house.ROOT / "scripts/gpu_bench", *base],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHON": sys.executable},
        )
        findings.check(made.returncode == 77 and "no NVIDIA GPU" in made.stderr, f"gpu_bench without a GPU: {made}")


def check_rehearsal(findings, folder, program):
    """hush's own program on the CPU, through the whole script: the small network of every backbone."""
    for network in ("fashion_mnist_small", "palette_small", "simple_unet_small", "iclevr_small", "broadcast_unet_small"):
        into = folder / f"{network}.json"
        code, words = run(
            driver.main,
            "--network",
            network,
            "--batch",
            "2",
            "--precision",
            "fp32",
            "--steps",
            "2",
            "--rounds",
            "1",
            "--seconds",
            "0.01",
            "--rehearse",
            "--no-torch",
            "--program",
            str(program),
            "--json",
            str(into),
        )
        cells, bytes_of_weights = merge.read(into), 4 * roofline.table()[network]["parameters"]
        findings.check(code == 0 and len(cells) == 1, f"the rehearsal of {network}: {words}")
        for row, parts in (cells[0]["rows"] if cells else {}).items():
            for part in merge.PARTS:
                found = parts.get(part, {})
                findings.check(
                    found.get("seconds", 0) > 0 and found.get("peak_bytes", 0) > bytes_of_weights,
                    f"the rehearsal of {network}: {row} {part}: {found}",
                )
    for name, line in roofline.table().items():  # built, then refused for want of such a part
        made = subprocess.run([program, "--network", name, "--part", "half"], capture_output=True, text=True)
        findings.check("there is no part half" in made.stdout, f"hush_gpu_bench has no {name}: {made.stdout}")
    for words, says in (
        (["--network", "nothing"], "there is no network nothing"),
        (["--batch", "0"], "--batch must be"),
        (["--batch", "x"], "--batch wants a number"),
        (["--other", "1"], "unknown option --other"),
        (["--batch"], "wants a value"),
        (["--network", "fashion_mnist_small", "--way", "fast"], "there is no way fast"),
        (["--network", "fashion_mnist_small", "--part", "half"], "there is no part half"),
    ):
        made = subprocess.run([program, *words], capture_output=True, text=True)
        findings.check(
            made.returncode == 1 and says in json.loads(made.stdout)["error"], f"hush_gpu_bench {words}: {made.stdout}"
        )


def main():
    chosen = house.arguments(__doc__, ("--program", {"type": pathlib.Path, "help": "hush_gpu_bench_rehearsal"}))
    findings = Findings()
    check_floors(findings)
    code, words = run(merge.main, "--check")
    findings.check(code == 0, f"docs/benchmarks/gpu.md: {words}")
    roofline.DEVICES["H200"] = dataclasses.replace(roofline.DEVICES["H200"], name=TEST_DEVICE)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        check_merging(findings, folder)
        check_script(findings, folder)
        if chosen.program:
            check_rehearsal(findings, folder, chosen.program)
    house.finish(findings, findings.checked)


if __name__ == "__main__":
    main()
