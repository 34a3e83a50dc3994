"""`last.pt`, from which a run is resumed, and the checkpoint before it."""

from __future__ import annotations

import os
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.checkpoints.file import FORMAT, read_file, write_file
from training.config import TrainConfig
from training.errors import BadCheckpoint
from training.network.quality import QualityNetwork
from training.progress import Progress
from training.runfolder.layout import RunFolder


@dataclass(frozen=True, slots=True)
class Resumable:
    """Of what a checkpoint is made, and into what it is loaded."""

    run: RunFolder
    network: QualityNetwork
    optimizer: torch.optim.Optimizer
    config: TrainConfig


@dataclass(frozen=True, slots=True)
class Found:
    """The checkpoint that a run goes on from."""

    path: Path
    progress: Progress
    refused: list[str]
    """Why newer ones were not used."""


def save_last(resumable: Resumable, progress: Progress, *, rotate: bool = True) -> None:
    """Write `last.pt`, and keep the one before it.

    Once there is a `last.pt`, there is a whole one at every moment. The disk holds two, and three while one is written.

    Args:
        resumable: whose tensors and generators; its settings are stored too, to refuse another experiment.
        progress: stored with them.
        rotate: False if `last.pt` is damaged: it must not take the place of the good one before it.

    Raises:
        OSError: the old files stand.
    """
    content = {
        "format": FORMAT,
        "config": resumable.config.as_dict(),
        "progress": asdict(progress),
        "network": resumable.network.state_dict(),
        "optimizer": resumable.optimizer.state_dict(),
        "generators": _generators(_is_on_gpu(resumable.network)),
    }
    path, previous = resumable.run.resumable_checkpoints
    write_file(path, content, before_replacing=(lambda: _keep(path, previous)) if rotate else None)


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


def load_last(resumable: Resumable) -> Found | None:
    """Put the newest usable checkpoint into network, optimiser and generators.

    A damaged or foreign one is refused, and the one before it is used.

    Returns:
        None if none was written yet.

    Raises:
        BadCheckpoint: each is damaged, of a later version, or of another experiment; names them.
    """
    refused: list[str] = []
    for path in resumable.run.resumable_checkpoints:
        try:
            return Found(path, _load(path, resumable), refused)
        except FileNotFoundError:
            continue
        except BadCheckpoint as error:
            refused.append(str(error))
    if refused:
        again = f"; {resumable.run.previous_checkpoint.name} cannot be used either" if len(refused) > 1 else ""
        raise BadCheckpoint(f"{refused[0]}{again}. To begin anew leave --resume out and name another --run_folder")
    return None


def resumed_from(run: RunFolder, *, last_is_good: bool = True) -> str | None:
    """The checkpoint that a resume would try first: `last`, `previous`, or None if there is none.

    `last_is_good`: False if `last.pt` was found to be damaged.
    """
    if last_is_good and run.last_checkpoint.exists():
        return "last"
    return "previous" if run.previous_checkpoint.exists() else None


def _load(path: Path, resumable: Resumable) -> Progress:
    config, network = resumable.config, resumable.network
    content = read_file(path)
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
        resumable.optimizer.load_state_dict(content["optimizer"])
        progress = Progress(**content["progress"])
        _restore_generators(content["generators"], _is_on_gpu(network))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BadCheckpoint(f"{path} does not fit this network: {str(error).splitlines()[0]}") from error
    return progress


def _is_on_gpu(network: QualityNetwork) -> bool:
    return next(network.parameters()).is_cuda


def _generators(on_gpu: bool) -> dict[str, Any]:
    """Dropout and stochastic depth draw from torch's; a backbone may draw from Python's and numpy's.

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
