#!/usr/bin/env bash
# nlohmann-json reads 1.5 as 1 where the locale's decimal point is longer than a byte, as in Pashto.
#
# Seen on 2026-11-30: nlohmann-json 3.12.0 (in pgm-build-deps 2026.10.26.92; 3.11.2 of Debian 12 alike), g++ 12.2, glibc 2.36.
# Guess: JSON has no locale: 1.5 is 1.5 whatever setlocale() was called with. Under a decimal comma it is, as the parser puts the
#   locale's point in the place of the dot before it calls strtod.
# What it does: it takes one byte of that point. Where the point is U+066B, two bytes in UTF-8 (glibc's ps_AF, and fa_IR of other
#   versions), strtod stops in front of it, and the rest of the number is dropped without a word: 1.5 is 1, 0.25 is 0
#   (compiled with -DNDEBUG, as releases are). Numbers without a point are right, and so is what is written. hush sets the thread's
#   locale to "C" while it parses.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --target packages \
  pgm-build-deps==2026.10.26.92
cat >read.cpp <<'CPP'
#include <clocale>
#include <cstdio>
#include <nlohmann/json.hpp>

int main(int, char** arguments) {
  if (!std::setlocale(LC_NUMERIC, arguments[1])) return 2;
  const auto numbers = nlohmann::json::parse("[1.5, 0.25, 2.5e3, 12, 1e-3]");
  std::printf("decimal point %s: %s\n", std::localeconv()->decimal_point, numbers.dump().c_str());
}
CPP
# The signs of numbers of a locale, as localedef writes them: a magic number, how many fields, where each lies, the fields.
python3 - <<'PYTHON'
import pathlib
import struct

for name, point in (("comma", ","), ("pashto", "\u066b")):
    texts = [point.encode() + b"\0", b"\0", b"\0"]
    fields = b"".join(texts)
    starts = [sum(map(len, texts[:i])) for i in range(3)]
    fields += bytes(-len(fields) % 4)
    for wide in (ord(point), 0):
        starts.append(len(fields))
        fields += struct.pack("<I", wide)
    starts.append(len(fields))
    fields += b"UTF-8\0"
    head = struct.pack("<8I", 0x20031115 ^ 1, 6, *(32 + start for start in starts))
    pathlib.Path(name).mkdir()
    pathlib.Path(name, "LC_NUMERIC").write_bytes(head + fields)
PYTHON
include=$(dirname "$(find packages -path '*nlohmann/json.hpp' | head -1)")/..
g++ -std=c++17 -DNDEBUG -I"$include" read.cpp -o read
export LOCPATH=$work
said=$(for name in C comma pashto; do ./read "$name"; done)
echo "$said"
[ "$said" = 'decimal point .: [1.5,0.25,2500.0,12,0.001]
decimal point ,: [1.5,0.25,2500.0,12,0.001]
decimal point ٫: [1.0,0.0,2.0,12,0.001]' ]
