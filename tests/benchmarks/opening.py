"""Opening a data set of 10,000 images: from its label file to images that can be cropped."""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tests.benchmarks.figure import report
from tests.benchmarks.means import decoded
from training.flags import parse

COUNT = 10_000
FILES = 50
"""Different pictures; the other names are hard links to them."""
SIDE = 160
ROUNDS = 5


def write_dataset(folder: Path) -> Path:
    draw = np.random.default_rng(1)
    for number in range(COUNT):
        path = folder / f"{number:05d}.jpg"
        if number < FILES:
            pixels = draw.integers(0, 256, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((SIDE, SIDE)).save(path, quality=90)
        else:
            path.hardlink_to(folder / f"{number % FILES:05d}.jpg")
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "mos", "split"))
        for number in range(COUNT):
            split = ("train", "train", "val", "test")[number % 4]
            writer.writerow((f"{number:05d}.jpg", f"{number / COUNT:.4f}", split))
    return folder / "labels.csv"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        flags = f"--dataset csv --data_path {write_dataset(Path(folder))} --patch_size 128 --num_workers 2"
        config = parse(flags.split())
        taken = []
        for _ in range(ROUNDS + 1):
            start = time.perf_counter()
            _, store = decoded(config)
            taken.append(time.perf_counter() - start)
    decoding, opening = taken[0], statistics.median(taken[1:])
    report("opening_cached", opening, "s", f"{len(store):,} images, labels to crops", at_most=1.0)
    report(
        "opening_ratio",
        decoding / opening,
        "×",
        f"decoding them once, {SIDE} × {SIDE} with two threads, {decoding:.1f} s",
    )
