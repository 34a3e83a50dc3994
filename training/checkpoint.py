"""Everything a resume needs, in one file that is written aside and replaced, and read without running code."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from training.config import TrainConfig
from training.datasets import Dataset
from training.errors import BadCheckpoint
from training.network.quality import QualityNetwork
from training.runfolder.write import sync_folder, write_atomic

FORMAT = 1

Metrics = dict[str, float | None]


@dataclass(slots=True)
class Progress:
    """How far a run is. This block is what a checkpoint stores besides tensors."""

    epoch: int = 1
    """The epoch at work, counted from 1."""
    step_in_epoch: int = 0
    """Steps of it that are done."""
    step: int = 0
    """Steps done over all epochs."""
    loss_sum: float = 0.0
    """Over the done steps of this epoch."""
    best_epoch: int | None = None
    best_metrics: dict[str, Metrics] = field(default_factory=dict)
    """Split to metrics at the best epoch."""
    best_notes: list[str] = field(default_factory=list)
    best_attention: list[float] | None = None
    """Mean weights of the scales on the test split at the best epoch; None without attention fusion."""
    oracle: Metrics = field(default_factory=dict)
    """Test metrics of the epoch with the best test SRCC; for comparison with work that chose so."""
    epochs_without_better: int = 0
    elapsed_seconds: float = 0.0
    """Of earlier attempts and this one."""


def save_last(
    path: Path, network: QualityNetwork, optimizer: torch.optim.Optimizer, progress: Progress, config: TrainConfig
) -> None:
    """Write the resumable checkpoint.

    Raises:
        OSError: the old file stands.
    """
    content = {
        "format": FORMAT,
        "config": config.as_dict(),
        "progress": asdict(progress),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "generators": _generators(_is_on_gpu(network)),
    }
    _save(path, content)


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
        "reading": reading_of(network, dataset),
        "network": network.state_dict(),
    }
    _save(path, content)


def export_weights(
    path: Path, network: QualityNetwork, progress: Progress, config: TrainConfig, dataset: Dataset
) -> None:
    """Write the network as safetensors; its metadata hold, as JSON, what else a reader needs.

    Raises:
        OSError: the old file stands.
    """
    facts = {
        "format": FORMAT,
        "config": config.as_dict(),
        "epoch": progress.best_epoch,
        "metrics": progress.best_metrics,
        "reading": reading_of(network, dataset),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_atomic(path, safetensors.torch.save(tensors, {name: json.dumps(fact) for name, fact in facts.items()}))


def reading_of(network: QualityNetwork, dataset: Dataset) -> dict[str, Any]:
    """How to make an input of an image file and a score of the output; weights alone do not tell."""
    return {
        "dataset": dataset.name,
        "mos_range": list(dataset.mos_range),
        "training_top": dataset.training_top,
        "exact_size": None if dataset.sizing.exact is None else list(dataset.sizing.exact),
        "largest_short_side": dataset.sizing.largest_short_side,
        "mean": list(network.normalisation.mean),
        "std": list(network.normalisation.std),
    }


def _save(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with aside.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except RuntimeError as error:  # torch hides a full disk in one
        raise OSError(f"{path}: cannot be written ({error}); is the disk full?") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
    sync_folder(path.parent)


def load_last(path: Path, network: QualityNetwork, optimizer: torch.optim.Optimizer, config: TrainConfig) -> Progress:
    """Put network, optimiser and generators back to where the checkpoint was written.

    Raises:
        BadCheckpoint: absent, damaged, of a later version, or of another experiment; the text names what differs.
    """
    content = _read(path)
    differing = config.what_differs(content["config"])
    if differing:
        name = differing[0]
        raise BadCheckpoint(
            f"{path} was written with --{name} {content['config'][name]}, not {getattr(config, name)}: "
            "resume with the same flags, or start a new run"
        )
    try:
        network.load_state_dict(content["network"])
        optimizer.load_state_dict(content["optimizer"])
        _restore_generators(content["generators"], _is_on_gpu(network))
        return Progress(**content["progress"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BadCheckpoint(f"{path} does not fit this network: {str(error).splitlines()[0]}") from error


def load_best(path: Path, network: QualityNetwork) -> None:
    """Put the best weights of this run into the network.

    Raises:
        BadCheckpoint: absent, damaged, or of another network.
    """
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["network"])
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise BadCheckpoint(f"{path}: the best weights cannot be read again ({reason})") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise BadCheckpoint(f"--resume: there is no {path}; leave --resume out to start anew") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise BadCheckpoint(f"{path} is damaged ({str(error).splitlines()[0]}); move it away to start anew") from error
    if not isinstance(content, dict) or "format" not in content or "progress" not in content:
        raise BadCheckpoint(f"{path} is no resumable checkpoint of this program")
    if content["format"] > FORMAT:
        raise BadCheckpoint(f"{path} has format {content['format']}; this version reads up to {FORMAT}")
    return content


def _is_on_gpu(network: QualityNetwork) -> bool:
    return next(network.parameters()).is_cuda


def _generators(on_gpu: bool) -> dict[str, Any]:
    """What dropout and stochastic depth draw from. Data draws from streams named by seed and epoch."""
    return {"torch": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state() if on_gpu else None}


def _restore_generators(states: dict[str, Any], on_gpu: bool) -> None:
    torch.set_rng_state(states["torch"])
    if states["cuda"] is not None and on_gpu:
        torch.cuda.set_rng_state(states["cuda"])
