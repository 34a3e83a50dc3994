"""What stays the same over a run: data, network, loss, optimiser and device, made once and reported at the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from training.checkpoints.resumable import Learner
from training.config import TrainConfig
from training.datasets import Dataset, open_cross_dataset, open_datasets
from training.datasets.table import TRAINING_TOP
from training.device import Placement, check_compiler, make_deterministic, memory_words, place, share_out, suit_network
from training.errors import BadData, BadUsage, GpuOutOfMemory, is_gpu_out_of_memory
from training.images.batches import ALONE, Part, SplitImages
from training.images.mixing import batch_counts
from training.loss_parts import LEARNT_SD, fixes_scale, has_part, smallest_batch
from training.losses import Criterion, build_criterion
from training.network.build import build_network
from training.network.ema import Ema
from training.network.quality import QualityNetwork, parameter_count
from training.optim import build_optimizer, rising_lr_note
from training.process.attempt import Attempt, end_at_once
from training.readout import HistogramReadout, SpreadReadout
from training.run.data import Images, count, decode_all
from training.run.team import Team, gather_team
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
    """Of a mixed run what its data sets are together, without images."""
    cross_datasets: tuple[Dataset, ...]
    """Other data sets to test on after training; labels read, images not yet decoded."""
    images: Images
    network: QualityNetwork
    optimizer: torch.optim.Optimizer
    criterion: Criterion
    scaler: torch.amp.GradScaler
    """Not enabled unless the precision is fp16: then it changes nothing."""
    ema: Ema | None
    """The averaged weights, which are scored and kept; None without `--ema`."""
    team: Team | None = None
    """The processes that share out batches and scoring; None if there is this one alone."""

    @property
    def part(self) -> Part:
        """Which process of how many this is."""
        return ALONE if self.team is None else self.team.part

    @property
    def learner(self) -> Learner:
        return Learner(self.network, self.optimizer, self.config, self.scaler, self.ema)

    def scored_weights(self) -> AbstractContextManager[None]:
        """In this block the network holds the weights that are scored and kept: the averaged ones, if there are."""
        return nullcontext() if self.ema is None else self.ema.in_place()

    @property
    def fixes_scale(self) -> bool:
        """Whether predictions lie on the scale of opinions by themselves, so that an error has a unit."""
        return fixes_scale(self.config.loss_type) if self.config.epochs else self.network.began_on_scale

    @property
    def steps_per_epoch(self) -> int:
        """The last batch may be smaller, the last step may have fewer batches, and both count."""
        return steps_per_epoch(self.config, self.images["train"])


def steps_per_epoch(config: TrainConfig, train_images: Sequence[SplitImages]) -> int:
    return math.ceil(sum(batch_counts(train_images, config)) / config.accumulate)


def set_up(config: TrainConfig, attempt: Attempt, recorder: Recorder) -> Setup:
    """Data before network: what users most often get wrong fails first."""
    if config.deterministic:
        make_deterministic()
    placement = share_out(place(config.precision, config.device), config.processes)
    if config.torch_compile:
        check_compiler(placement.device)
    datasets = open_datasets(config)
    cross_datasets = tuple(open_cross_dataset(name, path, config) for name, path in config.cross_folders().items())
    dataset, images = decode_all(datasets, config, attempt, recorder)
    if config.epochs:
        for of_one in images["train"]:
            refuse_labels_without_gradient(config, of_one)
        refuse_warmup_without_end(config, steps_per_epoch(config, images["train"]))
    seed_network(config.seed)
    network = build_network(config)
    if isinstance(network.readout, HistogramReadout) and dataset.answers:
        network.readout.place([dataset.to_training(answer) for answer in dataset.answers])
    network = on_device(network, placement)
    if config.torch_compile:
        network.compile()  # at its first step, in place: its tensors keep their names
    placement = suit_network(placement, config.precision, network)
    return Setup(
        config=config,
        attempt=attempt,
        recorder=recorder,
        placement=placement,
        dataset=dataset,
        cross_datasets=cross_datasets,
        images=images,
        network=network,
        optimizer=build_optimizer(network, config),
        criterion=build_criterion(config),
        scaler=placement.grad_scaler(),
        ema=Ema(network, config.ema) if config.ema else None,
        team=gather_team(config, placement, attempt.should_stop, partial(end_at_once, attempt)),
    )


def refuse_warmup_without_end(config: TrainConfig, steps_per_epoch: int) -> None:
    """Raises BadUsage: the learning rate would still rise when training ends."""
    warmup, steps = config.warmup_length(steps_per_epoch), config.epochs * steps_per_epoch
    if warmup and warmup >= steps:
        flag = f"--warmup_steps {warmup}" if config.warmup_steps else f"--warmup_epochs {config.warmup_epochs:g}"
        raise BadUsage(f"{flag}: a warm-up of {warmup:,} steps does not end within the {steps:,} of this run")


def refuse_labels_without_gradient(config: TrainConfig, images: SplitImages) -> None:
    """Losses that compare images learn nothing from batches of too few crops, or from equal labels.

    Raises:
        BadUsage: an epoch has fewer crops than the loss needs in a batch.
        BadData: every training image has the same label.
    """
    smallest = smallest_batch(config.loss_type)
    of_set = f"of {images.dataset.name} " if config.is_mixed else ""
    crops = len(images) * config.train_patch_num
    if crops < smallest:
        raise BadUsage(
            f"--loss_type {config.loss_type} compares images and needs {smallest} crops in a batch; an epoch {of_set}"
            f"has {crops}: take more training images or a larger --train_patch_num"
        )
    if smallest > 1 and len(set(images.mos.tolist())) == 1:
        raise BadData(
            f"--loss_type {config.loss_type} compares images, and all {len(images)} training images {of_set}have the "
            f"label {images.mos[0]:g}: take more of them, or --loss_type l1 or l2"
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
        train_images=count(images["train"]),
        val_images=count(images["val"]),
        test_images=count(images["test"]),
        parameters=parameters,
        device=placement.name,
        precision=placement.precision_in_words,
        steps_per_epoch=steps,
        epochs=config.epochs,
        source_digest=setup.attempt.source_digest,
    )
    setup.recorder.say(
        f"{config.network_name}, {parameters:,} parameters, on {placement.name}, {placement.precision_in_words}; "
        f"{setup.dataset.name}: {count(images['train']):,} training, {count(images['val']):,} validation, "
        f"{count(images['test']):,} test images; {steps:,} steps an epoch; loss {config.loss_type}; seed {config.seed}"
    )
    for line in (*ways_of_training(config, steps), *ways_of_scoring(setup)):
        setup.recorder.say(line)
    for note in notes_of_setup(setup):
        setup.recorder.warning(note)


def ways_of_training(config: TrainConfig, steps_per_epoch: int) -> list[str]:
    """What the flags of `training.step_flags` change, one line each, for log and result; empty if none is given."""
    if config.epochs == 0:
        return []
    frozen = config.frozen_epochs
    when = "in every epoch" if frozen >= config.epochs else f"in the first {frozen} of {config.epochs} epochs"
    warmup = config.warmup_length(steps_per_epoch)
    ways = (
        (config.processes > 1, f"{config.processes} processes share out each batch of {config.batch_size} crops"),
        (config.accumulate > 1, f"each step is made of {config.accumulate} batches of {config.batch_size} crops"),
        (warmup > 0, f"the learning rate rises over the first {warmup:,} steps"),
        (
            config.layer_decay != 1,
            f"a block of the backbone learns at {config.layer_decay:g} times the rate of the next",
        ),
        (frozen > 0, f"the backbone is frozen {when}"),
        (config.ema > 0, f"averaged weights (EMA, decay {config.ema:g}) are scored and kept"),
    )
    return [words for is_given, words in ways if is_given]


def ways_of_scoring(setup: Setup) -> list[str]:
    """How a score is read from a network with several outputs, for log and result; empty if it has one."""
    readout, dataset = setup.network.readout, setup.dataset
    if isinstance(readout, HistogramReadout):
        places = ", ".join(f"{dataset.from_training(place):.4g}" for place in readout.answers.tolist())
        return [
            f"the network gives the shares of {readout.outputs} answers; a score is their mean, with them at {places}"
        ]
    if isinstance(readout, SpreadReadout):
        return ["the network gives a mean and a spread of the opinions on an image; a score is the mean"]
    return []


def notes_of_setup(setup: Setup) -> list[str]:
    config = setup.config
    notes = [*mixed_notes(setup), *setup.dataset.notes]
    if config.no_test:
        notes.append("the test split was not read: this run was made to choose by")
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
    spread = [name for name in ("pairwise", "ranknet", LEARNT_SD) if has_part(config.loss_type, name)]
    if config.is_published and "pairwise" in spread:  # as published it takes no spread
        spread.remove("pairwise")
    if spread and config.pairwise_sd == "image" and (unknown := _without_spread(setup)):
        whose = f" of {' and '.join(unknown)}" if config.is_mixed else ""
        order = ", and no order of spreads is learnt" if LEARNT_SD in spread else ""
        notes.append(
            f"no spread of opinions is known for every training image{whose}: the {' and '.join(spread)} loss uses one "
            f"for all{order}"
        )
    return notes


def _without_spread(setup: Setup) -> list[str]:
    """Data sets with training images whose opinions' spread is not known."""
    return [images.dataset.name for images in setup.images["train"] if images.training_mos_sd is None]


def mixed_notes(setup: Setup) -> list[str]:
    """How several data sets are trained on together; empty for a single one."""
    if not setup.config.is_mixed:
        return []
    sizes = ", ".join(
        f"{images.dataset.name} ({images.dataset.mos_range[0]:g} to {images.dataset.mos_range[1]:g}, {len(images):,} "
        "training images)"
        for images in setup.images["train"]
    )
    notes = [
        (
            f"trained on several data sets: {sizes}; the labels of each are brought to 0 to 1 by its own scale, a "
            "batch holds images of one of them, and SRCC, PLCC and KRCC of validation and test are means over the "
            "data sets"
        )
    ]
    if setup.config.epochs and any(isinstance(module, _BatchNorm) for module in setup.network.modules()):
        notes.append("the network has batch norm: its statistics of a batch are those of one data set")
    return notes
