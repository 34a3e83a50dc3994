"""One check of a machine with a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.gpu.ground import Ground


@dataclass(frozen=True)
class Figure:
    """A measurement."""

    name: str
    value: float
    unit: str
    against: str
    """What it was measured on, or compared with."""


@dataclass(frozen=True)
class Check:
    """Something that must hold; raises AssertionError, with what was seen, if it does not."""

    name: str
    run: Callable[[Ground], Iterable[Figure]]
    needs_gpu: bool = True
    """False: on a CPU the same check runs with a small network."""
