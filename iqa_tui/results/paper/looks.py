"""How a row looks in every figure: its hue is the one that the app gives it; marker and dash tell it in grey too."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.results.paper.content import PaperRow

# Okabe and Ito's colours, in the order of the app's, which are moved a little to be read in a terminal.
ON_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9")
ON_DARK = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (5, 1.2, 1.2, 1.2)),
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (2, 2)),
)
LONGEST_NAME = 24
RECORDED = "◆"

Dash = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a figure is drawn on."""

    colours: tuple[str, ...]
    ink: str
    faint: str
    """Of the zero line and the grid."""
    paper: str


LIGHT = Ground(ON_LIGHT, "#000000", "#9a9a9a", "#ffffff")
DARK = Ground(ON_DARK, "#e6e6e6", "#7d828a", "#161a20")


@dataclass(frozen=True, slots=True)
class Look:
    """Of one row."""

    colour: int
    marker: str
    dash: Dash
    name: str
    """Short enough for a legend."""


def look_of(row: PaperRow) -> Look:
    name = f"{row.id} {row.label}" if row.label != row.id else row.id
    short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    other = row.look + row.place // len(MARKERS)  # from the eighth row on the colours come again with other markers
    return Look(row.look, MARKERS[other % len(MARKERS)], DASHES[other % len(DASHES)], short)
