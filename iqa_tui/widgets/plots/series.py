"""What plots are asked to draw: curves, on which axes, and how. Nothing here needs numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

VALUE_WIDTH = 7


class Dots(StrEnum):
    """What curves are drawn with."""

    BRAILLE = "braille"
    HALF = "half blocks"
    ASCII = "ASCII"

    @property
    def columns(self) -> int:
        """Of dots in a cell."""
        return 2 if self is Dots.BRAILLE else 1

    @property
    def rows(self) -> int:
        """Of dots in a cell."""
        return {Dots.BRAILLE: 4, Dots.HALF: 2, Dots.ASCII: 1}[self]


class XKind(StrEnum):
    """What the axis x counts; its ticks are called accordingly."""

    STEP = "step"
    EPOCH = "epoch"
    TIME = "time"
    CLOCK = "clock"


class Scale(StrEnum):
    """Of the axis y."""

    AUTO = "auto"
    """Logarithmic if the values spread over more than a power of ten and the plot allows it; robust then, too."""
    LINEAR = "linear"
    """From the lowest to the highest value."""
    LOG = "log"
    """Powers of ten are equally far apart; values that are not above zero are left out."""
    ROBUST = "robust"
    """Linear over where nearly all values lie; the others are cut, and marked at the edge."""


@dataclass(frozen=True, slots=True)
class Along:
    """Where points lie on the axis x: their column, mapped through the knots, less `shift`, times `factor`."""

    column: Sequence[float]
    """It never falls."""
    shift: float = 0.0
    factor: float = 1.0
    knots: tuple[Sequence[float], Sequence[float]] | None = None
    """From the first to the second, on straight lines between; None: the column is taken as it is."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. x and y have one length."""

    key: str
    """What it is of. What was computed for a key is kept as long as the columns are the same."""
    name: str
    """Short: it stands at the curve's end."""
    look: int
    """Number of its colour and dash."""
    x: Along
    y: Sequence[float | None]
    """None or NaN for a value that is not finite; the curve goes on at the next one."""
    group: str = ""
    """Curves of one group may be drawn as their mean."""
    group_name: str = ""
    star: float | None = None
    """The chosen point: the value of `x.column` there."""


def four_decimals(value: float) -> str:
    return f"{value:.4f}"


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves on one pair of axes."""

    key: str
    title: str
    """What is drawn, with its unit."""
    series: tuple[Series, ...]
    smoothing: float = 0.0
    """0 to below 1: weight of what came before."""
    scale: Scale = Scale.LINEAR
    may_be_log: bool = False
    """The values have a zero that means nothing is there."""
    factor: float = 1.0
    """The values are shown times this."""
    has_points: bool = False
    """Each value is marked, as those of an evaluation."""
    value_words: Callable[[float], str] = four_decimals
    """How a value is said, in at most `VALUE_WIDTH` characters."""
    notes: tuple[str, ...] = ()
    """A warning behind the title, the longest form of it first: the first one that has room is shown."""


@dataclass(frozen=True, slots=True)
class PlotLook:
    """What all plots of a grid have in common."""

    dots: Dots = Dots.BRAILLE
    x_kind: XKind = XKind.STEP
    window: tuple[float, float] = (0.0, 1.0)
    """The part of the axis x that is shown."""
    cross: float | None = None
    """Place of the crosshair in the window, 0 to 1; None: it is off."""
    is_banded: bool = False
    """The curves of a group are drawn as their mean, with a band of ± their standard deviation."""
    front: str = ""
    """Key of the series that is drawn over the others."""
    has_signs: bool = False
    """Each curve and its name have a sign, as there may be no colours."""
