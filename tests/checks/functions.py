"""Functions of a header and comma operators in them, read from its text: no compiler, but braces, brackets and a few words."""
import re

KEYWORDS = {"return", "throw", "co_return", "delete", "goto", "break", "continue", "case", "default", "else", "do"}
NO_CODE = re.compile(r"(template|using|typedef|friend|namespace|struct|class|union|enum|concept|static_assert|extern|public|private)\b")
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|::|->|<<|\S")
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


class Token:
    """A word or sign: its text, and the line on which it stands."""
    def __init__(self, text, line):
        self.text, self.line = text, line


def tokens(code):
    """The tokens of code without comments and strings, preprocessor lines left out."""
    found = []
    for number, line in enumerate(code.splitlines(), 1):
        if not line.lstrip().startswith("#"):
            line = re.sub(r"(?<![0-9A-Za-z])'(?:\\.|[^'\\])'", "0", line)  # a brace as a letter is none
            found += [Token(match.group(), number) for match in TOKEN.finditer(line)]
    return found


def partner(all_tokens):
    """index of an opening bracket -> index of its closing one."""
    found, stack = {}, []
    for index, token in enumerate(all_tokens):
        if token.text in OPEN:
            stack.append(index)
        elif token.text in CLOSE and stack:
            found[stack.pop()] = index
    return found


def is_block(head, header):
    """Whether a brace after the token `head` opens a block of statements or declarations, and no list of values."""
    words = [token.text for token in header]
    if re.match(r"(namespace|struct|class|union|enum|extern)$", next((w for w in words if w not in ("inline", "template")), "")):
        return True
    if words and words[0] == "template" and re.search(r"(^|[ >])(struct|class|union) ", " ".join(words)) and "(" not in words:
        return True
    if head in {")", "else", "do", "try", "const", "noexcept", "mutable", "requires", ";", "{", "}", ":", ""}:
        return True
    return "->" in words and ")" in words[:words.index("->") + 1]  # `[...](...) -> T {` and `auto f(...) -> T {`


def has_lambda(words):
    """Whether a bracket among words begins a lambda: it stands behind no name and no other bracket."""
    return any(word == "[" and not (at and re.match(r"[A-Za-z_\]\)>]", words[at - 1]) and words[at - 1] not in KEYWORDS)
               for at, word in enumerate(words))


def without_angles(part):
    """Tokens without what stands in angle brackets of templates, as far as they can be told from comparisons."""
    kept, index = [], 0
    while index < len(part):
        text = part[index].text
        if text == "<" and kept and re.match(r"[A-Za-z_]", kept[-1].text) and kept[-1].text not in KEYWORDS | {"operator"}:
            depth, end = 0, index
            while end < len(part) and part[end].text not in {";", "{", "&&", "||"}:
                depth += (part[end].text == "<") - (part[end].text == ">")
                end += 1
                if depth == 0:
                    break
            if depth == 0:
                index = end
                continue
        kept.append(part[index])
        index += 1
    return kept


def is_declaration(words):
    """Whether a statement declares names (two names in a row, or a type with * or & and a name), and is no expression."""
    while words and words[0] in {"const", "constexpr", "static", "inline", "thread_local", "mutable", "typename", "unsigned", "auto"}:
        return True
    index = 0
    while index + 1 < len(words) and re.match(r"[A-Za-z_]", words[index]) and words[index + 1] == "::":
        index += 2
    if index + 1 >= len(words) or not re.match(r"[A-Za-z_]", words[index]) or words[index] in KEYWORDS:
        return False
    index += 1
    while index < len(words) and words[index] in {"*", "&", "const"}:
        index += 1
    return index < len(words) and bool(re.match(r"[A-Za-z_]", words[index]))


def flat(part, pairs, first):
    """(tokens of a statement with what stands in brackets left out, and the list of (opener, first, last) inside)."""
    kept, inside, index = [], [], 0
    while index < len(part):
        token = part[index]
        if token.text in OPEN and first + index in pairs:
            end = pairs[first + index] - first
            kept += [token, part[end]] if end < len(part) else [token]
            inside.append((index, end))
            index = end + 1
            continue
        kept.append(token)
        index += 1
    return kept, inside


def has_comma(kept):
    """Whether a comma stands among tokens, of which it is no fold (`..., ` or `, ...`)."""
    words = [token.text for token in kept]
    return any(word == "," and words[index + 1:index + 2] != ["."] and words[index - 1] != "." for index, word in enumerate(words))


def commas(all_tokens, pairs, first, last, excused, found):
    """Lines of comma operators among the statements in tokens[first:last]; `excused` within visit and fields."""
    start = index = first
    while index < last:
        text = all_tokens[index].text
        if text in ("(", "["):
            grouped(all_tokens, pairs, index, excused, found)
            index = pairs.get(index, last) + 1
            continue
        if text == "{":
            end = pairs.get(index, last)
            header = all_tokens[start:index]
            head = all_tokens[index - 1].text if index > start else ""
            words = [token.text for token in header]
            if is_block(head, header):
                listed = bool(words) and words[0] == "enum"
                named = any(word in ("visit", "fields") and words[at + 1:at + 2] == ["("] for at, word in enumerate(words))
                if not listed:
                    commas(all_tokens, pairs, index + 1, end, excused or named, found)
                if not has_lambda(words):  # whose statement goes on after its body
                    start = end + 1
            else:
                grouped(all_tokens, pairs, index, excused, found)
            index = end + 1
            continue
        if text == ";":
            part = all_tokens[start:index]
            kept, _ = flat(part, pairs, start)
            kept = without_angles(kept)
            words = [token.text for token in kept]
            while words[:1] == ["if"] or words[:1] == ["else"] or words[:1] == ["for"] or words[:1] == ["while"]:
                drop = 1 + (words[1:2] == ["constexpr"])
                drop += 2 if words[drop:drop + 1] == ["("] else 0
                words, kept = words[drop:], kept[drop:]
            if words and not NO_CODE.match(words[0]) and not is_declaration(words) and not excused and has_comma(kept) \
                    and ":" not in words[:1] and words[0] not in {"case"}:
                found.append(part[0].line if words else 0)
            start = index + 1
        index += 1


def grouped(all_tokens, pairs, index, excused, found):
    """Looks into brackets: at blocks of lambdas, and at parentheses that group instead of calling."""
    end = pairs.get(index, len(all_tokens))
    before = all_tokens[index - 1].text if index else ""
    inner = all_tokens[index + 1:end]
    if all_tokens[index].text == "(" and not excused and \
            (before in {"=", "(", ",", "return", "?", ":", "&&", "||", "+", "-", "{", "if", "while", "switch"}):
        kept = without_angles(flat(inner, pairs, index + 1)[0])
        words = [token.text for token in kept]
        if has_comma(kept) and not is_declaration(words) and before != "for":
            found.append(all_tokens[index].line)
    at = index + 1
    while at < end:
        text = all_tokens[at].text
        if text == "{" and (all_tokens[at - 1].text in {")", "]", "mutable", "const", "noexcept"} or
                            "->" in [token.text for token in all_tokens[max(index, at - 12):at]]):
            commas(all_tokens, pairs, at + 1, pairs.get(at, end), excused, found)
        elif text in OPEN:
            grouped(all_tokens, pairs, at, excused, found)
        else:
            at += 1
            continue
        at = pairs.get(at, end) + 1


def comma_operators(code):
    """Lines on which a comma operator stands outside of for, visit and fields."""
    every = tokens(code)
    found = []
    commas(every, partner(every), 0, len(every), False, found)
    return sorted(set(found))


def lengths(code):
    """(line, name, lines) of each function, from its name's line to its closing brace; lambdas belong to their function."""
    every = tokens(code)
    pairs, found = partner(every), []

    def look(first, last):
        start, index = first, first
        while index < last:
            text = every[index].text
            if text in ("(", "["):
                index = pairs.get(index, last) + 1
                continue
            if text == "{":
                end = pairs.get(index, last)
                header = every[start:index]
                words = [token.text for token in header]
                kept, _ = flat(header, pairs, start)
                kept = without_angles(kept)
                flat_words = [token.text for token in kept]
                head = every[index - 1].text if index > start else ""
                if ")" in flat_words and is_block(head, header) and not ({"struct", "class", "namespace", "enum", "concept"} & set(flat_words[:1] + flat_words[2:3])):
                    at = flat_words.index("(")
                    name = next((token for token in reversed(kept[:at]) if re.match(r"[A-Za-z_]", token.text)), kept[0])
                    if kept[at - 1:at] and "operator" in flat_words:
                        name = kept[flat_words.index("operator")]
                    found.append((name.line, name.text, every[min(end, len(every) - 1)].line - name.line + 1))
                    start = end + 1
                elif is_block(head, header):
                    if "enum" not in words[:1]:
                        look(index + 1, end)
                    start = end + 1
                index = end + 1
                continue
            if text == ";":
                start = index + 1
            index += 1

    look(0, len(every))
    return found
