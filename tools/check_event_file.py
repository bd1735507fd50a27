#!/usr/bin/env python3
"""Reads a TensorBoard event file, or a folder of them, with TensorBoard's own reader and prints what it holds.
Needs tensorboard. python3 tools/check_event_file.py FILE_OR_FOLDER"""

import argparse
import hashlib

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("path", help="an event file, or a folder with those of one run")
everything = {"scalars": 0, "images": 0}  # 0: keep all
events = EventAccumulator(parser.parse_args().path, size_guidance=everything)
events.Reload()
for tag in sorted(events.Tags()["scalars"]):
    print(tag)
    for event in events.Scalars(tag):
        print(f"  step {event.step}  {event.value!r}  at {event.wall_time:.3f}")
for tag in sorted(events.Tags()["images"]):
    print(tag)
    for event in events.Images(tag):
        png = event.encoded_image_string
        print(f"  step {event.step}  {event.width} x {event.height}, {len(png)} bytes of PNG, "
              f"sha256 {hashlib.sha256(png).hexdigest()[:16]}  at {event.wall_time:.3f}")
