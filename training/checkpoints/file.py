"""One checkpoint file: written aside and replaced, read without running code, every byte of it checked."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from training.errors import BadCheckpoint
from training.network.quality import QualityNetwork
from training.runfolder.fence import check_fence
from training.runfolder.write import make_folder, open_own, sync_folder

FORMAT = 1
"""Version of a file's content. A later one is refused."""


def save_file(path: Path, content: dict[str, Any], before_replacing: Callable[[], None] | None = None) -> None:
    """Write `content` aside, sync it, and give it the name `path`.

    Args:
        path: of the checkpoint.
        content: tensors and plain values.
        before_replacing: called when the new file is whole, just before it takes the name.

    Raises:
        OSError: the old file stands.
        TakenOver: another attempt has taken the run; the old file stands.
    """
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
        if isinstance(error.__context__, OSError):  # torch raises this if a write fails
            raise error.__context__ from error
        raise
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()
    sync_folder(path.parent)


def read_file(path: Path) -> dict[str, Any]:
    """The content of one of our files, every byte of it checked.

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
    except Exception as error:  # damaged bytes can raise what the readers below did not expect
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadCheckpoint(f"{path} is damaged, or no checkpoint ({reason})") from error
    if damaged is not None:
        raise BadCheckpoint(f"{path} is damaged (the checksum of {damaged} in it is wrong)")
    if not isinstance(content, dict) or "format" not in content or "network" not in content:
        raise BadCheckpoint(f"{path} is no checkpoint of this program")
    if content["format"] > FORMAT:
        raise BadCheckpoint(f"{path} has format {content['format']}; this version reads up to {FORMAT}")
    return content


def size_bytes(
    network: QualityNetwork, optimizer: torch.optim.Optimizer | None = None, *, with_average: bool = False
) -> int:
    """About what a checkpoint takes: its tensors."""
    tensors = list(network.state_dict().values()) * (2 if with_average else 1)
    if optimizer is not None:
        tensors += [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
