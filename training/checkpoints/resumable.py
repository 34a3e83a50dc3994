"""The checkpoint that a run goes on from: `last.pt`, the one before it, and `progress.json`.

The weights are written once an epoch, when its training is done. Scoring an epoch changes no weight, so what it found
is written beside them: a small file that names the very checkpoint that it belongs to.
"""

from __future__ import annotations

import json
import os
import random
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.checkpoints.file import FORMAT, read_file, save_file
from training.config import TrainConfig
from training.errors import BadCheckpoint
from training.network.ema import Ema
from training.network.quality import QualityNetwork
from training.progress import Progress
from training.runfolder.errors import UnreadableFile
from training.runfolder.layout import RunFolder
from training.runfolder.opening import read_bounded
from training.runfolder.write import write_atomic

LARGEST_PROGRESS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Learner:
    """What a checkpoint stores besides how far the run is."""

    network: QualityNetwork
    """On any device."""
    optimizer: torch.optim.Optimizer
    """Of that network."""
    config: TrainConfig
    """To refuse another experiment."""
    scaler: torch.amp.GradScaler | None = None
    """Of the loss in fp16; None, or one that is not enabled: losses are not scaled."""
    ema: Ema | None = None
    """The averaged weights; None without `--ema`."""

    @property
    def is_on_gpu(self) -> bool:
        return next(self.network.parameters()).is_cuda


@dataclass(frozen=True, slots=True)
class Found:
    """The checkpoint that a run goes on from."""

    path: Path
    progress: Progress
    mark: str
    """Names this checkpoint among all that the run ever wrote; empty in files of earlier versions."""
    refused: list[str]
    """Why newer ones were not used."""


def save_last(run: RunFolder, learner: Learner, progress: Progress, *, rotate: bool = True) -> str:
    """Write the resumable checkpoint, and keep the one before it.

    Once there is a `last.pt`, there is a whole one at every moment. The disk holds two, and three while it writes.

    Args:
        run: whose folder.
        learner: what to store.
        progress: stored with it.
        rotate: False if the file that is there is damaged: it must not take the place of the good one before it.

    Returns:
        The mark of this checkpoint.

    Raises:
        OSError: the old files stand.
    """
    mark = secrets.token_hex(8)
    content = {
        "format": FORMAT,
        "mark": mark,
        "config": learner.config.as_dict(),
        "progress": asdict(progress),
        "network": learner.network.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
        "generators": _generators(learner.is_on_gpu),
        "scaler": None if learner.scaler is None else learner.scaler.state_dict(),
        "ema": None if learner.ema is None else learner.ema.state_dict(),
    }
    path, previous = run.resumable_checkpoints
    save_file(path, content, before_replacing=(lambda: _keep(path, previous)) if rotate else None)
    return mark


def save_progress(run: RunFolder, mark: str, progress: Progress) -> None:
    """Write what became known since the weights were written: the scores of their epoch.

    Raises:
        OSError: the old file stands.
    """
    content = {"format": FORMAT, "mark": mark, "progress": asdict(progress)}
    write_atomic(run.checkpoint_progress, json.dumps(content).encode())


def _keep(last: Path, previous: Path) -> None:
    """Give the last checkpoint a second name, under which it stays when another takes the first."""
    if not last.exists():
        return
    aside = previous.with_name(f".{previous.name}.{os.getpid()}.tmp")
    try:
        os.link(last, aside)
        aside.replace(previous)
    except OSError:  # no hard links on this file system: for an instant there is no last.pt
        last.replace(previous)
    finally:
        aside.unlink(missing_ok=True)  # replacing a name of the same file does nothing and leaves both


def load_last(run: RunFolder, learner: Learner) -> Found | None:
    """Put the newest checkpoint that can be used into network, optimiser and generators.

    A damaged or foreign one is refused, and the one before it is used.

    Returns:
        None if none was written yet.

    Raises:
        BadCheckpoint: there are some and each is damaged, of a later version, or of another experiment; says which.
    """
    refused: list[str] = []
    for path in run.resumable_checkpoints:
        try:
            progress, mark = _load(path, learner)
        except FileNotFoundError:
            continue
        except BadCheckpoint as error:
            refused.append(str(error))
        else:
            return Found(path, _later_progress(run, mark) or progress, mark, refused)
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


def _load(path: Path, learner: Learner) -> tuple[Progress, str]:
    content, config = read_file(path), learner.config
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
        learner.network.load_state_dict(content["network"])
        learner.optimizer.load_state_dict(content["optimizer"])
        if learner.scaler is not None and learner.scaler.is_enabled():
            learner.scaler.load_state_dict(content["scaler"])
        if learner.ema is not None:
            learner.ema.load_state_dict(content["ema"])
        progress = Progress(**content["progress"])
        _restore_generators(content["generators"], learner.is_on_gpu)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BadCheckpoint(f"{path} does not fit this network: {str(error).splitlines()[0]}") from error
    return progress, str(content.get("mark", ""))


def _later_progress(run: RunFolder, mark: str) -> Progress | None:
    """What was written for this very checkpoint after it; None if there is none, or it is damaged.

    The weights alone are enough to go on: their epoch is then scored again.
    """
    try:
        content = json.loads(read_bounded(run.checkpoint_progress, LARGEST_PROGRESS_BYTES))
        if not mark or content["mark"] != mark or content["format"] > FORMAT:
            return None
        return Progress(**content["progress"])
    except (OSError, UnreadableFile, ValueError, KeyError, TypeError):
        return None


def _generators(on_gpu: bool) -> dict[str, Any]:
    """Dropout and stochastic depth draw from torch's; a backbone may draw from Python's and numpy's.

    Data draws from streams named by seed and epoch.
    """
    kind, numbers, *rest = np.random.get_state()  # noqa: NPY002 - the global generator is meant
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
