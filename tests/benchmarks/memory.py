"""Memory of the trainer beyond network and optimiser, with few images and with many.

Subtracted is what the same process holds after one step on a ready batch: interpreter, libraries, network, gradients,
optimiser, and the memory in which the activations of a step lay. What remains is the data set with its labels, the pages
of its images, the batches, and whatever the loop keeps. It is the highest value of the kernel's own account (VmHWM)
over an epoch that looks at every image, and a scoring of every image.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.figure import report, status_bytes
from tests.benchmarks.means import Means
from tests.benchmarks.training import BareLoop
from training.datasets.base import Dataset, Item
from training.images.batches import SplitImages
from training.images.store import Part, end_to_end, map_part
from training.run.evaluate import score_crops

SIZE = (384, 512)
"""Of KonIQ-10k's images in the cache."""
COUNTS = (1_000, 10_000)
FLAGS = (
    "--dataset demo --backbone test_efficientnet --weights none --attention_fusion --patch_size 64 --batch_size 64 "
    "--train_patch_num 1 --test_patch_num 1 --no_color_jitter --checkpoint_minutes 0"
)


def data_set(count: int, split: str) -> Dataset:
    items = [
        Item(f"{number}.jpg", Path("images") / f"{number}.jpg", number / count, 0.1, split, str(number), "here")
        for number in range(count)
    ]
    return Dataset("made", tuple(items), (0.0, 1.0))


def measure(count: int, pixels: Path) -> None:
    """Print what was held after a ready step, and the highest afterwards, in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        means = Means(FLAGS, Path(folder))
        few = end_to_end(Part(np.zeros(64 * SIZE[0] * SIZE[1] * 3, dtype=np.uint8)), [SIZE] * 64)
        BareLoop(means, SplitImages(data_set(64, "train"), few, "train")).run(1)
        del few
        before = status_bytes("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forget the highest so far
        images = end_to_end(map_part(pixels), [SIZE] * count)
        means.train_epoch(SplitImages(data_set(count, "train"), images, "train"))
        test = SplitImages(data_set(count, "test"), images, "test")
        score_crops(means.network, test, means.config, means.placement)
        print(json.dumps({"before": before, "highest": status_bytes("VmHWM"), "images": pixels.stat().st_size}))


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ["IQA_TUI_CACHE"]) as folder:
        for count in COUNTS:
            pixels = Path(folder) / f"{count}.u8"
            with pixels.open("wb") as file:
                file.truncate(
                    count * SIZE[0] * SIZE[1] * 3
                )  # holes read as zeros, and fill the page cache like any file
            command = [sys.executable, "-m", "tests.benchmarks.memory", str(count), str(pixels)]
            environment = {
                **os.environ,
                "OMP_NUM_THREADS": "1",
            }  # memory is the same, and a busy machine does not stall
            ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
            found = json.loads(ended.stdout.splitlines()[-1])
            report(
                f"memory_beyond_network_{count}",
                (found["highest"] - found["before"]) / 1e6,
                "MB",
                f"one step on a ready batch, {found['before'] / 1e6:.0f} MB; {found['images'] / 1e6:,.0f} MB of images",
                at_most=500,
            )
            pixels.unlink()


if __name__ == "__main__":
    measure(int(sys.argv[1]), Path(sys.argv[2]))
