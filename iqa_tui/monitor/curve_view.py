"""How curves are drawn: which metrics, over what, on which scale, how smooth. A change gives a new value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

SMOOTHINGS = (0.0, 0.6, 0.9, 0.97, 0.99)
NARROWEST_WINDOW = 1 / 4096
"""Of the whole axis x: nearer nothing is seen."""
ZOOM = 2.0
"""A step of zooming shows this part less, or more."""


class XAxis(StrEnum):
    """Over what curves are drawn."""

    STEP = "step"
    EPOCH = "epoch"
    TIME = "time"
    """Since the run's first point."""
    CLOCK = "clock"


class YScale(StrEnum):
    """How values are drawn."""

    AUTO = "auto"
    """Logarithmic if losses ask for it, and what few values would squash is cut."""
    LINEAR = "linear"
    LOG = "log"
    ROBUST = "robust"


class Signs(StrEnum):
    """What curves are drawn with: not every terminal's font has braille."""

    BRAILLE = "braille"
    HALF_BLOCKS = "half blocks"


Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class CurveView:
    """How curves are drawn."""

    metrics: tuple[str, ...] = ()
    """The chosen ones in their order; empty: those that `default_metrics` has."""
    is_banded: bool = True
    """Seeds of one experiment are drawn as their mean ± SD; else each alone."""
    x: XAxis = XAxis.STEP
    y: YScale = YScale.AUTO
    smoothing: int = 1
    """Place in SMOOTHINGS."""
    window: tuple[float, float] = (0.0, 1.0)
    """The part of the axis x that is shown."""
    cross: float | None = None
    """Place of the crosshair in the window, 0 to 1; None: it is off."""
    page: int = 0
    """Of the plots; pages go round."""
    signs: Signs = Signs.BRAILLE

    @property
    def weight(self) -> float:
        return SMOOTHINGS[self.smoothing]

    @property
    def is_zoomed(self) -> bool:
        return self.window != (0.0, 1.0)

    @property
    def words(self) -> str:
        """`smoothed 0.9 · over steps · log · 25–50%`: what differs from the plainest drawing."""
        over = {XAxis.STEP: "steps", XAxis.EPOCH: "epochs", XAxis.TIME: "time", XAxis.CLOCK: "the clock"}[self.x]
        first, last = (round(100 * end) for end in self.window)
        parts = (
            f"smoothed {self.weight:g}" if self.weight else "",
            f"over {over}",
            "" if self.y is YScale.AUTO else self.y.value,
            f"{first}–{last}%" if self.is_zoomed else "",
        )
        return " · ".join(part for part in parts if part)

    def smoother(self, steps: int) -> CurveView:
        """Less smooth if `steps` is negative; stays within SMOOTHINGS."""
        return replace(self, smoothing=max(0, min(len(SMOOTHINGS) - 1, self.smoothing + steps)))

    def with_metrics(self, metrics: tuple[str, ...]) -> CurveView:
        return replace(self, metrics=metrics, page=0)

    def other_band(self) -> CurveView:
        return replace(self, is_banded=not self.is_banded)

    def next_x(self) -> CurveView:
        """Over the next thing, all of it: parts of different axes are different parts of a run."""
        return replace(self, x=_next(self.x), window=(0.0, 1.0))

    def next_y(self) -> CurveView:
        return replace(self, y=_next(self.y))

    def next_signs(self) -> CurveView:
        return replace(self, signs=_next(self.signs))

    def paged(self, pages: int) -> CurveView:
        return replace(self, page=self.page + pages)

    def zoomed(self, steps: int, at: float | None = None) -> CurveView:
        """Show less, or more if `steps` is negative.

        Args:
            at: the place in the window that does not move; None: the crosshair, else the middle.
        """
        place = at if at is not None else self.cross if self.cross is not None else 0.5
        first, last = self.window
        width = min(1.0, max(NARROWEST_WINDOW, (last - first) * ZOOM**-steps))
        return replace(self, window=_within(first + place * (last - first - width), width))

    def moved(self, part: float) -> CurveView:
        """Move the window by this part of its width."""
        first, last = self.window
        return replace(self, window=_within(first + part * (last - first), last - first))

    def lasting(self) -> CurveView:
        """What shall be so again when the app is opened the next time: not where the user looked."""
        return replace(self, window=(0.0, 1.0), cross=None, page=0)

    def whole(self) -> CurveView:
        return replace(self, window=(0.0, 1.0))

    def crossed(self, at: float | None) -> CurveView:
        """With the crosshair at a place of the window; None: without it."""
        return replace(self, cross=None if at is None else min(1.0, max(0.0, at)))

    def cross_moved(self, part: float) -> CurveView:
        """Move the crosshair by a part of the window; at its edge the window moves along."""
        if self.cross is None:
            return self
        beyond = self.cross + part - min(1.0, max(0.0, self.cross + part))
        return (self.moved(beyond) if beyond else self).crossed(self.cross + part)


def _within(first: float, width: float) -> tuple[float, float]:
    if width >= 1.0:
        return 0.0, 1.0
    first = min(1.0 - width, max(0.0, first))
    return first, 1.0 if first + width > 1.0 - 1e-9 else first + width


def _next(member: Choice) -> Choice:
    members = list(type(member))
    return members[(members.index(member) + 1) % len(members)]
