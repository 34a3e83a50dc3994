"""What stays the same over a run: data, network, loss, optimiser and device, made once and reported at the start."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from training.checkpoints.resumable import Learner
from training.config import TrainConfig
from training.datasets import Dataset, open_cross_dataset, open_dataset
from training.datasets.base import SPLITS
from training.datasets.table import TRAINING_TOP
from training.device import Placement, check_compiler, make_deterministic, memory_words, place, suit_network
from training.errors import BadData, BadUsage, GpuOutOfMemory, is_gpu_out_of_memory
from training.images.batches import SplitImages
from training.images.cache import open_images
from training.loss_parts import fixes_scale, parts_of, smallest_batch
from training.losses import Criterion, build_criterion
from training.network.build import build_network
from training.network.quality import QualityNetwork, parameter_count
from training.optim import build_optimizer, rising_lr_note
from training.process.attempt import Attempt
from training.seed import seed_network
from training.telling.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a run works with."""

    config: TrainConfig
    attempt: Attempt
    recorder: Recorder
    placement: Placement
    dataset: Dataset
    cross_datasets: tuple[Dataset, ...]
    """Other data sets to test on after training; labels read, images not yet decoded."""
    images: dict[str, SplitImages]
    network: QualityNetwork
    optimizer: torch.optim.Optimizer
    criterion: Criterion

    @property
    def learner(self) -> Learner:
        return Learner(self.network, self.optimizer, self.config)

    @property
    def fixes_scale(self) -> bool:
        """Whether predictions lie on the scale of opinions by themselves, so that an error has a unit."""
        return fixes_scale(self.config.loss_type) if self.config.epochs else self.network.began_on_scale

    @property
    def steps_per_epoch(self) -> int:
        """The last batch may be smaller and counts."""
        return math.ceil(len(self.images["train"]) * self.config.train_patch_num / self.config.batch_size)


def set_up(config: TrainConfig, attempt: Attempt, recorder: Recorder) -> Setup:
    """Data before network: what users most often get wrong fails first."""
    if config.deterministic:
        make_deterministic()
    placement = place(config.precision, config.device)
    if config.torch_compile:
        check_compiler(placement.device)
    dataset = open_dataset(config)
    cross_datasets = tuple(open_cross_dataset(name, path, config) for name, path in config.cross_folders().items())
    store = open_images(
        dataset,
        config.patch_size,
        threads=config.num_workers,
        on_progress=lambda done, total: recorder.progress("decoding images", done, total),
        should_stop=attempt.should_stop,
    )
    dataset = replace(dataset, notes=(*dataset.notes, *store.changes.notes(dataset)))
    images = {split: SplitImages(dataset, store, split) for split in SPLITS}
    if config.epochs:
        refuse_labels_without_gradient(config, images["train"])
    seed_network(config.seed)
    network = on_device(build_network(config), placement)
    if config.torch_compile:
        network.compile()  # at its first step, in place: its tensors keep their names
    return Setup(
        config=config,
        attempt=attempt,
        recorder=recorder,
        placement=suit_network(placement, config.precision, network),
        dataset=dataset,
        cross_datasets=cross_datasets,
        images=images,
        network=network,
        optimizer=build_optimizer(network, config),
        criterion=build_criterion(config),
    )


def refuse_labels_without_gradient(config: TrainConfig, images: SplitImages) -> None:
    """Losses that compare images learn nothing from batches of too few crops, or from equal labels.

    Raises:
        BadUsage: an epoch has fewer crops than the loss needs in a batch.
        BadData: every training image has the same label.
    """
    smallest = smallest_batch(config.loss_type)
    crops = len(images) * config.train_patch_num
    if crops < smallest:
        raise BadUsage(
            f"--loss_type {config.loss_type} compares images and needs {smallest} crops in a batch; an epoch has "
            f"{crops}: take more training images or a larger --train_patch_num"
        )
    if smallest > 1 and len(set(images.mos.tolist())) == 1:
        raise BadData(
            f"--loss_type {config.loss_type} compares images, and all {len(images)} training images have the label "
            f"{images.mos[0]:g}: take more of them, or --loss_type l1 or l2"
        )


def on_device(network: QualityNetwork, placement: Placement) -> QualityNetwork:
    """Raises GpuOutOfMemory: the batch size has no part in it, so the text does not name it."""
    try:
        network = network.to(placement.device)
        return network.to(memory_format=torch.channels_last) if placement.is_cuda else network  # a CPU: 15% slower so
    except RuntimeError as error:
        if not is_gpu_out_of_memory(error):
            raise
        raise GpuOutOfMemory(
            f"CUDA out of memory while the network of {parameter_count(network):,} parameters was put on "
            f"{placement.name} ({memory_words()}): wait for the GPU or take another one; see `nvidia-smi`"
        ) from error


def report_start(setup: Setup) -> None:
    config, placement, images = setup.config, setup.placement, setup.images
    steps = setup.steps_per_epoch
    parameters = parameter_count(setup.network)
    setup.recorder.started(
        train_images=len(images["train"]),
        val_images=len(images["val"]),
        test_images=len(images["test"]),
        parameters=parameters,
        device=placement.name,
        precision=placement.precision_in_words,
        steps_per_epoch=steps,
        epochs=config.epochs,
        source_digest=setup.attempt.source_digest,
    )
    setup.recorder.say(
        f"{config.network_name}, {parameters:,} parameters, on {placement.name}, {placement.precision_in_words}; "
        f"{setup.dataset.name}: {len(images['train']):,} training, {len(images['val']):,} validation, "
        f"{len(images['test']):,} test images; {steps:,} steps an epoch; loss {config.loss_type}; seed {config.seed}"
    )
    for note in notes_of_setup(setup):
        setup.recorder.warning(note)


def notes_of_setup(setup: Setup) -> list[str]:
    config = setup.config
    notes = list(setup.dataset.notes)
    if config.is_published:
        notes.append("protocol published: the best epoch is chosen on the test split itself")
    top = setup.network.began_with_top
    if top is not None and top != TRAINING_TOP[config.protocol]:
        other = next(name for name, its_top in TRAINING_TOP.items() if its_top == top)
        notes.append(
            f"{config.weights} scores from 0 to {top:g}, but protocol {config.protocol} trains from 0 to "
            f"{TRAINING_TOP[config.protocol]:g}: without training RMSE says nothing; use --protocol {other}"
        )
    if rising := rising_lr_note(config):
        notes.append(rising)
    spread = [name for name in ("pairwise", "ranknet") if any(part.name == name for part in parts_of(config.loss_type))]
    if config.is_published and "pairwise" in spread:  # as published it takes no spread
        spread.remove("pairwise")
    if spread and config.pairwise_sd == "image" and setup.images["train"].training_mos_sd is None:
        notes.append(
            f"no spread of opinions is known for every training image: the {' and '.join(spread)} loss uses one for all"
        )
    return notes
