#!/usr/bin/env bash
# Pillow finds the orientation in XMP by a pattern of characters: single quotes or a blank hide it, and one in a comment counts.
#
# Seen on 2026-11-30: Pillow 13.0.0, defusedxml 0.7.1, Python 3.11.
# Guess: XMP is XML, so exif_transpose turns a picture whose XMP states tiff:Orientation 6, however its author writes that in XML, and
#   agrees with getxmp() of the same picture.
# What it does: where EXIF states no orientation, it searches the packet for tiff:Orientation=" or tiff:Orientation> and a digit.
#   Single quotes, blanks around the sign or the number, and another prefix of the same namespace are not found, though getxmp()
#   reads 6 there; the first match counts, in a comment or of another namespace too, where getxmp() reads 1 or something else.
#   hush promises exif_transpose's pictures and does the same.
# Output seen: below.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv tool
tool/bin/pip install -q --disable-pip-version-check --no-compile Pillow==13.0.0 defusedxml==0.7.1
cat >turn.py <<'PYTHON'
import io

from PIL import Image, ImageOps

PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    "%s</rdf:RDF></x:xmpmeta>"
)
TIFF = 'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
STATED = {
    "double quotes": f'<rdf:Description {TIFF} tiff:Orientation="6"/>',
    "single quotes": f"<rdf:Description {TIFF} tiff:Orientation='6'/>",
    "a blank": f'<rdf:Description {TIFF} tiff:Orientation ="6"/>',
    "another prefix": '<rdf:Description xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="6"/>',
    "an element": f"<rdf:Description {TIFF}><tiff:Orientation>6</tiff:Orientation></rdf:Description>",
    "an element with a line end": f"<rdf:Description {TIFF}><tiff:Orientation>\n6</tiff:Orientation></rdf:Description>",
    "6 in a comment, then 1": f'<!-- tiff:Orientation="6" --><rdf:Description {TIFF} tiff:Orientation="1"/>',
}


def orientation(tree):
    """The Orientation somewhere in what getxmp() gives."""
    if isinstance(tree, dict):
        found = [value if name == "Orientation" else orientation(value) for name, value in tree.items()]
        return next((each for each in found if each), None)
    return None


for name, inside in STATED.items():
    file = io.BytesIO()
    Image.new("RGB", (4, 2)).save(file, "JPEG", xmp=(PACKET % inside).encode())
    picture = Image.open(file)
    turned = ImageOps.exif_transpose(picture).size == (2, 4)
    print(f"{name}: getxmp {orientation(picture.getxmp()).strip()}, {'turned' if turned else 'as stored'}")
PYTHON
said=$(tool/bin/python turn.py)
echo "$said"
[ "$said" = 'double quotes: getxmp 6, turned
single quotes: getxmp 6, as stored
a blank: getxmp 6, as stored
another prefix: getxmp 6, as stored
an element: getxmp 6, turned
an element with a line end: getxmp 6, as stored
6 in a comment, then 1: getxmp 1, turned' ]
