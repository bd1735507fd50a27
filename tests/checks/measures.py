"""Lengths and words: lines of headers and functions, columns, no comma operator outside of for and visit, `///` above public
types, a proof at the end of each policy."""
import collections
import re

import functions
import house

POLICIES = {"schedules", "parameterizations", "weightings", "grids", "level_distributions", "samplers", "learning_rates"}
LIMITS = [(POLICIES, 80), ({"ops", "nn"}, 200)]  # "about 40" and "about 120", with room for a long formula
ANY = 300
COLUMNS = 120
# header -> (limit, why)
LONGER = {"machine_free.hpp": (400, "a list of includes")}
FUNCTION = 40
# What stands there still, and may only become less: room -> functions that are longer, room -> how many comma operators.
LONG_FUNCTIONS = {
    "io": {"curves_svg", "differences", "encode_gif", "parse_safetensors", "read_description"},
}
COMMAS = {}
# room -> why its variants end without a proof of their own
UNPROVEN = {
    "autoencoders": "their concept wants a backend; tests/autoencoders proves it for those there are",
    "backbones": "their concept wants a backend; tests/backbones proves it for those there are",
    "conditionings": "their concept wants a backend; tests/conditionings proves it for those there are",
    "guidance_rules": "their concept wants a backend; tests/guidance_rules proves it for those there are",
}


def undocumented(code, source):
    """(line, name) of types and concepts at namespace level without a `///` above them."""
    lines, raw = code.splitlines(), source.splitlines()
    hidden, found = 0, []
    for index, line in enumerate(lines):
        if re.match(r"namespace (detail|\{)", line):
            hidden += 1
        if hidden and re.match(r"\}", line) and re.search(r"//\s*namespace( detail)?\s*$", raw[index]):
            hidden -= 1
        match = re.match(r"(?:template\s*<.*>\s*)?(?:struct|class|enum class|concept|union)\s+(?:\w+::)*(\w+)(?P<rest>.*)$", line)
        if not match or hidden or re.match(r"\s*;", match["rest"]):
            continue
        if re.match(r"\s*<", match["rest"]):  # a specialisation is described by its primary template
            continue
        above = index - 1
        while above >= 0 and re.match(r"\s*(template\b|requires\b|>|class\b|\S.*[,<>]$)", lines[above]) \
                and not raw[above].lstrip().startswith("///"):
            above -= 1
        if above < 0 or not raw[above].lstrip().startswith("///"):
            found.append((index + 1, match.group(1)))
    return found


def room_of(header):
    """`schedules/cosine.hpp` -> `schedules`, `level.hpp` -> `level`."""
    return header.split("/")[0].removesuffix(".hpp")


def commas(root, all_headers):
    """Findings on comma operators: all of a room that has more of them than it may."""
    found = collections.defaultdict(list)
    for header in all_headers:
        for number in functions.comma_operators(house.without_comments(house.text(root, header))):
            found[room_of(header)].append(f"include/hush/{header}:{number}: a comma operator: write two statements")
    return [each for room, lines in found.items() if len(lines) > COMMAS.get(room, 0) for each in lines]


def judge(root, header):
    source = house.text(root, header)
    lines = source.splitlines()
    room = header.split("/")[0]
    shared = "/shared/" in header  # what variants share is none of them
    limit = ANY if shared else next((limit for rooms, limit in LIMITS if room in rooms), ANY)
    limit = LONGER.get(header, (limit, ""))[0]
    findings = []
    if len(lines) > limit:
        findings.append(f"include/hush/{header}:{len(lines)}: {len(lines)} lines, the limit here is {limit}")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            findings.append(f"include/hush/{header}:{number}: {len(line)} columns, the limit is {COLUMNS}")
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            findings.append(f"include/hush/{header}:{number}: unfinished")
    code = house.without_comments(source)
    for number, name, length in functions.lengths(code):
        if length > FUNCTION and name not in LONG_FUNCTIONS.get(room_of(header), ()):
            findings.append(f"include/hush/{header}:{number}: {name} has {length} lines, the limit of a function is {FUNCTION}")
    for number, name in undocumented(code, source):
        findings.append(f"include/hush/{header}:{number}: {name} has no /// above it")
    if "/" in header and not shared and room in house.PLURALS and room not in UNPROVEN and "static_assert(" not in source:
        findings.append(f"include/hush/{header}:{len(lines)}: a variant ends with its proof, static_assert(Concept<It>);")
    if re.search(r"(^|/)(utils?|common|manager|impl|base|helpers?|misc)\.hpp$", header):
        findings.append(f"include/hush/{header}:1: a name that says nothing")
    return findings


def main():
    root = house.arguments(__doc__).root
    all_headers = house.headers(root)
    house.finish([finding for header in all_headers for finding in judge(root, header)] + commas(root, all_headers),
                 len(all_headers))


if __name__ == "__main__":
    main()
