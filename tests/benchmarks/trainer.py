"""What the trainer adds to its network: images a second of a real epoch against a bare loop on one ready batch."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import torch

from tests.benchmarks.figure import median_seconds_in_turns, report
from training.checkpoint import Progress
from training.config import TrainConfig, parse
from training.datasets import open_dataset
from training.datasets.batches import SplitImages, train_batches
from training.datasets.cache import open_images
from training.device import place, suit_network
from training.loop import steps_per_epoch, train_epoch
from training.losses import build_criterion
from training.network.build import build_network
from training.optim import CLIP_NORM, build_optimizer
from training.record import Recorder
from training.runfolder.write import EventWriter
from training.transforms import plan_crops, to_network_input

FLAGS = (
    "--dataset demo --backbone tf_efficientnet_lite0 --weights none --limit_train_images 96 --train_patch_num 1 "
    "--patch_size 128 --batch_size 16 --no_color_jitter --seed 1"
)
ROUNDS = 5


class Bench:
    """One network and one set of images, trained in two ways."""

    def __init__(self, config: TrainConfig, folder: Path) -> None:
        self.config = config
        placement = place(config.precision)
        dataset = open_dataset(config)
        store = open_images(
            dataset, config.patch_size, threads=2, on_progress=lambda *_: None, should_stop=lambda: False
        )
        self.images = SplitImages(dataset, store, "train")
        self.network = build_network(config).to(placement.device)
        self.placement = suit_network(placement, config.precision, self.network)
        self.optimizer = build_optimizer(self.network, config)
        self.criterion = build_criterion(config)
        self.steps = steps_per_epoch(len(self.images), config)
        self.recorder = Recorder(EventWriter(folder / "events.jsonl", 1), show_bar=False)
        plan = plan_crops(len(self.images), config.train_patch_num, seed=1, epoch=1)
        batch = next(train_batches(self.images, plan, config))
        self.ready = to_network_input(batch.crops, self.network.normalisation, batch.flips, None)
        self.mos = batch.mos

    def trainer(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            train_epoch(
                self.network,
                self.optimizer,
                self.criterion,
                self.images,
                self.config,
                self.placement,
                Progress(),
                self.recorder,
                lambda: False,
            )

    def bare_loop(self) -> None:
        self.network.train()
        for _ in range(self.steps):
            with self.placement.autocast(training=True):
                pred = self.network(self.ready)
            loss = self.criterion(pred, self.mos)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP_NORM)
            self.optimizer.step()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(parse(FLAGS.split()), Path(folder))
        bench.bare_loop()  # the first pass allocates
        ours, bare = median_seconds_in_turns(bench.trainer, bench.bare_loop, ROUNDS)
    images = bench.steps * bench.config.batch_size
    report("training_images_per_second", images / ours, "images/s", "nothing")
    report(
        "training_ratio",
        bare / ours,
        "×",
        f"a bare loop on one ready batch, {images / bare:.1f} images/s ({bench.placement.name}, {bench.placement.precision_in_words})",
    )
