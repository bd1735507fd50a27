#!/usr/bin/env python3
"""Writes tests/goldens/pictures.json: small PNG and JPEG files of many kinds, what Pillow's convert("RGB") makes of each,
what Pillow's exif_transpose makes of pictures with EXIF, XMP and raw profiles of many kinds, and the JPEG files that Pillow writes at the
qualities of JPEG restoration. Needs numpy and Pillow 13 (built with libjpeg-turbo). Run from the root of the project:
python3 tools/make_picture_goldens.py

Kinds that Pillow does not write (grey of 2 and 4 bits, 16 bits of colour, interlaced, odd gamma) come from the small
writer below, which knows their stored values and alpha ("stored": laid over black and over white, by the rule). "refused"
marks what hush does not read; it has no pixels here."""

import io
import json
import pathlib
import struct
import warnings
import zlib

import numpy
import PIL
from PIL import Image, ImageOps, features

HEIGHT, WIDTH = 13, 21


def painted(height, width):
    """The picture of the tests, [height, width, 3]; tests/io/jpeg.cpp paints the same."""
    y, x = numpy.mgrid[0:height, 0:width]
    rgb = numpy.stack([(5 * x + 3 * y) % 256, (x * y) % 256, (x * x + 7 * y + 40) % 256], axis=-1)
    return rgb.astype(numpy.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(values, bits):
    """Rows of [height, width, channels] values of `bits` bits as PNG scan lines without a filter."""
    lines = b""
    for row in values.reshape(values.shape[0], -1):
        if bits == 16:
            lines += b"\0" + row.astype(">u2").tobytes()
            continue
        each = numpy.zeros((row.size, bits), numpy.uint8)
        for bit in range(bits):
            each[:, bit] = row >> (bits - 1 - bit) & 1
        lines += b"\0" + numpy.packbits(each.reshape(-1)).tobytes()
    return lines


def png(values, bits, colour_type, before=(), interlaced=False):
    if values.ndim == 2:
        values = values[:, :, None]
    height, width = values.shape[:2]
    parts = [values]
    if interlaced:  # Adam7
        starts = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        parts = [values[top::down, left::right] for top, left, down, right in starts]
    lines = b"".join(packed(part, bits) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*each) for each in before) +
            chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def laid(values, alpha, ground):
    """Stored values [height, width, channels] of 8 bits over a ground: (alpha v + (255 - alpha) ground) / 255, rounded."""
    values, alpha = values.astype(int), alpha.astype(int)[:, :, None]
    return ((2 * (alpha * values + (255 - alpha) * ground) + 255) // 510).astype(numpy.uint8)


def stored(values, alpha=None):
    """What a reader of stored values gives: grey or RGB, over black and over white. Of 16 bits the upper 8 count."""
    values = values if values.ndim == 3 else values[:, :, None]
    alpha = numpy.full(values.shape[:2], 255) if alpha is None else alpha
    return {"channels": values.shape[2],
            **{name: zlib.crc32(laid(values, alpha, ground).tobytes()) for name, ground in (("black", 0), ("white", 255))}}


def cut_out(file, kind):
    """A JPEG file without its first segment of this kind."""
    at = file.index(bytes((0xff, kind)))
    return file[:at] + file[at + 2 + struct.unpack(">H", file[at + 2:at + 4])[0]:]


def files():
    """name, file, and for PNGs of the writer above what their stored values are."""
    rgb = painted(HEIGHT, WIDTH)
    grey, alpha = rgb[:, :, 1], (9 * rgb[:, :, 0].astype(int) % 256).astype(numpy.uint8)
    picture = Image.fromarray(rgb)
    palette = bytes(range(7, 7 + 3 * 16))
    yield "png: colour", saved(picture, "PNG"), stored(rgb)
    yield "png: colour with alpha", png(numpy.dstack([rgb, alpha]), 8, 6), stored(rgb, alpha)
    key = numpy.where((rgb == (0, 0, 40)).all(axis=2), 0, 255)
    yield "png: colour, one of them transparent", png(rgb, 8, 2, [(b"tRNS", struct.pack(">HHH", 0, 0, 40))]), stored(rgb, key)
    yield "png: interlaced", png(rgb, 8, 2, interlaced=True), stored(rgb)
    yield "png: interlaced with alpha", png(numpy.dstack([rgb, alpha]), 8, 6, interlaced=True), stored(rgb, alpha)
    yield "png: with a gamma of 1", png(rgb, 8, 2, [(b"gAMA", struct.pack(">I", 100000))]), stored(rgb)
    gammas = {"of 1": [(b"gAMA", struct.pack(">I", 100000))], "of 1 / 1.8": [(b"gAMA", struct.pack(">I", 55556))],
              "of sRGB": [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))],
              "in a profile": [(b"iCCP", b"x\0\0" + zlib.compress(b"no profile of colours"))]}
    ramp = numpy.arange(256).reshape(16, 16)
    for name, chunks in gammas.items():
        yield f"png: grey, gamma {name}", png(ramp, 8, 0, chunks), stored(ramp)
        yield f"png: grey with alpha, gamma {name}", png(numpy.dstack([ramp, ramp[:, ::-1]]), 8, 4, chunks), \
            stored(ramp, ramp[:, ::-1])
    yield "png: with a suggested palette", png(rgb, 8, 2, [(b"PLTE", palette)]), stored(rgb)
    for bits in (1, 2, 4, 8):
        values = (grey >> (8 - bits)).astype(int)
        yield f"png: grey of {bits} bits", png(values, bits, 0), stored(values * (255 // ((1 << bits) - 1)))
        if bits < 8:
            yield f"png: grey of {bits} bits, 1 is transparent", png(values, bits, 0, [(b"tRNS", struct.pack(">H", 1))]), \
                stored(values * (255 // ((1 << bits) - 1)), numpy.where(values == 1, 0, 255))
    yield "png: grey, one of them transparent", png(grey, 8, 0, [(b"tRNS", struct.pack(">H", 0))]), \
        stored(grey, numpy.where(grey == 0, 0, 255))
    yield "png: grey with alpha", png(numpy.dstack([grey, alpha]), 8, 4), stored(grey, alpha)
    yield "png: grey of 2 bits, interlaced", png(grey >> 6, 2, 0, interlaced=True), stored((grey >> 6) * 85)
    for bits in (1, 2, 4):
        yield f"png: palette of {bits} bits", png(grey >> (8 - bits), bits, 3, [(b"PLTE", palette[:3 << bits])])
    colours = numpy.frombuffer(palette, numpy.uint8).reshape(16, 3)[grey >> 4]
    yield "png: palette of 8 bits, transparent", png(grey >> 4, 8, 3, [(b"PLTE", palette), (b"tRNS", bytes(range(16)))]), \
        stored(colours, grey >> 4)
    yield "png: palette of 4 bits, some transparent", png(grey >> 4, 4, 3, [(b"PLTE", palette), (b"tRNS", b"\0\x80")]), \
        stored(colours, numpy.select([grey >> 4 == 0, grey >> 4 == 1], [0, 128], 255))
    yield "png: palette, interlaced", png(grey >> 4, 4, 3, [(b"PLTE", palette)], interlaced=True), stored(colours)
    yield "png: with colours beyond its palette", png(grey >> 4, 4, 3, [(b"PLTE", palette[:30])])
    yield "png: palette of Pillow", saved(picture.quantize(16), "PNG")
    yield "png: one pixel", saved(Image.fromarray(rgb[1:2, 2:3]), "PNG")

    low = (rgb[:, :, ::-1].astype(int) * 7 + 3) % 256  # the lower 8 bits
    wide, wide_alpha = rgb.astype(int) * 256 + low, alpha.astype(int) * 256 + low[:, :, 0]
    yield "png: colour of 16 bits", png(wide, 16, 2), stored(rgb)
    yield "png: colour of 16 bits, interlaced", png(wide, 16, 2, interlaced=True), stored(rgb)
    yield "png: colour of 16 bits with alpha", png(numpy.dstack([wide, wide_alpha]), 16, 6), stored(rgb, alpha)
    yield "png: colour of 16 bits, one of them transparent", \
        png(wide, 16, 2, [(b"tRNS", struct.pack(">HHH", *wide[3, 4]))]), \
        stored(rgb, numpy.where((wide == wide[3, 4]).all(axis=2), 0, 255))
    yield "png: grey of 16 bits with alpha", png(numpy.dstack([wide[:, :, 1], wide_alpha]), 16, 4), stored(grey, alpha)
    yield "png: grey of 16 bits", png(wide[:, :, 1], 16, 0), stored(grey)
    yield "png: grey of 16 bits, one of them transparent", \
        png(wide[:, :, 1], 16, 0, [(b"tRNS", struct.pack(">H", wide[3, 4, 1]))]), \
        stored(grey, numpy.where(wide[:, :, 1] == wide[3, 4, 1], 0, 255))

    whole = saved(picture, "PNG")
    end = whole[-12:]
    yield "png: without its end", whole[:-12]
    yield "png: cut within its end", whole[:-3]
    yield "png: bytes behind its end", whole + b"and what somebody had to say"
    yield "png: a chunk with a wrong checksum behind the pixels", whole[:-12] + chunk(b"tEXt", b"a\0b")[:-1] + b"?" + end
    lines = packed(rgb, 8)
    head = whole[:whole.index(b"IDAT") - 4]
    yield "png: more pixels than it has", head + chunk(b"IDAT", zlib.compress(lines + bytes(64))) + end
    yield "png: bytes behind the compressed ones", head + chunk(b"IDAT", zlib.compress(lines) + b"junk") + end
    yield "refused: png without the last checksum of its pixels", head + chunk(b"IDAT", zlib.compress(lines)[:-4]) + end

    for name, subsampling in (("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)):
        yield f"jpeg: {name}", saved(picture, "JPEG", quality=80, subsampling=subsampling)
    yield "jpeg: progressive", saved(picture, "JPEG", quality=60, progressive=True)
    yield "jpeg: of RGB", saved(picture, "JPEG", quality=90, keep_rgb=True)
    restarts = saved(picture, "JPEG", quality=70, restart_marker_blocks=1)
    yield "jpeg: with restarts", restarts
    yield "jpeg: grey", saved(Image.fromarray(grey), "JPEG", quality=75)
    yield "jpeg: one pixel", saved(Image.fromarray(rgb[1:2, 2:3]), "JPEG")

    inks = numpy.dstack([rgb, (rgb[:, :, 0].astype(int) * 3 % 256).astype(numpy.uint8)])
    cmyk = saved(Image.frombytes("CMYK", (WIDTH, HEIGHT), inks.tobytes()), "JPEG", quality=90)
    adobe = cmyk.index(b"Adobe")
    yield "jpeg: CMYK", cmyk
    yield "jpeg: CMYK that Adobe did not mark", cut_out(cmyk, 0xee)
    yield "jpeg: YCCK", cmyk[:adobe + 11] + b"\2" + cmyk[adobe + 12:]
    plain = saved(picture, "JPEG", quality=80)
    for name, marker in (("tables", b"\xff\xdb"), ("the pixels", b"\xff\xda"), ("the end", b"\xff\xd9")):
        at = plain.rindex(marker) if name == "the end" else plain.index(marker)
        yield f"jpeg: stray bytes before {name}", plain[:at] + b"stray" + plain[at:]
    at = restarts.index(b"\xff\xd0")
    yield "jpeg: stray bytes before a restart", restarts[:at] + b"\0\0" + restarts[at:]
    at = plain.index(b"JFIF") + 5
    yield "jpeg: JFIF 2.00", plain[:at] + b"\2\0" + plain[at + 2:]
    yield "jpeg: an unknown transform of Adobe's", plain[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\7" + plain[2:]
    yield "jpeg: bytes behind its end", plain + b"and what somebody had to say"

    yield "refused: png without a palette", png(grey >> 4, 4, 3)
    yield "refused: png, its last row missing", head + chunk(b"IDAT", zlib.compress(lines[:-1 - 3 * WIDTH])) + end
    yield "refused: gif", saved(picture, "GIF")[:100]


def exif(order, entries, first=8, version=42, count=None):
    """A TIFF header and a directory of entries (tag, type, count, value): little-endian for "<"."""
    directory = b"".join(
        struct.pack(order + "HHI", *entry[:3]) +
        (struct.pack(order + "H2x", entry[3]) if entry[1] in (3, 8) and entry[2] < 3 else struct.pack(order + "I", entry[3]))
        for entry in entries)
    return ((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", version, first) + bytes(first - 8) +
            struct.pack(order + "H", len(entries) if count is None else count) + directory + bytes(4))


def orientations():
    """name, EXIF."""
    for order, name in (("<", "little"), (">", "big")):
        for value in range(1, 9):
            yield f"{name}-endian, {value}", exif(order, [(0x0112, 3, 1, value)])
        yield f"{name}-endian, among others", exif(order, [(0x0100, 4, 1, 77), (0x010f, 2, 4, 0), (0x0112, 3, 1, 6),
                                                           (0x0128, 3, 1, 2)], first=20)
        yield f"{name}-endian, as a long number", exif(order, [(0x0112, 4, 1, 8)])
        yield f"{name}-endian, with a sign", exif(order, [(0x0112, 8, 1, 3)])
        yield f"{name}-endian, two of them", exif(order, [(0x0112, 3, 1, 5), (0x0112, 3, 1, 3)])
        yield f"{name}-endian, a pair", exif(order, [(0x0112, 3, 2, 6)])
        far = exif(order, [(0x0112, 3, 3, 26)]) + struct.pack(order + "HHH", 8, 1, 1)
        yield f"{name}-endian, three of them elsewhere", far
        yield f"{name}-endian, elsewhere beyond the end", far[:-6]
        yield f"{name}-endian, a byte", exif(order, [(0x0112, 1, 1, 6)])
        for value in (0, 9, 65535):
            yield f"{name}-endian, {value}", exif(order, [(0x0112, 3, 1, value)])
        yield f"{name}-endian, nothing", exif(order, [])
        yield f"{name}-endian, more entries than there are", exif(order, [(0x0112, 3, 1, 7)], count=900)
        yield f"{name}-endian, cut", exif(order, [(0x0100, 3, 1, 7), (0x0112, 3, 1, 7)])[:-12]
        yield f"{name}-endian, a directory beyond the end", exif(order, [(0x0112, 3, 1, 7)])[:4] + b"\x7f\x7f\x7f\x7f"
    yield "the version turned", exif("<", [(0x0112, 3, 1, 6)], version=42 << 8)
    yield "said twice", b"Exif\0\0" + exif("<", [(0x0112, 3, 1, 6)])


def turned(picture, data):
    """What exif_transpose makes of pictures with this EXIF, in a JPEG file and in a PNG file."""
    out = {}
    tail = saved(picture, "JPEG", quality=80)
    jpeg = tail[:2] + b"\xff\xe1" + struct.pack(">H", len(data) + 8) + b"Exif\0\0" + data + tail[2:]
    whole = saved(picture, "PNG")
    at = whole.index(b"IDAT") - 4
    for name, file in (("jpeg", jpeg), ("png", whole[:at] + chunk(b"eXIf", data) + whole[at:]),
                       ("png_behind", whole[:-12] + chunk(b"eXIf", data) + whole[-12:])):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is broken
            image = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")
        out[name] = [image.height, image.width, zlib.crc32(image.tobytes())]
    assert out["png"] == out["png_behind"]
    return {name: out[name] for name in ("jpeg", "png")}


def xmp(inside):
    return (b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' + inside +
            b'</x:xmpmeta><?xpacket end="w"?>')


def attribute(value):
    return xmp(b'<rdf:Description tiff:Orientation="%s"/>' % value)


def itxt(key, text, packed=False):
    return key + (b"\0\1\0" if packed else b"\0\0\0") + b"en\0\0" + (zlib.compress(text) if packed else text)


def profile(data, kind=b"exif"):
    """EXIF as ImageMagick writes it into a text of a PNG."""
    digits = data.hex().encode()
    lines = b"\n".join(digits[at:at + 72] for at in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (kind, len(data), lines)


def stated():
    """name, segments APP1 of a JPEG file, chunks of a PNG file: orientations in XMP and in the texts of a PNG."""
    adobe, key, raw = b"http://ns.adobe.com/xap/1.0/\0", b"XML:com.adobe.xmp", b"Raw profile type exif"
    tags = {value: b"Exif\0\0" + exif("<", [(0x0112, 3, 1, value)]) for value in (1, 3, 6, 9)}
    without = b"Exif\0\0" + exif(">", [(0x0128, 3, 1, 2)])
    packets = {f"an attribute, {value}": attribute(b"%d" % value) for value in range(10)}
    packets |= {"an element": xmp(b"<tiff:Orientation>6</tiff:Orientation>"),
                "an element after one without a number": xmp(b"<tiff:Orientation>x</><tiff:Orientation>8</tiff:Orientation>"),
                "in single quotes": attribute(b"6").replace(b'"6"', b"'6'"),
                "of another name": xmp(b'<rdf:Description exif:Orientation="6"/>'),
                "cut": attribute(b"6")[:-60]}
    for name, packet in packets.items():
        yield f"XMP: {name}", [adobe + packet], [(b"iTXt", itxt(key, packet))]
    for value, data in tags.items():
        yield f"XMP and EXIF of {value}", [adobe + attribute(b"8"), data], [(b"eXIf", data[6:]),
                                                                            (b"iTXt", itxt(key, attribute(b"8")))]
    yield "XMP and EXIF without an orientation", [without, adobe + attribute(b"8")], \
        [(b"eXIf", without[6:]), (b"iTXt", itxt(key, attribute(b"8")))]
    yield "XMP twice", [adobe + attribute(b"8"), adobe + attribute(b"3")], [(b"iTXt", itxt(key, attribute(b"8"))),
                                                                            (b"iTXt", itxt(key, attribute(b"3")))]
    yield "XMP under another name", [adobe[:-1] + attribute(b"8")], [(b"iTXt", itxt(key + b"2", attribute(b"8")))]
    yield "XMP, packed", [], [(b"iTXt", itxt(key, attribute(b"6"), True))]
    yield "XMP, packed and damaged", [], [(b"iTXt", itxt(key, attribute(b"6"), True)[:-20])]
    yield "XMP in a plain text", [], [(b"tEXt", key + b"\0" + attribute(b"6"))]
    yield "XMP in a packed text", [], [(b"zTXt", key + b"\0\0" + zlib.compress(attribute(b"6")))]
    for value, data in tags.items():
        yield f"a raw profile of {value}", [], [(b"tEXt", raw + b"\0" + profile(data))]
        yield f"a packed raw profile of {value}", [], [(b"zTXt", raw + b"\0\0" + zlib.compress(profile(data)))]
    yield "a raw profile in capitals", [], [(b"tEXt", raw + b"\0" + profile(tags[6]).upper())]
    yield "a raw profile without a header of EXIF", [], [(b"tEXt", raw + b"\0" + profile(tags[6][6:]))]
    yield "a raw profile of another name", [], [(b"tEXt", b"Raw profile type APP1\0" + profile(tags[6]))]
    yield "a raw profile and EXIF", [], [(b"tEXt", raw + b"\0" + profile(tags[6])), (b"eXIf", tags[3][6:])]
    yield "a raw profile and XMP", [], [(b"tEXt", raw + b"\0" + profile(without)), (b"iTXt", itxt(key, attribute(b"8")))]


def described(picture):
    """The files of `stated`, and what exif_transpose makes of each."""
    jpeg, whole = saved(picture, "JPEG", quality=80), saved(picture, "PNG")
    at = whole.index(b"IDAT") - 4
    for name, segments, chunks in stated():
        inside = b"".join(b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data for data in segments)
        more = b"".join(chunk(*each) for each in chunks)
        for kind, file in (("jpeg", jpeg[:2] + inside + jpeg[2:] if segments else b""), ("png", whole[:at] + more + whole[at:]),
                           ("png, behind", whole[:-12] + more + whole[-12:])):
            if file:
                image = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")
                yield {"name": f"{kind}: {name}", "file": file.hex(), "height": image.height, "width": image.width,
                       "rgb": zlib.crc32(image.tobytes())}


def main():
    read = []
    for name, file, *rule in files():
        entry = {"name": name, "file": file.hex()}
        if not name.startswith("refused"):
            image = Image.open(io.BytesIO(file))
            if image.mode == "I;16":  # which Pillow cuts off at 255; here the upper 8 bits count, as of colours
                high = (numpy.array(image) >> 8).astype(numpy.uint8)
                rgb, grey = Image.fromarray(high).convert("RGB"), Image.fromarray(high)
            else:
                rgb, grey = image.convert("RGB"), image.convert("RGB").convert("L")
                if image.mode not in ("P", "1"):
                    assert grey.tobytes() == image.convert("L").tobytes(), name
            entry |= {"height": image.height, "width": image.width, "rgb": zlib.crc32(rgb.tobytes()),
                      "grey": zlib.crc32(grey.tobytes())}
            entry |= {"stored": each for each in rule}
            if image.mode == "RGBA":  # the rule is also that of Pillow's paste
                for ground, colour in (("black", 0), ("white", 255)):
                    over = Image.new("RGB", image.size, (colour,) * 3)
                    over.paste(rgb, mask=image.getchannel("A"))
                    if rule and rule[0]["channels"] == 3:
                        assert zlib.crc32(over.tobytes()) == rule[0][ground], name
        read.append(entry)
    small = Image.fromarray(painted(HEIGHT, WIDTH))
    oriented = [{"name": name, "exif": data.hex(), **turned(small, data)} for name, data in orientations()]
    texts = list(described(Image.fromarray(painted(3, 5))))
    written = []
    large = painted(45, 61)
    for name, image in (("colour", Image.fromarray(large)), ("grey", Image.fromarray(large[:, :, 1]))):
        for quality in (5, 10, 20, 30, 75, 100):
            file = saved(image, "JPEG", quality=quality)
            back = Image.open(io.BytesIO(file))
            written.append({"picture": name, "quality": quality, "size": len(file), "crc": zlib.crc32(file),
                            "pixels": zlib.crc32(back.tobytes())})
    versions = {"pillow": PIL.__version__, "libjpeg-turbo": features.version("libjpeg_turbo")}
    lines = ",\n".join(f"  {json.dumps(each)}" for each in read)
    turns = ",\n".join(f"  {json.dumps(each)}" for each in oriented)
    told = ",\n".join(f"  {json.dumps(each)}" for each in texts)
    more = ",\n".join(f"  {json.dumps(each)}" for each in written)
    text = (f'{{"versions": {json.dumps(versions)},\n"read": [\n{lines}\n],\n"oriented": [\n{turns}\n],\n'
            f'"described": [\n{told}\n],\n"written": [\n{more}\n]}}\n')
    pathlib.Path("tests/goldens/pictures.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
