"""The figures as files: the same numbers give the same bytes, with fonts embedded and without a date.

matplotlib is imported late, and by this module alone: everything else is written without it.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from typing import Any

from iqa_tui.results.paper.axes import draw, height_inches
from iqa_tui.results.paper.looks import DARK, LIGHT, Ground
from iqa_tui.results.paper.shown import Shown

WITHOUT = "Figures need matplotlib: pip install 'iqa-tui[paper]'. Everything else is written without it."
DOTS_PER_INCH = 300
MOST_VECTOR_POINTS = {"pdf": 20_000, "png": 0, "svg": 1_000}
"""A page that holds its pictures should stay small enough for a message."""
SETTINGS: dict[str, Any] = {
    "pdf.fonttype": 42,  # whole TrueType fonts: publishers refuse type 3
    "svg.fonttype": "path",
    "svg.hashsalt": "iqa-tui",  # ids would be random
    "text.parse_math": False,  # a $ in a label is a $
    "text.usetex": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": DOTS_PER_INCH,
}
NO_DATES: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def why_not() -> str:
    """Why no figure can be drawn; empty if they can."""
    try:
        import matplotlib.figure  # noqa: F401, PLC0415
    except ImportError:
        return WITHOUT
    return ""


def figure_files(figures: Sequence[Shown]) -> dict[str, bytes]:
    """File name to content: each figure as PDF and PNG."""
    return {f"{shown.name}.{kind}": drawn(shown, kind) for shown in figures for kind in ("pdf", "png")}


def figure_links(figures: Sequence[Shown]) -> dict[str, tuple[str, str]]:
    """Name of a figure to two addresses that hold the picture itself: for a light page and for a dark one."""
    return {shown.name: (_link(shown, LIGHT), _link(shown, DARK)) for shown in figures}


def _link(shown: Shown, ground: Ground) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn(shown, 'svg', ground)).decode()}"


def drawn(shown: Shown, kind: str, ground: Ground = LIGHT) -> bytes:
    """One figure.

    Args:
        kind: pdf, png or svg.
    """
    import matplotlib as mpl  # noqa: PLC0415  late, see above
    from matplotlib.figure import Figure  # noqa: PLC0415

    inks = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    papers = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # the user's own matplotlibrc changes no figure of the paper
        mpl.rcParams.update(SETTINGS | dict.fromkeys(inks, ground.ink) | dict.fromkeys(papers, ground.paper))
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a sign of a label that the font lacks
        figure = Figure(figsize=(shown.width_inches, height_inches(shown)), layout="constrained")
        draw(shown, figure, ground, MOST_VECTOR_POINTS[kind])
        file = io.BytesIO()
        figure.savefig(file, format=kind, metadata=NO_DATES[kind])
    return file.getvalue()
