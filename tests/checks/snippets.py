"""Code in the documentation is code that compiles: a block under `<!-- from: path#name -->` equals the part of that file
between the lines `// [name]` and `// [/name]`, in CMake `# [name]` and `# [/name]`. --write copies the code into the
documentation."""
import re

import house

BLOCK = re.compile(r"<!-- from: (\S+)#(\w+) -->\n```(?:cpp|cmake)\n(.*?)```", re.S)


def part(root, path, name):
    """The text between the markers, without their common indentation; None where there is none."""
    file = root / path
    marked = re.compile(rf"[ \t]*(//|#) \[{name}\][^\n]*\n(.*?)[ \t]*\1 \[/{name}\]", re.S)
    found = marked.search(file.read_text()) if file.exists() else None
    if not found:
        return None
    lines = found.group(2).splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "".join(line[indent:] + "\n" for line in lines)


def main():
    chosen = house.arguments(__doc__, ("--write", {"action": "store_true", "help": "copy the code into the documents"}))
    root, findings, checked = chosen.root, [], 0
    documents = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md")]
    for document in documents:
        words = document.read_text()
        for match in BLOCK.finditer(words):
            path, name, code = match.groups()
            wanted, checked = part(root, path, name), checked + 1
            line = words[:match.start()].count("\n") + 1
            if wanted is None:
                findings.append(f"{document.relative_to(root)}:{line}: {path} has no part [{name}]")
            elif wanted != code and chosen.write:
                document.write_text(document.read_text().replace(
                    match.group(), match.group()[:match.start(3) - match.start()] + wanted + "```"))
            elif wanted != code:
                findings.append(f"{document.relative_to(root)}:{line}: differs from {path} [{name}] (--write copies it)")
    house.finish(findings, checked)


if __name__ == "__main__":
    main()
