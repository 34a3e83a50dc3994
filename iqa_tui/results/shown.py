"""Findings as a screen shows them: texts and numbers alone, so that a screen needs nothing that computes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some words of the findings."""

    text: str
    style: str = ""
    indent: int = 0
    """Cells before each line."""
    has_columns: bool = False
    """A line of a small table: it is cut rather than wrapped, so that its cells stay below those of the others."""


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """What is said of a row's difference to the baseline in test SRCC. None: not known."""

    value: float | None
    low: float | None = None
    """Of the 95% interval."""
    high: float | None = None
    p: float | None = None
    """After Holm's correction."""
    word: str = ""
    """`shown`, `not shown`, or why there is no interval."""
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class ShownFindings:
    """Of one table."""

    paragraphs: tuple[Paragraph, ...]
    differences: tuple[ShownDifference | None, ...]
    """Of each row of the table, in its order; None for the baseline itself, and for a row without a value."""
    warning: str = ""
    """What must stand beside the intervals, for example that one seed tells nothing of training noise."""


@dataclass(frozen=True, slots=True)
class ResultView:
    """How the user looks at results; it is remembered."""

    columns: tuple[str, ...] = ()
    """Keys of the columns that were chosen; empty: those that there is room for."""
