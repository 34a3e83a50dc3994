"""What the measurements of the trainer share: real photographs, and a network with all it takes to train it."""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from training.checkpoints.resumable import Learner
from training.checkpoints.schedule import CheckpointSchedule
from training.config import TrainConfig
from training.datasets import open_dataset
from training.datasets.base import Dataset
from training.device import place, suit_network
from training.flags import parse
from training.images.batches import SplitImages
from training.images.cache import open_images
from training.images.store import ImageStore
from training.losses import build_criterion
from training.network.build import build_network
from training.optim import build_optimizer
from training.process.attempt import Attempt
from training.progress import Progress
from training.run.loop import train_epoch
from training.run.setup import Setup, on_device
from training.runfolder.layout import RunFolder
from training.runfolder.write import EventWriter
from training.telling.recorder import Recorder

BIQ2021 = Path(__file__).parents[3] / "shared" / "data" / "biq2021"
PHOTOGRAPHS = f"--dataset biq2021 --data_path {BIQ2021}" if BIQ2021.is_dir() else "--dataset demo --patch_size 128"
"""900 photographs of 512 × 512 where they lie beside the project, else the demo's of 160 × 160."""
LITE0 = "--backbone tf_efficientnet_lite0"


def decoded(config: TrainConfig) -> tuple[Dataset, ImageStore]:
    dataset = open_dataset(config)
    store = open_images(dataset, config.patch_size, threads=2, on_progress=lambda *_: None, should_stop=lambda: False)
    return dataset, store


class Means:
    """One network with optimiser and device, placed as a run does."""

    def __init__(self, flags: str, folder: Path) -> None:
        self.config = parse(flags.split())
        placement = place(self.config.precision)
        self.network = on_device(build_network(self.config), placement)
        self.placement = suit_network(placement, self.config.precision, self.network)
        self.optimizer = build_optimizer(self.network, self.config)
        self.criterion = build_criterion(self.config)
        self.recorder = Recorder(EventWriter(folder / "events.jsonl", 1), show_bar=False)
        learner = Learner(self.network, self.optimizer, self.config)
        self.schedule = CheckpointSchedule(RunFolder(folder), learner, self.recorder, began=time.monotonic())

    def save_checkpoint(self, step: int) -> bool:
        """Write `last.pt` of this step; returns whether it was written."""
        return self.schedule.save(Progress(step=step, step_in_epoch=step))

    def train_epoch(self, images: SplitImages, epoch: int = 1) -> None:
        setup = Setup(
            config=self.config,
            attempt=cast(Attempt, SimpleNamespace(should_stop=lambda: False)),
            recorder=self.recorder,
            placement=self.placement,
            dataset=images.dataset,
            cross_datasets=(),
            images={"train": (images,)},
            network=self.network,
            optimizer=self.optimizer,
            criterion=self.criterion,
            scaler=self.placement.grad_scaler(),
            ema=None,
        )
        with contextlib.redirect_stdout(io.StringIO()):
            train_epoch(setup, Progress(epoch=epoch), self.schedule)
