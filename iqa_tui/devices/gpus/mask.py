"""CUDA_VISIBLE_DEVICES as it was inherited: what a scheduler or the user allows us to use."""

from __future__ import annotations

import os

MASK_VARIABLE = "CUDA_VISIBLE_DEVICES"


def inherited_mask() -> tuple[str, ...] | None:
    """The entries of the mask; () if it hides every GPU; None if there is no mask."""
    text = os.environ.get(MASK_VARIABLE)
    return None if text is None else mask_entries(text)


def mask_entries(text: str) -> tuple[str, ...]:
    """What a mask names, as CUDA reads it."""
    entries: list[str] = []
    for entry in (part.strip() for part in text.split(",")):
        if not entry or entry == "-1":  # CUDA ignores this and what follows
            break
        entries.append(entry)
    return tuple(entries)


def names_gpu(entry: str, index: int, uuid: str, instance: int | None = None) -> bool:
    """Whether an entry means this GPU or MIG instance: an index (then every instance of that GPU), index and instance
    as in `0:1`, a UUID or the beginning of one.
    """
    if entry.isdecimal():
        return entry == str(index)
    if instance is not None and entry == f"{index}:{instance}":
        return True
    return bool(entry) and uuid.startswith(entry)
