"""Everything a resume needs, in one file that is written aside and replaced, and read without running code."""

from __future__ import annotations

import contextlib
import json
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from training.config import TrainConfig
from training.datasets import Dataset
from training.errors import BadCheckpoint
from training.network.quality import QualityNetwork
from training.runfolder.fence import check_fence
from training.runfolder.layout import RunFolder
from training.runfolder.write import make_folder, open_own, sync_folder, write_atomic

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
    epoch_began_seconds: float = 0.0
    """`elapsed_seconds` when the epoch at work began."""
    cross_datasets: list[str] = field(default_factory=list)
    """Other data sets that any attempt found, to be tested on after training."""
    lost: list[str] = field(default_factory=list)
    """What earlier attempts won and a resume could not find again, in words for the result."""
    elapsed_seconds: float = 0.0
    """Of earlier attempts and this one."""


@dataclass(frozen=True, slots=True)
class Found:
    """The checkpoint that a run goes on from."""

    path: Path
    progress: Progress
    refused: list[str]
    """Why newer ones were not used."""


def save_last(
    run: RunFolder,
    network: QualityNetwork,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    config: TrainConfig,
    *,
    rotate: bool = True,
) -> None:
    """Write the resumable checkpoint, and keep the one before it.

    At every moment there is a whole `last.pt` once there was one. The disk holds two, and three while it writes.

    Args:
        run: whose folder.
        network: and its parameters on any device.
        optimizer: of that network.
        progress: stored with it.
        config: stored with it, to refuse another experiment.
        rotate: False where the file that is there is damaged: it must not take the place of the good one before it.

    Raises:
        OSError: the old files stand.
    """
    content = {
        "format": FORMAT,
        "config": config.as_dict(),
        "progress": asdict(progress),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "generators": _generators(_is_on_gpu(network)),
    }
    path, previous = run.resumable_checkpoints
    _save(path, content, before_replacing=(lambda: _keep(path, previous)) if rotate else None)


def _keep(last: Path, previous: Path) -> None:
    """Give the last checkpoint a second name, under which it stays when another takes the first."""
    if not last.exists():
        return
    aside = previous.with_name(f".{previous.name}.{os.getpid()}.tmp")
    try:
        os.link(last, aside)
        aside.replace(previous)
    except OSError:  # no hard links on this file system: for an instant there is no last one
        last.replace(previous)
    finally:
        aside.unlink(missing_ok=True)  # replacing a name of the same file does nothing and leaves both


def size_bytes(network: QualityNetwork, optimizer: torch.optim.Optimizer | None = None) -> int:
    """About what a checkpoint takes: its tensors."""
    tensors = list(network.state_dict().values())
    if optimizer is not None:
        tensors += [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


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


def _save(path: Path, content: dict[str, Any], before_replacing: Callable[[], None] | None = None) -> None:
    check_fence(fresh=True)
    make_folder(path.parent)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open_own(aside, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        check_fence(fresh=True)  # writing may have taken long
        if before_replacing is not None:
            before_replacing()
        aside.replace(path)
    except RuntimeError as error:
        if isinstance(error.__context__, OSError):  # torch makes this of a write that failed
            raise error.__context__ from error
        raise
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()
    sync_folder(path.parent)


def load_last(
    run: RunFolder, network: QualityNetwork, optimizer: torch.optim.Optimizer, config: TrainConfig
) -> Found | None:
    """Put the newest checkpoint that can be used into network, optimiser and generators.

    A damaged or foreign one is refused, and the one before it is used.

    Returns:
        None where none was written yet.

    Raises:
        BadCheckpoint: there are some and each is damaged, of a later version, or of another experiment; says which.
    """
    refused: list[str] = []
    for path in run.resumable_checkpoints:
        try:
            return Found(path, _load(path, network, optimizer, config), refused)
        except FileNotFoundError:
            continue
        except BadCheckpoint as error:
            refused.append(str(error))
    if refused:
        again = f"; {run.previous_checkpoint.name} cannot be used either" if len(refused) > 1 else ""
        raise BadCheckpoint(f"{refused[0]}{again}. To begin anew leave --resume out and name another --run_folder")
    return None


def resumed_from(run: RunFolder, *, last_is_good: bool = True) -> str | None:
    """The checkpoint that a resume would try first: `last`, `previous`, or None if there is none.

    `last_is_good`: False if `last.pt` was found to be damaged.
    """
    if last_is_good and run.last_checkpoint.exists():
        return "last"
    return "previous" if run.previous_checkpoint.exists() else None


def _load(path: Path, network: QualityNetwork, optimizer: torch.optim.Optimizer, config: TrainConfig) -> Progress:
    content = _read(path)
    if "progress" not in content:
        raise BadCheckpoint(f"{path} is no resumable checkpoint of this program")
    differing = config.what_differs(content["config"])
    if differing:
        name = differing[0]
        raise BadCheckpoint(
            f"{path} was written with --{name} {content['config'][name]}, not {getattr(config, name)}: "
            "resume with the same flags"
        )
    try:
        network.load_state_dict(content["network"])
        optimizer.load_state_dict(content["optimizer"])
        progress = Progress(**content["progress"])
        _restore_generators(content["generators"], _is_on_gpu(network))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BadCheckpoint(f"{path} does not fit this network: {str(error).splitlines()[0]}") from error
    return progress


def load_best(path: Path, network: QualityNetwork) -> dict[str, Any]:
    """Put the best weights of this run into the network; returns what else stands in the file.

    Raises:
        BadCheckpoint: absent, damaged, or of another network.
    """
    try:
        content = _read(path)
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
        _read(path)
    except FileNotFoundError:
        raise BadCheckpoint(f"{path} is missing") from None


def _read(path: Path) -> dict[str, Any]:
    """What one of our files holds, every byte of it checked.

    Raises:
        FileNotFoundError: there is none.
        BadCheckpoint: not whole, not ours, or of a later version.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # torch itself does not look at the checksums
            damaged = archive.testzip()
        content = torch.load(path, map_location="cpu", weights_only=True) if damaged is None else None
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # damaged bytes can raise whatever the readers below did not expect
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadCheckpoint(f"{path} is damaged, or no checkpoint ({reason})") from error
    if damaged is not None:
        raise BadCheckpoint(f"{path} is damaged (the checksum of {damaged} in it is wrong)")
    if not isinstance(content, dict) or "format" not in content or "network" not in content:
        raise BadCheckpoint(f"{path} is no checkpoint of this program")
    if content["format"] > FORMAT:
        raise BadCheckpoint(f"{path} has format {content['format']}; this version reads up to {FORMAT}")
    return content


def _is_on_gpu(network: QualityNetwork) -> bool:
    return next(network.parameters()).is_cuda


def _generators(on_gpu: bool) -> dict[str, Any]:
    """Those of torch are what dropout and stochastic depth draw from; Python's and numpy's, what a backbone might.

    Data draws from streams named by seed and epoch.
    """
    kind, numbers, *rest = np.random.get_state()  # noqa: NPY002 - it is the global one that is meant
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if on_gpu else None,
        "python": random.getstate(),
        "numpy": (kind, np.asarray(numbers).tolist(), *rest),
    }


def _restore_generators(states: dict[str, Any], on_gpu: bool) -> None:
    torch.set_rng_state(states["torch"])
    if states["cuda"] is not None and on_gpu:
        torch.cuda.set_rng_state(states["cuda"])
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
