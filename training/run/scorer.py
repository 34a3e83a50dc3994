"""A trained network with all it takes to score an image file: from a run, from its weights, or a published one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from training.calibration import Calibration, from_dict
from training.config import TrainConfig
from training.datasets.base import Dataset, Item, Sizing
from training.datasets.koniq10k import PUBLISHED_SIZING
from training.device import Placement, place
from training.errors import BadCheckpoint, NoWeights
from training.flags import parse
from training.images.batches import SplitImages
from training.images.decode import Decoded, decode
from training.images.store import Part, end_to_end
from training.network import own, published
from training.network.build import build_network
from training.network.own import OwnWeights
from training.network.quality import QualityNetwork
from training.run.calibrating import calibrations_from
from training.run.evaluate import Observer, crops_at_once, score_crops
from training.runfolder.layout import RunFolder

GPU_BATCHES = 4
"""Batches that are scored before their scores are fetched: fetching waits for the GPU."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One image, scored."""

    image: str
    """As it was asked for."""
    score: float
    """Higher is better; on the scale of the data set that the network was trained on, if the scorer has a scale."""
    attention: list[float] | None
    """Mean weights of the four scales, fine to coarse; None without attention."""
    was_transparent: bool = False
    """Some pixels were not opaque: they were scored as they look on white."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How the user wants images to be scored; None: as the run was tested."""

    test_patch_num: int | None = None
    """Crops of an image; None for a published checkpoint: 25."""
    device: str = "auto"
    precision: str | None = None
    batch_size: int | None = None
    """Crops that go through the network at once; None: what suits the device."""

    def place(self, config: TrainConfig) -> Placement:
        if self.precision is None and config.precision == "fp16":  # a CPU has none, and scores such a run as well
            placement = place("auto", self.device)
            return replace(placement, precision="fp16") if placement.is_cuda else placement
        return place(self.precision or config.precision, self.device)


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores image files."""

    network: QualityNetwork
    config: TrainConfig
    """How test crops are taken."""
    dataset: Dataset
    """Without images: the scale of scores, and the size to which images are brought."""
    placement: Placement
    note: str = ""
    """What a reader of the scores must know."""
    calibration: Calibration | None = None
    """Brings predictions to the scale of opinions; None: they lie on it, or `has_scale` is False."""
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    """Of a network of several data sets: each one's own, onto its scale."""
    has_scale: bool = True
    """False: the loss compared images with each other, so a score alone says nothing."""
    batch_size: int | None = None
    """See `score_crops`."""
    file: Path | None = None
    """Of its weights."""
    is_published: bool = False
    """It was trained by the published code, not by a run."""

    @property
    def images_at_once(self) -> int:
        """Images whose crops fill the batches that belong together."""
        batch = self.batch_size or crops_at_once(self.config, self.placement)
        batches = GPU_BATCHES if self.placement.is_cuda else 1
        return math.ceil(batches * batch / self.config.test_crops)

    def calibration_on(self, dataset: Dataset) -> Calibration | None:
        """The map onto the opinions of one of the data sets that it was trained on; None: there is none."""
        own = self.dataset
        is_same = (dataset.name, dataset.mos_range) == (own.name, own.mos_range)
        return self.calibration if is_same else self.calibrations.get(dataset.name)

    def score(self, path: Path) -> Prediction:
        """The mean over the image's test crops, taken as the run took them.

        Raises:
            BadData: no such file, or no image.
        """
        return self.score_decoded([(str(path), self.read(path))])[0]

    def read(self, path: Path) -> Decoded:
        """The image at the size from which crops are taken. Several threads may call it.

        Raises:
            BadData: no such file, or no image.
        """
        return decode(self.dataset, self._item(path), self.config.patch_size)

    def score_decoded(
        self, images: Sequence[tuple[str, Decoded]], on_smaller_batches: Callable[[int], None] = lambda _crops: None
    ) -> list[Prediction]:
        """As `score`, of one image or more, whose crops share batches.

        Args:
            images: path and pixels of each.
            on_smaller_batches: see `Observer`.

        Raises:
            GpuOutOfMemory: not even a single crop fits.
        """
        pixels = np.concatenate([decoded.pixels.reshape(-1) for _, decoded in images])
        store = end_to_end(Part(pixels), [decoded.pixels.shape[:2] for _, decoded in images])
        items = tuple(self._item(Path(image)) for image, _ in images)
        split = SplitImages(replace(self.dataset, items=items), store, "test")
        observer = Observer(on_smaller_batches=on_smaller_batches)
        scores, attention = score_crops(
            self.network, split, self.config, self.placement, observer, batch_size=self.batch_size
        )
        pred = np.array([self.dataset.from_training(float(score)) for score in scores])
        calibrated = pred if self.calibration is None else self.calibration(pred)
        return [
            Prediction(
                image,
                float(calibrated[number]),
                None if attention is None else [float(weight) for weight in attention[number]],
                decoded.was_transparent,
            )
            for number, (image, decoded) in enumerate(images)
        ]

    def _item(self, path: Path) -> Item:
        low, _ = self.dataset.mos_range
        return Item(path.name, path, low, None, "test", path.name, "the command line")


def open_scorer(path: Path, wish: Wish = Wish()) -> Scorer:
    """The network of a run folder (its best epoch), of one of its weight files, or of a published checkpoint.

    Raises:
        BadCheckpoint: there is no such file.
        NoWeights: damaged, a checkpoint for a resume, or tensors of an unknown network.
        NoDevice: the device or the precision is not to be had.
    """
    file = RunFolder(path).best_checkpoint if path.is_dir() else path
    if not file.is_file():
        hint = "; the run has not finished an epoch yet, or is no run" if path.is_dir() else ""
        raise BadCheckpoint(f"{file}: no such file{hint}")
    weights = own.read(file)
    scorer = _of_published(file, wish) if weights is None else _of_run(file, weights, wish)
    if wish.test_patch_num is not None:
        scorer = replace(scorer, config=replace(scorer.config, test_patch_num=wish.test_patch_num))
    scorer.network.to(scorer.placement.device)
    return replace(scorer, file=file)


def _of_run(file: Path, weights: OwnWeights, wish: Wish) -> Scorer:
    try:
        reading = weights.reading
        config = replace(TrainConfig(**{**parse([]).as_dict(), **weights.config}), weights="none")
        network = build_network(config)
        own.load_into(network, weights, str(file))
        exact = reading["exact_size"]
        sizing = Sizing(None if exact is None else (exact[0], exact[1]), reading["largest_short_side"])
        low, high = reading["mos_range"]
        dataset = Dataset(reading["dataset"], (), (low, high), reading["training_top"], sizing)
        calibration = from_dict(reading.get("calibration"))
        calibrations = calibrations_from(reading.get("calibrations", {}))
    except (KeyError, TypeError, ValueError, RuntimeError, NoWeights) as error:
        reason = str(error).partition("\n")[0]
        raise BadCheckpoint(f"{file}: was written by another version of this program ({reason})") from error
    has_scale = calibration is not None or network.began_on_scale
    note = "" if calibration is None else calibration.words
    if not has_scale:
        note = f"a network of --loss_type {config.loss_type} orders images; its scores have no scale"
    if config.is_mixed:
        scale = "scores lie on the scale from 0 to 1 to which the labels of each were brought; " if has_scale else ""
        note = f"a network of several data sets, {', '.join(config.dataset_names)}: {scale}{note}".rstrip("; :")
    placement = wish.place(config)
    return Scorer(network, config, dataset, placement, note, calibration, calibrations, has_scale, wish.batch_size)


def _of_published(file: Path, wish: Wish) -> Scorer:
    """Its output is a score from 0 to 100 already.

    Images are squeezed to the size at which the published code trains and tests, portrait or landscape alike: the
    network has never seen another shape.
    """
    network = published.load(file)
    assert isinstance(network, QualityNetwork)
    top = published.TOP
    dataset = Dataset("koniq-10k", (), (0.0, top), top, PUBLISHED_SIZING)
    config = parse([])
    height, width = PUBLISHED_SIZING.exact or (0, 0)
    note = f"images are brought to {height} high and {width} wide, squeezed if need be, as the published code does"
    return Scorer(network, config, dataset, wish.place(config), note, batch_size=wish.batch_size, is_published=True)
