#!/usr/bin/env python3
"""Merges cells that scripts/gpu_bench measured into one JSON file, and writes the table of docs/benchmarks/gpu.md.

  python3 bench/gpu/merge.py CELL.json ...      adds the cells (each file holds {"cells": [...]}) and writes the table
  python3 bench/gpu/merge.py                    writes the table again
  python3 bench/gpu/merge.py --check            exit code 1 if the table is not what the JSON file says

A cell belongs to a network, a precision, a batch, a device, a commit and a date; a new one replaces one of the same six.
The table shows the newest cell of a network, precision, batch and device; older ones stay in the JSON file. What was not
measured says so, and so does a part that ran out of time.
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import roofline  # noqa: E402

JSON, MARKDOWN = ROOT / "docs/benchmarks/gpu.json", ROOT / "docs/benchmarks/gpu.md"
BEGIN, END = "<!-- table: written by bench/gpu/merge.py -->", "<!-- end of the table -->"

HUSH, TORCH = ("hush eager", "hush graph"), ("torch eager", "torch reduce-overhead", "torch max-autotune")
PARTS = {"forward": "forward, ms", "sampling": "sampling run, ms", "training": "training step, ms"}
NOT_MEASURED = "not measured"
KEY = ("network", "precision", "batch", "device", "commit", "date")

# How many times as fast as the best PyTorch row bf16 should be on an H200, by network, part and batch (None: any); the
# least share of the floor's speed; and the most memory, as a share of PyTorch's.
TUTORIAL = "fashion_mnist"
GOALS = {(TUTORIAL, "sampling", 1): 1.5, (TUTORIAL, "sampling", 16): 1.3, (TUTORIAL, "training", None): 1.3}
FLOOR_GOALS = {("palette_inpainting", "forward", 16): 0.6}
MEMORY_GOAL = 0.6


def key(cell):
    return tuple(cell[name] for name in KEY)


def merge(cells, new):
    """The cells with the new ones among them, in a fixed order. Raises ValueError for one that lacks its key."""
    for cell in new:
        missing = [name for name in (*KEY, "rows") if name not in cell]
        if missing:
            raise ValueError(f"a cell lacks {', '.join(missing)}")
    merged = {key(cell): cell for cell in [*cells, *new]}
    return sorted(merged.values(), key=key)


def read(path):
    """The cells of a file; none where there is no file. Raises ValueError in words for a file that holds none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError:
        return []
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a file of cells: {error!r}") from error


def write(path, cells):
    path.write_text(json.dumps({"cells": cells}, indent=1) + "\n", encoding="utf-8")


def newest(cells):
    """The newest cell of each network, precision, batch and device."""
    latest = {}
    for cell in sorted(cells, key=lambda cell: (cell["date"], cell.get("time", ""))):
        latest[tuple(cell[name] for name in KEY[:4])] = cell
    return list(latest.values())


def found(cell, row, part, what="seconds"):
    """A number of a cell, or None."""
    return cell["rows"].get(row, {}).get(part, {}).get(what)


def shown(cell, row, part, what, scale):
    number = found(cell, row, part, what)
    if number is not None:
        return f"{scale * number:.4g}"
    return cell["rows"].get(row, {}).get(part, {}).get("said", NOT_MEASURED)


def fastest(cell, rows, part):
    """The row with the least time, or None if none was measured."""
    measured = [row for row in rows if found(cell, row, part) is not None]
    return min(measured, key=lambda row: found(cell, row, part), default=None)


def has_goals(cell):
    return cell["precision"] == "bf16" and roofline.device_called(cell["device"]) == roofline.DEVICES["H200"]


def goal(cell, part):
    place, any_batch = (cell["network"], part, cell["batch"]), (cell["network"], part, None)
    factor, share = GOALS.get(place, GOALS.get(any_batch)), FLOOR_GOALS.get(place)
    if not has_goals(cell) or not (factor or share):
        return ""
    return f"at least {factor:g}" if factor else f"at least {100 * share:.0f} % of the floor's speed"


def time_line(cell, part):
    best_hush, best_torch = fastest(cell, HUSH, part), fastest(cell, TORCH, part)
    floor = (cell.get("floors") or {}).get(part)
    hush = best_hush and found(cell, best_hush, part)
    share = f"{100 * floor / hush:.0f} %" if floor and hush else NOT_MEASURED
    ratio = f"**{found(cell, best_torch, part) / hush:.2f}**" if best_torch and hush else NOT_MEASURED
    return [
        PARTS[part],
        *(shown(cell, row, part, "seconds", 1e3) for row in (*HUSH, *TORCH)),
        f"{1e3 * floor:.4g}" if floor else "not known",
        share,
        ratio,
        goal(cell, part),
    ]


def memory_line(cell, part):
    """Memory of the fastest row of each side: the one that would be used."""
    best_hush, best_torch = fastest(cell, HUSH, part), fastest(cell, TORCH, part)
    ours, theirs = (row and found(cell, row, part, "peak_bytes") for row in (best_hush, best_torch))
    ratio = f"**{ours / theirs:.2f}**" if ours and theirs else NOT_MEASURED
    wanted = f"at most {MEMORY_GOAL:g}" if has_goals(cell) else ""
    return [
        f"peak memory, {part}, MiB",
        *(shown(cell, row, part, "peak_bytes", 2.0**-20) for row in (*HUSH, *TORCH)),
        "",
        "",
        ratio,
        wanted,
    ]


def lines(cell):
    about = [cell["network"], cell["precision"], str(cell["batch"]), cell["device"], cell["commit"], cell["date"]]
    return [
        about + line
        for line in [
            *(time_line(cell, part) for part in PARTS),
            *(memory_line(cell, part) for part in ("sampling", "training")),
        ]
    ]


def wanted(cells):
    """The first cells of the table of networks that nobody has measured, as cells without rows."""
    have = {(cell["network"], cell["precision"], cell["batch"]) for cell in cells}
    device = roofline.DEVICES["H200"]
    return [
        {
            "network": name,
            "precision": precision,
            "batch": batch,
            "device": device.name,
            "commit": NOT_MEASURED,
            "date": NOT_MEASURED,
            "rows": {},
            "floors": roofline.floors(name, precision, batch, device),
        }
        for name, line in roofline.table().items()
        for precision, batches in line["first_cells"].items()
        for batch in batches
        if (name, precision, batch) not in have
    ]


def table_of(cells):
    head = [*KEY, "what", *HUSH, *TORCH, "floor", "share of the floor's speed", "ratio", "goal"]
    rows = [line for cell in cells for line in lines(cell)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def table(cells):
    """The newest cells, and those that are still wanted."""
    return table_of([*newest(cells), *wanted(cells)])


def with_table(text, cells):
    """A page with the table between its two marks. Raises ValueError if the marks are not there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks its marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table(cells)}\n{END}{after}"


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="files of new cells")
    parser.add_argument("--into", type=pathlib.Path, default=JSON, help="the JSON file of all cells")
    parser.add_argument("--page", type=pathlib.Path, default=MARKDOWN, help="the page with the table")
    parser.add_argument("--check", action="store_true", help="change nothing")
    chosen = parser.parse_args(words)
    try:
        for path in chosen.files:
            if not path.exists():
                raise ValueError(f"{path} does not exist")
        cells = merge(read(chosen.into), [cell for path in chosen.files for cell in read(path)])
        page = chosen.page.read_text(encoding="utf-8")
        made = with_table(page, cells)
    except (ValueError, OSError) as error:
        sys.exit(f"merge: {error}")
    if chosen.check:
        sys.exit(
            0
            if made == page
            else f"merge: {chosen.page} is not what {chosen.into} says; run python3 bench/gpu/merge.py"
        )
    write(chosen.into, cells)
    chosen.page.write_text(made, encoding="utf-8")
    print(f"{len(cells)} cells in {chosen.into}; table written to {chosen.page}")


if __name__ == "__main__":
    main()
