"""What one of the other processes of a run does: see `training.run.team`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch

from training.config import TrainConfig
from training.datasets import Dataset, open_datasets
from training.datasets.base import SPLITS
from training.device import Placement, allow_tf32, cap_memory, check_compiler, keep_freed_memory, make_deterministic
from training.images.batches import Part, SplitImages, TrainBatch
from training.images.cache import open_images
from training.images.store import ImageStore
from training.network.build import build_network
from training.network.quality import QualityNetwork
from training.process.meeting import READY, say
from training.process.workers import Hello, Orders
from training.run.data import Images
from training.run.evaluate import score_together
from training.run.forward import batches_of, outputs_of
from training.run.setup import on_device
from training.run.team import add_up_gradients, join, learning, share, whole
from training.seed import seed_network, stream


def work(hello: Hello, orders: Orders) -> None:
    """Do what is ordered; the process exits when its orders end. A run has its data in the cache by then."""
    config = TrainConfig(**hello.config)
    if config.deterministic:
        make_deterministic()
    placement = _placement(hello)
    if config.torch_compile:
        check_compiler(placement.device)
    sets = [(dataset, _decoded(dataset, config)) for dataset in open_datasets(config)]
    images = {split: tuple(SplitImages(dataset, store, split) for dataset, store in sets) for split in SPLITS}
    network = on_device(build_network(config), placement)
    if config.torch_compile:
        network.compile()
    part = Part(hello.rank, config.processes)
    say(hello.report, READY)
    join(hello.device, hello.meeting, part)
    hand = Hand(config, placement, images, network, part)
    while True:
        hand.do(orders.next())


class Hand:
    """A worker that has all that it needs."""

    def __init__(
        self,
        config: TrainConfig,
        placement: Placement,
        images: Images,
        network: QualityNetwork,
        part: Part,
    ) -> None:
        self._config = config
        self._placement = placement
        self._images = images
        self._network = network
        self._part = part
        self._batches: Iterator[TrainBatch] = iter(())

    def do(self, order: dict[str, Any]) -> None:
        """What `Team` tells."""
        if order["what"] == "epoch":
            self._begin_epoch(order["epoch"], order["first_batch"])
        elif order["what"] == "step":
            self._train_step(order["step"], order["batches"])
        else:
            share(self._network.state_dict().values())
            score_together(
                self._network, self._images[order["split"]][order["number"]], self._config, self._placement, self._part
            )

    def _begin_epoch(self, epoch: int, first_batch: int) -> None:
        share(self._network.state_dict().values())
        self._network.train()
        self._network.backbone.hold(is_frozen=epoch <= self._config.frozen_epochs)
        place = epoch, first_batch
        self._batches = batches_of(self._config, self._placement, self._images["train"], place, self._part)

    def _train_step(self, step: int, batches: int) -> None:
        """Dropout draws from a stream of this very step, so that a resume draws the same again."""
        share(learning(self._network))
        draw = stream(self._config.seed, "worker", self._part.rank, step)
        seed_network(int(draw.integers(2**62)))
        self._network.zero_grad(set_to_none=True)
        for batch in itertools.islice(self._batches, batches):
            outputs = whole(outputs_of(self._network, batch, self._config, self._placement), len(batch.mos), self._part)
            torch.autograd.backward(outputs, torch.zeros_like(outputs))  # rank 0 has the gradient
        add_up_gradients(self._network)


def _decoded(dataset: Dataset, config: TrainConfig) -> ImageStore:
    return open_images(
        dataset,
        config.patch_size,
        threads=config.num_workers,
        on_progress=lambda _done, _total: None,
        should_stop=lambda: False,
        say=lambda _line: None,
    )


def _placement(hello: Hello) -> Placement:
    if hello.device == "cuda":
        allow_tf32(hello.precision == "tf32")
        cap_memory()
    else:
        torch.set_num_threads(hello.threads)
        keep_freed_memory()
    return Placement(torch.device(hello.device), "", hello.precision, hello.trains_in_fp32)
