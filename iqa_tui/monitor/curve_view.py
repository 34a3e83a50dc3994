"""How curves are drawn: which of a run's, over what, on which scale, how smooth. A change gives a new value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

SMOOTHINGS = (0.0, 0.6, 0.9, 0.97, 0.99)


class CurveKind(StrEnum):
    """Which curve."""

    LOSS = "training loss"
    SRCC = "validation SRCC"


@dataclass(frozen=True, slots=True)
class CurveView:
    """How curves are drawn."""

    kind: CurveKind = CurveKind.LOSS
    over_time: bool = False
    """False: over steps."""
    log_loss: bool = False
    """Losses of different kinds differ by powers of ten; correlations do not."""
    smoothing: int = 1
    """Place in SMOOTHINGS."""

    @property
    def weight(self) -> float:
        """Few points, as of an evaluation an epoch, are never smoothed."""
        return SMOOTHINGS[self.smoothing] if self.kind is CurveKind.LOSS else 0.0

    @property
    def log_y(self) -> bool:
        return self.log_loss and self.kind is CurveKind.LOSS

    @property
    def title(self) -> str:
        """`Curves · training loss · log · smoothed 0.9 · over time`."""
        smoothed = f" · smoothed {self.weight:g}" if self.weight else ""
        scale = " · log" if self.log_y else ""
        return f"Curves · {self.kind.value}{scale}{smoothed} · over {'time' if self.over_time else 'steps'}"

    def smoother(self, steps: int) -> CurveView:
        """Less smooth if `steps` is negative; stays within SMOOTHINGS."""
        return replace(self, smoothing=max(0, min(len(SMOOTHINGS) - 1, self.smoothing + steps)))

    def other_kind(self) -> CurveView:
        return replace(self, kind=CurveKind.SRCC if self.kind is CurveKind.LOSS else CurveKind.LOSS)

    def other_axis(self) -> CurveView:
        return replace(self, over_time=not self.over_time)

    def other_scale(self) -> CurveView:
        return replace(self, log_loss=not self.log_loss)
