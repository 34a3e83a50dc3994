"""What a plot is asked to draw: curves, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

VALUE_WIDTH = 7


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. x and y have one length; x never falls."""

    name: str
    """Short: it stands at the curve's end."""
    label: str
    """For the legend, beside the name."""
    colour: int
    x: Sequence[float]
    y: Sequence[float | None]
    """None for a value that is not finite; the curve goes on at the next one."""
    front: bool = False
    """It is drawn over the others."""


def four_decimals(value: float) -> str:
    return f"{value:.4f}"


@dataclass(frozen=True, slots=True)
class PlotOptions:
    """How curves are drawn."""

    smoothing: float = 0.0
    """0 to below 1: weight of what came before."""
    x_is_time: bool = False
    """x is seconds; else it counts."""
    log_y: bool = False
    """Powers of ten are equally far apart; values that are not above zero are left out."""
    value_words: Callable[[float], str] = four_decimals
    """How the last values are said, in at most `VALUE_WIDTH` characters."""
    ascii_only: bool = False
