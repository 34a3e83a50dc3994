"""A trained network with all it takes to score an image file: from a run, from its weights, or a published one."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from training.config import TrainConfig, parse
from training.datasets.base import SHRUNK, Dataset, Item, Sizing
from training.datasets.batches import SplitImages
from training.datasets.cache import ImageStore, decode
from training.device import Placement, place
from training.errors import BadCheckpoint
from training.evaluate import score_crops
from training.network import published
from training.network.build import build_network
from training.network.quality import QualityNetwork
from training.runfolder.layout import RunFolder
from training.transforms import Normalisation

PUBLISHED_RANGE = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One image, scored."""

    image: str
    """As it was asked for."""
    score: float
    """On the scale of the data set that the network was trained on, higher is better."""
    attention: list[float] | None
    """Mean weights of the four scales, fine to coarse; None without attention."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores image files, one at a time."""

    network: QualityNetwork
    config: TrainConfig
    """How test crops are taken."""
    dataset: Dataset
    """Without images: the scale of scores, and the size to which images are brought."""
    placement: Placement

    def score(self, path: Path) -> Prediction:
        """The mean over the image's test crops, taken as the run took them.

        Raises:
            BadData: no such file, or no image.
        """
        low, _ = self.dataset.mos_range
        item = Item(path.name, path, low, None, "test", path.name, "the command line")
        pixels = decode(self.dataset, item, self.config.patch_size)
        store = ImageStore(pixels.reshape(-1), (0,), ((pixels.shape[0], pixels.shape[1]),))
        images = SplitImages(replace(self.dataset, items=(item,)), store, "test")
        scores, attention = score_crops(
            self.network, images, self.config, self.placement, lambda *_: None, lambda: False
        )
        weights = None if attention is None else [float(weight) for weight in attention[0]]
        return Prediction(str(path), self.dataset.from_training(float(scores[0])), weights)


def open_scorer(path: Path, test_patch_num: int | None = None) -> Scorer:
    """The network of a run folder (its best epoch), of one of its weight files, or of a published checkpoint.

    Args:
        path: the folder or the file.
        test_patch_num: crops of an image; None: as many as the run was tested with, 25 for a published checkpoint.

    Raises:
        BadCheckpoint: nothing of the kind is there.
        NoWeights: a file of tensors, but of no network that is known here.
    """
    file = RunFolder(path).best_checkpoint if path.is_dir() else path
    if not file.is_file():
        hint = "; the run has not finished an epoch yet, or is no run" if path.is_dir() else ""
        raise BadCheckpoint(f"{file}: no such file{hint}")
    content = _read_own(file)
    scorer = _of_published(file) if content is None else _of_run(file, content)
    if test_patch_num is not None:
        scorer = replace(scorer, config=replace(scorer.config, test_patch_num=test_patch_num))
    scorer.network.to(scorer.placement.device)
    return scorer


def _read_own(file: Path) -> dict[str, Any] | None:
    """What a checkpoint of ours holds; None where the file is something else."""
    try:
        if file.suffix == ".safetensors":
            with safe_open(file, "pt") as opened:
                metadata = opened.metadata() or {}
            if "reading" not in metadata:
                return None
            return {name: json.loads(fact) for name, fact in metadata.items()} | {"network": load_file(file)}
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise BadCheckpoint(f"{file}: is damaged, or holds more than tensors ({reason})") from error
    if isinstance(content, dict) and "progress" in content:
        raise BadCheckpoint(f"{file}: holds the last epoch, for a resume; take best.pt beside it, or the run's folder")
    return content if isinstance(content, dict) and "reading" in content else None


def _of_run(file: Path, content: dict[str, Any]) -> Scorer:
    try:
        reading = content["reading"]
        config = replace(TrainConfig(**{**parse([]).as_dict(), **content["config"]}), weights="none")
        network = build_network(config)
        network.load_state_dict(content["network"])
        network.backbone.normalisation = Normalisation(tuple(reading["mean"]), tuple(reading["std"]))
        exact = reading["exact_size"]
        sizing = Sizing(None if exact is None else (exact[0], exact[1]), reading["largest_short_side"])
        low, high = reading["mos_range"]
        dataset = Dataset(reading["dataset"], (), (low, high), reading["training_top"], sizing)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise BadCheckpoint(f"{file}: was written by another version of this program ({reason})") from error
    return Scorer(network, config, dataset, place(config.precision))


def _of_published(file: Path) -> Scorer:
    """Its output is a score from 0 to 100 as it stands."""
    network = published.load(file)
    assert isinstance(network, QualityNetwork)
    dataset = Dataset("koniq-10k", (), PUBLISHED_RANGE, PUBLISHED_RANGE[1], SHRUNK)
    config = parse([])
    return Scorer(network, config, dataset, place(config.precision))
