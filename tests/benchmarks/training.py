"""What the trainer adds to its network: images a second of a real epoch against a bare loop on one ready batch."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import torch

from tests.benchmarks.figure import median_seconds_in_turns, report
from tests.benchmarks.means import LITE0, Means, decoded
from training.images.batches import SplitImages, train_batches
from training.images.transforms import plan_crops, to_network_input

FLAGS = (
    f"--dataset demo {LITE0} --weights none --limit_train_images 96 --train_patch_num 1 "
    "--patch_size 128 --batch_size 16 --no_color_jitter --seed 1"
)
ROUNDS = 7


class BareLoop:
    """Forward, backward, clip and step on one batch that is ready."""

    def __init__(self, means: Means, images: SplitImages) -> None:
        self._means = means
        plan = plan_crops(len(images), means.config.train_patch_num, seed=1, epoch=1)
        batch = next(train_batches(images, plan, means.config))
        self._ready = to_network_input(batch.crops, means.network.normalisation, batch.flips, None)
        self._mos = batch.mos

    def run(self, steps: int) -> None:
        means = self._means
        means.network.train()
        for _ in range(steps):
            with means.placement.autocast(training=True):
                pred = means.network(self._ready)
            loss = means.criterion(pred, self._mos)
            means.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(means.network.parameters(), means.config.clip_norm)
            means.optimizer.step()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        means = Means(FLAGS, Path(folder))
        images = SplitImages(*decoded(means.config), "train")
        steps = math.ceil(len(images) * means.config.train_patch_num / means.config.batch_size)
        bare_loop = BareLoop(means, images)
        bare_loop.run(steps)  # the first pass allocates
        ours, bare = median_seconds_in_turns(lambda: means.train_epoch(images), lambda: bare_loop.run(steps), ROUNDS)
    crops = steps * means.config.batch_size
    report("training_images_per_second", crops / ours, "images/s", "nothing")
    report(
        "training_ratio",
        bare / ours,
        "×",
        f"a bare loop on one ready batch, {crops / bare:.1f} images/s "
        f"({means.placement.name}, {means.placement.precision_in_words})",
        at_least=0.95,
    )
