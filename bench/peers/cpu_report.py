"""The tables of bench/peers/cpu.py, and what it says of the machine."""

import datetime
import importlib.metadata
import os
import pathlib
import re
import statistics
import subprocess

from cpu_cells import PACKAGES, TITLES, VERSIONS

WITHIN = 1e-4  # of double


def git(root, *words):
    made = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    return made.stdout.strip()


def processor():
    """(the model's name, what it has for vectors and matrices) from /proc/cpuinfo; None where there is none."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return None, None
    model = re.search(r"^model name\s*: (.*)$", text, re.M)
    flags = re.search(r"^(?:flags|Features)\s*: (.*)$", text, re.M)
    known = [flag for flag in (flags[1].split() if flags else []) if re.match(r"avx|fma$|amx|asimd|sve", flag)]
    return (model[1] if model else None), sorted(known)


def versions():
    found = {}
    for package in VERSIONS:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def machine(root):
    model, flags = processor()
    return {
        "commit": git(root, "rev-parse", "--short", "HEAD"),
        "changed": bool(git(root, "status", "--porcelain", "--untracked-files=no")),
        "date": datetime.date.today().isoformat(),
        "processor": model,
        "instructions": flags,
        "cores": os.cpu_count(),
        "versions": versions(),
    }


def line(cells):
    return "| " + " | ".join(cells) + " |"


def head(titles):
    return [line(titles), "|" + "---|" * len(titles)]


def figure(row, key, scale, form):
    return format(scale * row[key], form) if row and key in row else "–"


def peers_of(cells):
    """The peers of any of the cells, in the table's order."""
    return [peer for peer in PACKAGES if any(peer in cell["rows"] for cell in cells)]


def best(rows, key):
    """(name, hush's figure in its) of the peer with the smallest median; the ratio is the median of the rounds'."""
    there = {name: row for name, row in rows.items() if name != "hush" and key in row}
    if not there or key not in rows["hush"]:
        return None
    name = min(there, key=lambda peer: there[peer][key])
    return name, statistics.median(p / h for p, h in zip(there[name]["rounds"], rows["hush"]["rounds"]))


def cells_table(cells, key, scale, form):
    peers = peers_of(cells)
    lines = head(["network", "what", "batch", *(TITLES[name] for name in ["hush", *peers]), "best peer / hush"])
    for cell in cells:
        rows, won = cell["rows"], best(cell["rows"], key)
        figures = [figure(rows.get(name), key, scale, form) for name in ["hush", *peers]]
        ratio = f"{won[1]:.2f} ({TITLES[won[0]]})" if won else "–"
        lines.append(line([cell["network"], cell["part"].replace("_", " "), str(cell["batch"]), *figures, ratio]))
    return lines


def differences_table(cells):
    shown = [cell for cell in cells if any("difference" in row for row in cell["rows"].values())]
    if not shown:
        return []
    peers = peers_of(shown)
    lines = [f"Largest difference from PyTorch in double, forward; more than {WITHIN:g} is bold:", ""]
    lines += head(["network", "batch", "threads", *(TITLES[peer] for peer in peers)])
    for cell in shown:
        figures = []
        for peer in peers:
            row = cell["rows"].get(peer, {})
            text = figure(row, "difference", 1, ".1e")
            figures.append(f"**{text}**" if row.get("difference", 0) > WITHIN else text)
        lines.append(line([cell["network"], str(cell["batch"]), str(cell["threads"]), *figures]))
    return [*lines, ""]


def scaling_table(cells):
    """How much quicker a cell is with the most threads than with the fewest."""
    by_name = {}
    for cell in cells:
        by_name.setdefault((cell["network"], cell["part"], cell["batch"]), {})[cell["threads"]] = cell["rows"]
    fewest, most = min(cell["threads"] for cell in cells), max(cell["threads"] for cell in cells)
    if fewest == most:
        return []
    peers = peers_of(cells)
    lines = [f"Time with {fewest} thread{'s' if fewest > 1 else ''} / time with {most}:", ""]
    lines += head(["network", "what", "batch", *(TITLES[name] for name in ["hush", *peers])])
    for (network, part, batch), of in by_name.items():
        figures = []
        for name in ["hush", *peers]:
            few, many = of[fewest].get(name, {}), of[most].get(name, {})
            both = "seconds" in few and "seconds" in many
            figures.append(f"{few['seconds'] / many['seconds']:.2f}" if both else "–")
        lines.append(line([network, part.replace("_", " "), str(batch), *figures]))
    return [*lines, ""]


def start_table(starts):
    if not starts:
        return []
    names = list(starts[0]["rows"])
    words = "From the start of the process to the first picture (small network, 10 steps), beside the import alone, s:"
    lines = [words, "", *head(["threads", *names])]
    for start in starts:
        figures = [figure(start["rows"][name], "seconds", 1, ".3f") for name in names]
        lines.append(line([str(start["threads"]), *figures]))
    return [*lines, ""]


def errors(document):
    lines = []
    for kind in ("times", "memory", "start"):
        for cell in document[kind]:
            names = [str(cell[key]) for key in ("network", "part", "batch") if key in cell]
            where = "/".join((["memory"] if kind == "memory" else []) + names) or "start"
            for name, row in cell["rows"].items():
                if "error" in row:
                    lines.append(f"- {where}, threads: {cell['threads']}, {name}: {row['error']}")
    return ["Without a figure:", "", *lines, ""] if lines else []


def markdown(document):
    has = document["instructions"]
    instructions = f", {' '.join(has)}" if has else ""
    named = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    lines = [
        f"## {document['date']}, commit {document['commit']}{' with changes' if document['changed'] else ''}, CPU",
        "",
        f"{document['processor'] or 'unknown processor'}, {document['cores']} cores{instructions}.",
        f"{named or 'no peers'}; float; medians of {document['rounds']} rounds in turn; a sampling run has "
        f"{document['sampling_steps']} steps of DDIM; ONNX opset {document['opset']}.",
        *(f"{sentence}." for sentence in document["left_out"]),
        "",
    ]
    for threads in dict.fromkeys(cell["threads"] for cell in document["times"]):
        some = [cell for cell in document["times"] if cell["threads"] == threads]
        lines += [f"Milliseconds, threads: {threads}", "", *cells_table(some, "seconds", 1e3, ".1f"), ""]
    lines += differences_table(document["times"])
    if document["times"]:
        lines += scaling_table(document["times"])
    if document["memory"]:
        threads = document["memory"][0]["threads"]
        words = f"The most memory, MiB, less what was resident before the network was built, threads: {threads}"
        lines += [words, "", *cells_table(document["memory"], "peak_bytes", 2**-20, ".0f"), ""]
    return "\n".join([*lines, *start_table(document["start"]), *errors(document)]).rstrip("\n") + "\n"
