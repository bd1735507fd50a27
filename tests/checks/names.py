"""Names that headers declare in namespace hush itself, where `using namespace hush` finds them, stand in names.txt: those for
users, and those that are not and wait there to be moved into a detail. A new one is listed, or lives in hush::detail.
Policies stand in tests/fields.cpp too, where the compiler proves that they list their fields."""
import re

import house

LIST = "tests/checks/names.txt"
FIELDS = "tests/fields.cpp"
TYPE = re.compile(r"(?:struct|class|union|enum class|enum|concept)\s+(?:alignas\(.*\)\s+)?(\w+)\s*(<)?")
ALIAS = re.compile(r"using (\w+) =")
VALUE = re.compile(r"(?:(?:inline|static|constexpr)\s+)+[\w:<>,&*\s]*?\b(\w+)(<.*>)?\s*(?:=|\{|;)")
FUNCTION = re.compile(r"(?!requires\b|template\b|extern\b|static_assert\b|using\b|namespace\b|else\b|friend\b)"
                      r"[\w:][\w:<>,.&*\s\[\]]*?[\s&*](?!__)(\w+)\(")


def declared(line):
    """The name that a line declares which begins a declaration, or None: a specialisation, an operator, something else."""
    line = re.sub(r"^(?:(?:HUSH_\w+|\[\[\w+\]\]) )+", "", line)
    line = re.sub(r"^template <[^()]*?> (?=\w)", "", line)
    line = re.sub(r"<[^<>()]*\([^()]*\)>", "<>", line)  # a function's type
    if match := TYPE.match(line):
        return None if match[2] else match[1]
    if match := ALIAS.match(line):
        return match[1]
    if (match := FUNCTION.match(line)) and "operator" not in line and "=" not in line[:match.start(1)]:
        return None if re.search(r"::$", line[:match.start(1)]) else match[1]
    if "operator" not in line and (match := VALUE.match(line)):
        return None if match[2] else match[1]
    return None


def public(root):
    """name -> the first place where it is declared in namespace hush. The code is laid out by clang-format, so what
    begins a declaration there begins its line."""
    found = {}
    for header in house.headers(root):
        raw = house.text(root, header).splitlines()
        code = house.without_comments("\n".join(raw)).splitlines()
        spaces = []
        for number, line in enumerate(code, 1):
            if match := re.match(r"(inline )?namespace ?([\w:]*) \{", line):
                spaces.append("" if match[1] else match[2])
            elif re.match(r"\}  // namespace", raw[number - 1]):
                spaces.pop()
            elif "".join(spaces) == "hush" and (name := declared(line)):
                found.setdefault(name, f"include/hush/{header}:{number}")
    return found


def policies(root):
    """(where, name) of each type of a folder of variants, but for networks, which list a config, and for
    communicators, which change no result."""
    for header in house.headers(root):
        folder = header.split("/")[0]
        if folder not in house.PLURALS or folder in ("backbones", "autoencoders", "communicators") or header.startswith(f"{folder}/shared/"):
            continue
        raw = house.text(root, header).splitlines()
        spaces = []
        for number, line in enumerate(house.without_comments("\n".join(raw)).splitlines(), 1):
            if match := re.match(r"namespace ?([\w:]*) \{", line):
                spaces.append(match[1])
            elif re.match(r"\}  // namespace", raw[number - 1]):
                spaces.pop()
            elif "detail" not in "::".join(spaces) and (match := re.match(r"(?:struct|class) (\w+) \{", line)):
                yield f"include/hush/{header}:{number}", match[1]


def main():
    root = house.arguments(__doc__).root
    found = public(root)
    listed = [line for line in (root / LIST).read_text().splitlines() if line and not line.startswith("#")]
    findings = [f"{where}: hush::{name} is not in {LIST}: list it there if users are to write it, else put it into "
                "hush::detail" for name, where in found.items() if name not in set(listed)]
    findings += [f"{LIST}:1: hush::{name} is declared nowhere" for name in sorted(set(listed) - set(found))]
    findings += [f"{LIST}:1: hush::{name} stands there twice" for name in sorted(set(listed)) if listed.count(name) > 1]
    proof = root / FIELDS
    proven = set(re.findall(r"\w+", proof.read_text())) if proof.exists() else set()
    findings += [f"{where}: {name} is not in the lists of {FIELDS}, which prove that policies list their fields"
                 for where, name in policies(root) if name not in proven]
    house.finish(findings, len(found))


if __name__ == "__main__":
    main()
