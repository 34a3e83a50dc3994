"""What is said of a device that runs have."""

from __future__ import annotations

from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.devices.sharing import share_words

EXCLUSIVE = "its compute mode is exclusive process, so no run shares it"


def with_mode(reason: str, sample: GpuSample) -> str:
    """Add that the mode is exclusive, unless the GPU has a problem: then no mode would help."""
    return f"{reason}; {EXCLUSIVE}" if sample.is_exclusive and not sample.problem else reason


def holders_words(holders: tuple[Holder, ...], left: int | None) -> str:
    if holders[0].reserved_bytes is not None:
        return share_words(holders, left)
    return f"runs {holders[0].words} of {holders[0].user}"
