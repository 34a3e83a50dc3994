"""What the published trainer measured in one round: the lines of its table, and the losses that its bars carried."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

MOST_POINTS = 20_000
"""Steps kept of a round; from then on every second one is left out, again and again."""


class Steps:
    """Losses by step, in memory that does not grow with the log."""

    def __init__(self) -> None:
        self.steps, self.seconds, self.losses = array("q"), array("d"), array("d")
        """Counted over all epochs from 1; since the round began; NaN if it was not finite."""
        self._every = 1
        self._left_out = 0

    def add(self, step: int, seconds: float, loss: float) -> None:
        """A step that follows those before; another one is passed over."""
        if self.steps and step <= self.steps[-1]:
            return
        self._left_out += 1
        if self._left_out < self._every:
            return
        self._left_out = 0
        self.steps.append(step)
        self.seconds.append(seconds)
        self.losses.append(loss)
        if len(self.steps) >= MOST_POINTS:
            self.steps, self.seconds, self.losses = self.steps[::2], self.seconds[::2], self.losses[::2]
            self._every *= 2


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of the table. None: not finite."""

    number: int
    """Counted from 1."""
    loss: float | None
    """Mean over the epoch."""
    scores: dict[str, dict[str, float | None]]
    """Split (train, test, spaq) to metric."""
    seconds: float
    """Since the round began; 0 if the log has no bars."""

    @property
    def test_srcc(self) -> float | None:
        return self.scores["test"]["srcc"]


@dataclass(slots=True)
class Round:
    """One training from the start to its best epoch."""

    number: int
    """Counted from 1; a log has several if `--train_test_num` says so."""
    line: int
    """Of the log, in which its table begins."""
    columns: tuple[str, ...]
    epochs: list[Epoch] = field(default_factory=list)
    steps: Steps = field(default_factory=Steps)
    epochs_asked: int = 0
    """As its bars say; 0 if it has none."""
    steps_per_epoch: int = 0
    """0 if it is not known."""
    seconds: float = 0.0
    """How long it took, by its bars; 0 if it has none."""
    is_complete: bool = False
    """The trainer said how it ended."""
    is_cut: bool = False
    """The log ends in the middle of a line of the table."""

    @property
    def best(self) -> Epoch | None:
        """The first of the epochs with the highest test SRCC, as the published code chooses; None if none has one."""
        scored = [epoch for epoch in self.epochs if epoch.test_srcc is not None]
        return max(scored, key=lambda epoch: epoch.test_srcc or 0.0, default=None)
