"""What goes wrong in the middle of a run, made to happen at a chosen step, and what the run says of it."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.network.quality import QualityNetwork
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder

AT_EVERY_STEP = ["--checkpoint_minutes", "1e-9"]
STEPS = 4
"""An epoch's, of ten images in batches of three."""


def events_of(run: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [event.fields for event in read_events(run) if event.kind == kind]


def warnings_of(run: RunFolder) -> list[str]:
    return [fields["text"] for fields in events_of(run, "warning")]


def left_aside(run: RunFolder) -> list[Path]:
    return list(run.path.rglob("*.tmp"))


def progress_in(path: Path) -> dict[str, Any]:
    progress: dict[str, Any] = torch.load(path, weights_only=True)["progress"]
    return progress


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """No file may grow beyond this, which a writer sees as a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def at_call(number: int, spoil: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    """`then`, with `spoil` before its call `number`."""
    calls = [0]

    def called(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == number:
            spoil()
        return then(*arguments, **named)

    return called


def without_memory_at(step: int) -> Callable[..., Tensor]:
    """A forward pass that fails at a step of training, as torch's allocator does."""
    real, steps = QualityNetwork.forward, [0]

    def forward(network: QualityNetwork, images: Tensor) -> Tensor:
        steps[0] += network.training
        if network.training and steps[0] == step:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(network, images)

    return forward


def refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")
