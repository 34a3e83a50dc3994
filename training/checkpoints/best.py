"""The network of the best epoch: `best.pt` for this program, `best.safetensors` for others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch

from training.checkpoints.file import FORMAT, read_file, save_file
from training.config import TrainConfig
from training.datasets import Dataset
from training.errors import BadCheckpoint
from training.network.quality import QualityNetwork
from training.progress import Progress
from training.runfolder.write import write_atomic


def save_best(path: Path, network: QualityNetwork, progress: Progress, config: TrainConfig, dataset: Dataset) -> None:
    """Write the best network so far, for use rather than for a resume.

    Raises:
        OSError: the old file stands.
    """
    content = {
        "format": FORMAT,
        "config": config.as_dict(),
        "epoch": progress.best_epoch,
        "metrics": progress.best_metrics,
        "notes": progress.best_notes,
        "attention": progress.best_attention,
        "reading": reading_of(network, dataset) | _calibration_of(progress),
        "network": network.state_dict(),
    }
    save_file(path, content)


def export_weights(
    path: Path, network: QualityNetwork, progress: Progress, config: TrainConfig, dataset: Dataset
) -> None:
    """Write the network as safetensors; its metadata hold the rest that a reader needs, as JSON.

    Raises:
        OSError: the old file stands.
    """
    facts = {
        "format": FORMAT,
        "config": config.as_dict(),
        "epoch": progress.best_epoch,
        "metrics": progress.best_metrics,
        "reading": reading_of(network, dataset) | _calibration_of(progress),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_atomic(path, safetensors.torch.save(tensors, {name: json.dumps(fact) for name, fact in facts.items()}))


def reading_of(network: QualityNetwork, dataset: Dataset) -> dict[str, Any]:
    """How to make an input of an image file and a score of the output; weights alone do not say."""
    return {
        "dataset": dataset.name,
        "mos_range": list(dataset.mos_range),
        "training_top": dataset.training_top,
        "exact_size": None if dataset.sizing.exact is None else list(dataset.sizing.exact),
        "largest_short_side": dataset.sizing.largest_short_side,
        "mean": list(network.normalisation.mean),
        "std": list(network.normalisation.std),
    }


def _calibration_of(progress: Progress) -> dict[str, Any]:
    of_each = {"calibrations": progress.best_calibrations} if progress.best_calibrations else {}
    return {"calibration": progress.best_calibration, **of_each}


def load_best(path: Path, network: QualityNetwork) -> dict[str, Any]:
    """Put the best weights of this run into the network; returns the rest of the file.

    Raises:
        BadCheckpoint: absent, damaged, or of another network.
    """
    try:
        content = read_file(path)
        network.load_state_dict(content["network"])
    except (FileNotFoundError, RuntimeError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise BadCheckpoint(f"{path}: the best weights cannot be read again ({reason})") from error
    return content


def check_best(path: Path) -> None:
    """Read the best weights to the end.

    Raises:
        BadCheckpoint: absent or damaged.
    """
    try:
        read_file(path)
    except FileNotFoundError:
        raise BadCheckpoint(f"{path} is missing") from None
