#!/usr/bin/env python3
"""Writes tests/goldens/events.out.tfevents.1700000000.golden with TensorBoard's own messages and record writer.
Needs tensorboard. Run from the root of the project: python3 tools/make_event_golden.py"""

import pathlib
import struct
import zlib

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

START = 1700000000


def png(width, height, rgb):
    """A PNG whose pixels are stored, not packed: the same bytes from every zlib."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + rgb[y * 3 * width:(y + 1) * 3 * width] for y in range(height))
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    stored += struct.pack(">I", zlib.adler32(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def summary(**values):
    return Summary(value=[Summary.Value(tag=tag.replace("__", "/"), **{kind: value}) for tag, (kind, value) in values.items()])


picture = Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=png(3, 2, bytes(range(0, 180, 10))))
events = [
    Event(wall_time=START, file_version="brain.Event:2"),
    Event(wall_time=START, step=41, session_log=SessionLog(status=SessionLog.START)),
    Event(wall_time=START + 0.25, step=41, summary=summary(step__loss=("simple_value", 0.5),
                                                           step__rate=("simple_value", 1e-4))),
    Event(wall_time=START + 0.5, step=0, summary=summary(zero=("simple_value", 0.0))),
    Event(wall_time=START + 0.75, step=300, summary=summary(step__loss=("simple_value", -1.0 / 3))),
    Event(wall_time=START + 1, step=1 << 40, summary=summary(samples=("image", picture))),
]
with open(pathlib.Path("tests/goldens") / f"events.out.tfevents.{START}.golden", "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
